"""The one seam through which every call to DynamoDB goes, and what its failures mean.

A Transport makes one call; which library makes it is decided in `boto.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

# The same call may succeed once repeated.
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
# Whoever made the call knows what it means, or should not have made it: a mistake in this code.
# Every other code (no access, no table, no credentials) is trouble that operators can end.
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
# Of one action in a cancelled transaction.
REFUSED = "ConditionalCheckFailed"
HELD_UP = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})


class CallError(Exception):
    """What DynamoDB answered: its error code, and for a cancelled transaction a code for each action."""

    def __init__(self, code: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.reasons = reasons


class ConnectionLost(Exception):  # noqa: N818 - it is what happened, not a wrong
    """No answer, or none that tells whether the call was carried out."""


class Transport(Protocol):
    def __call__(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        """Raises CallError, ConnectionLost."""
