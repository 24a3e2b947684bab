"""A transport that checks rules of DynamoDB which the emulator does not enforce."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.stores.dynamodb.transport import Transport

Parameters = Mapping[str, Any]
NUMBER = re.compile(r"0|-?[1-9]\d*|-?\d+\.\d*[1-9]")
LARGEST_ITEM, LARGEST_TRANSACTION, LONGEST_EXPRESSION = 400 * 1024, 4 * 1024 * 1024, 4096  # bytes


class Strict:
    """Raises AssertionError for a call that DynamoDB would refuse."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def __call__(self, operation: str, parameters: Parameters, /) -> dict[str, Any]:
        parts = [parameters]
        if operation == "TransactWriteItems":
            parts = [write for each in parameters["TransactItems"] for write in each.values()]
            require_keys(map(key_of, parts))
            assert size_of(parameters) <= LARGEST_TRANSACTION, "a transaction has at most 4 MB"
        elif operation == "BatchGetItem":
            parts = [*parameters["RequestItems"].values()]
            require_keys(key_of({"Key": key}) for key in parts[0]["Keys"])
        assert all(map(NUMBER.fullmatch, numbers_in(parameters))), "a number has only one form"
        for part in parts:
            require_used_up(part)
            assert size_of(part.get("Item", {})) <= LARGEST_ITEM, "an item has at most 400 KB"
        return self._inner(operation, parameters)


def numbers_in(value: Any) -> Iterator[str]:
    """The numbers of a request. The emulator shortens 1.50, and repeated transactions must be equal."""
    if isinstance(value, Mapping):
        if value.keys() == {"N"}:
            yield value["N"]
        for member in value.values():
            yield from numbers_in(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from numbers_in(member)


def require_keys(keys: Iterator[tuple[str, str]]) -> None:
    found = list(keys)
    assert 1 <= len(found) <= 100, "a transaction has at most 100 actions, a batch 100 reads"
    assert len(set(found)) == len(found), "a transaction or a batch has each item once"


def require_used_up(part: Parameters) -> None:
    """Every given name and value is used in an expression, and every used one is given."""
    expressions = [value for name, value in part.items() if name.endswith("Expression")]
    assert all(len(each.encode()) <= LONGEST_EXPRESSION for each in expressions)
    used = {token for each in expressions for token in re.findall(r"[:#]\w+", each)}
    values = part.get("ExpressionAttributeValues")
    given = {*part.get("ExpressionAttributeNames", {}), *(values or {})}
    assert used == given, f"used and given differ: {sorted(used ^ given)}"
    assert values != {}, "an empty ExpressionAttributeValues is left out"


def key_of(write: Parameters) -> tuple[str, str]:
    item = write.get("Item") or write["Key"]
    key = (item["pk"]["S"], item["sk"]["S"])
    assert all(key), "a key is never empty"
    assert len(key[0].encode()) <= 2048, "a partition key has at most 2,048 bytes"
    assert len(key[1].encode()) <= 1024, "a sort key has at most 1,024 bytes"
    return key


def size_of(value: Any) -> int:
    """The size as DynamoDB counts it: names and values, as UTF-8."""
    if isinstance(value, Mapping):
        return sum(len(name.encode()) + size_of(member) for name, member in value.items())
    if isinstance(value, list | tuple):
        return sum(map(size_of, value))
    if isinstance(value, bytes):
        return len(value)
    return len((value if isinstance(value, str) else json.dumps(value)).encode())
