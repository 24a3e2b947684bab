"""The emulated AWS, with a condition of policies that it lacks: dynamodb:LeadingKeys.

The emulator's own Python runs this file. Without the condition an Allow for some partitions of a
table holds for all of them, and a Deny for some holds for none.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from ministack.app import main  # type: ignore[import-not-found]
from ministack.core import iam_actions  # type: ignore[import-not-found]

conditions = iam_actions.dynamodb_service_context
QUERIED = re.compile(r"\bpk = (:\w+)")


def leading_keys(call: Any) -> Iterator[str]:
    """The partitions that a call to DynamoDB names, its transaction's or batch's items' too."""
    if isinstance(call, list):
        for one in call:
            yield from leading_keys(one)
    elif isinstance(call, dict):
        if "pk" in call:
            yield call["pk"]["S"]
        for name in QUERIED.findall(str(call.get("KeyConditionExpression"))):
            yield call["ExpressionAttributeValues"][name]["S"]
        yield from leading_keys([*call.values()])


def with_leading_keys(body: bytes) -> dict[str, Any]:
    keys = [*leading_keys(json.loads(body or b"{}"))]
    return {**conditions(body), **({"dynamodb:LeadingKeys": keys} if keys else {})}


if __name__ == "__main__":
    iam_actions.dynamodb_service_context = with_leading_keys
    main()
