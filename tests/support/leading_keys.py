"""The emulated AWS with two conditions of policies that it lacks.

These are dynamodb:LeadingKeys and iam:PermissionsBoundary. Without the first, an Allow for some
partitions of a table applies to all, and a Deny for some applies to none. The emulator's own Python
runs this file.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from ministack.app import main  # type: ignore[import-not-found]
from ministack.core import iam_actions  # type: ignore[import-not-found]

conditions, tags = iam_actions.dynamodb_service_context, iam_actions.request_tag_context
QUERIED = re.compile(r"\bpk = (:\w+)")


def leading_keys(call: Any) -> Iterator[str]:
    """The partitions in a call to DynamoDB, including the items of a transaction or a batch."""
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


def with_boundary(service: str, action: str, body: bytes, *more: Any) -> dict[str, Any]:
    """The permissions boundary in a call to IAM, or that of the role in the call."""
    found: dict[str, Any] = tags(service, action, body, *more)
    if service != "iam":
        return found
    from ministack.core.responses import get_account_id  # type: ignore[import-not-found]
    from ministack.services.iam import _roles  # type: ignore[import-not-found]

    sent = {name: values[0] for name, values in parse_qs((body or b"").decode()).items()}
    role = _roles.get_scoped(get_account_id(), None, sent.get("RoleName", "")) or {}
    boundary = sent.get("PermissionsBoundary") or role.get("PermissionsBoundary")
    return {**found, **({"iam:PermissionsBoundary": boundary} if boundary else {})}


if __name__ == "__main__":
    iam_actions.dynamodb_service_context = with_leading_keys
    iam_actions.request_tag_context = with_boundary
    main()
