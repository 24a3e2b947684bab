"""A transport that holds each call to rules of DynamoDB's documentation which the emulator does not enforce."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.stores.dynamodb.transport import Transport

Parameters = Mapping[str, Any]
LARGEST_ITEM, LARGEST_TRANSACTION, LONGEST_EXPRESSION = 400 * 1024, 4 * 1024 * 1024, 4096  # bytes
EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)


class Strict:
    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def __call__(self, operation: str, parameters: Parameters, /) -> dict[str, Any]:
        require_allowed(operation, parameters)
        return self._inner(operation, parameters)


def require_allowed(operation: str, parameters: Parameters) -> None:
    """Raises AssertionError for a call that DynamoDB would refuse."""
    if operation == "TransactWriteItems":
        writes = [write for each in parameters["TransactItems"] for write in each.values()]
        keys = [key_of(write) for write in writes]
        assert len(writes) <= 100, "a transaction has at most 100 actions"
        assert len(set(keys)) == len(keys), "a transaction writes each item once"
        assert size_of(parameters) <= LARGEST_TRANSACTION, "a transaction has at most 4 MB"
    elif operation == "BatchGetItem":
        ((_, wanted),) = parameters["RequestItems"].items()
        keys = [key_of({"Key": key}) for key in wanted["Keys"]]
        assert 1 <= len(keys) <= 100, "a batch reads 1 to 100 items"
        assert len(set(keys)) == len(keys), "a batch reads each item once"
        writes = [wanted]
    else:
        writes = [parameters]
    for write in writes:
        require_used_up(write)
        assert size_of(write.get("Item", {})) <= LARGEST_ITEM, "an item has at most 400 KB"


def require_used_up(write: Parameters) -> None:
    """Every name and value that is given stands in an expression, and every one there is given."""
    expressions = [write[name] for name in EXPRESSIONS if name in write]
    assert all(len(each.encode()) <= LONGEST_EXPRESSION for each in expressions)
    used = {token for each in expressions for token in re.findall(r"[:#]\w+", each)}
    given = {
        *write.get("ExpressionAttributeNames", {}),
        *write.get("ExpressionAttributeValues", {}),
    }
    assert used == given, f"used and given differ: {sorted(used ^ given)}"
    assert write.get("ExpressionAttributeValues") != {}, "no values are left out altogether"


def key_of(write: Parameters) -> tuple[str, str]:
    item = write.get("Item") or write["Key"]
    key = (item["pk"]["S"], item["sk"]["S"])
    assert all(key), "a key is never empty"
    assert len(key[0].encode()) <= 2048, "a partition key has at most 2,048 bytes"
    assert len(key[1].encode()) <= 1024, "a sort key has at most 1,024 bytes"
    return key


def size_of(value: Any) -> int:
    """Of what DynamoDB counts: names and values, as UTF-8."""
    return sum(len(text.encode()) for text in texts_of(value))


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield str(name)
            yield from texts_of(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from texts_of(member)
    elif isinstance(value, bytes):
        yield "x" * len(value)
    else:
        yield value if isinstance(value, str) else json.dumps(value)
