"""The interface of every call to DynamoDB, and the meaning of its answers.

A Transport makes one call: `http_transport.py` by the standard library, `boto.py` by botocore.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

ERROR, SERVER_ERROR = 300, 500  # the first status of each

# The same call may succeed later.
RETRYABLE = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
# The caller handles these, or the call is a mistake in this code. An operator must act on every other
# code: no access, no table, no credentials.
CALLERS_OWN = frozenset(
    {
        "ConditionalCheckFailedException",
        "IdempotentParameterMismatchException",
        "ParamValidationError",
        "SerializationException",
        "TransactionCanceledException",
        "ValidationException",
    }
)
REFUSED_CALL = "ConditionalCheckFailedException"
# A code of the transports, not of AWS.
UNTRUSTED = "CertificateNotTrusted"
# The codes of one action in a cancelled transaction.
REFUSED = "ConditionalCheckFailed"
HELD_UP = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})


class CallError(Exception):
    """An error code of DynamoDB, and for a cancelled transaction a code for each action."""

    def __init__(self, code: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.reasons = reasons


class ConnectionLost(Exception):  # noqa: N818 - it names the event
    """No answer, or one that does not show whether the call was carried out."""


class Transport(Protocol):
    def __call__(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        """Raises CallError, ConnectionLost."""


def object_in(
    body: bytes, hook: Callable[[dict[str, Any]], dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The JSON object of an answer. Raises ConnectionLost if there is none."""
    try:
        found = json.loads(body, object_hook=hook)
    except (RecursionError, ValueError) as error:
        raise ConnectionLost("not JSON") from error
    if not isinstance(found, dict):
        raise ConnectionLost("not an answer from DynamoDB")
    return found


def failure(status: int, code: str, reasons: object) -> CallError | ConnectionLost:
    """The exception for an answer with an error. `reasons` are its CancellationReasons."""
    if status >= SERVER_ERROR:
        return ConnectionLost(code)  # AWS: the write may have been carried out
    if not isinstance(reasons, list) or not all(map(_is_reason, reasons)):
        return ConnectionLost("not an answer from DynamoDB")
    return CallError(code, [reason.get("Code", "None") for reason in reasons])


def _is_reason(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Code", "None"), str)


def check_answer(operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Raises ConnectionLost if a read's answer has keys that were not requested, or no keys.

    A server that answers twice would give one caller another caller's answer. Every Query of
    this project names its partition `:pk`.
    """
    try:
        is_own = _is_own(operation, asked, answer)
    except (AttributeError, KeyError, TypeError) as error:
        raise ConnectionLost("not an answer from DynamoDB") from error
    if not is_own:
        raise ConnectionLost("keys that were not requested")


def _is_own(operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    if operation == "GetItem":
        return "Item" not in answer or _key(answer["Item"]) == _key(asked["Key"])
    if operation == "Query":
        last = [answer["LastEvaluatedKey"]] if "LastEvaluatedKey" in answer else []
        partitions = {partition for partition, _ in _keys([*answer["Items"], *last])}
        return partitions <= {asked["ExpressionAttributeValues"][":pk"]["S"]}
    if operation == "BatchGetItem":
        found, left = answer["Responses"], answer.get("UnprocessedKeys", {})
        return all(
            _keys(found.get(table, [])) | _keys(left.get(table, {}).get("Keys", []))
            <= _keys(request["Keys"])
            for table, request in asked["RequestItems"].items()
        )
    return True


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _keys(items: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return set(map(_key, items))
