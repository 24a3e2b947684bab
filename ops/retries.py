"""Calls to AWS that are retried: for which errors, and after which pauses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import ClientError

from ops.steps import OperatorError

T = TypeVar("T")


class PendingError(OperatorError):
    """A resource that was just created is not visible yet. The message names it and the cure."""


@dataclass(frozen=True)
class Retries:
    """Errors with one of `codes` are retried, except those whose message contains `lasting`.

    `pauses`, in seconds, come after each attempt except the last.
    """

    codes: tuple[str, ...]
    pauses: tuple[float, ...]
    lasting: str = ""

    def repeat(self, attempt: Callable[[], T], sleep: Callable[[float], None]) -> T:
        """The result of `attempt`. Raises its last error; at once an error that is not retried."""
        for pause in self.pauses:
            try:
                return attempt()
            except (ClientError, PendingError) as error:
                if not self._passes(error):
                    raise
                sleep(pause)
        return attempt()

    def _passes(self, error: ClientError | PendingError) -> bool:
        if isinstance(error, PendingError):
            return True
        said = error.response["Error"]
        lasts = bool(self.lasting) and self.lasting in said.get("Message", "")
        return said.get("Code") in self.codes and not lasts


# API Gateway deploys an API once in five seconds. A new log group takes seconds to be visible.
PAUSES = (5.0, 5.0, 10.0, 20.0)
GATEWAY_BUSY = Retries(("TooManyRequestsException", "ConflictException"), PAUSES)
LOGS_BUSY = Retries(("OperationAbortedException", "ResourceNotFoundException"), PAUSES)
# Retried while an earlier change of a table is in progress, or while a new table's backups are being
# enabled. Not retried once the day's changes are used up: "… limited to 4 times in 1 day(s)".
TABLE_BUSY = Retries(
    (
        "ContinuousBackupsUnavailableException",
        "LimitExceededException",
        "ResourceInUseException",
        "ThrottlingException",
    ),
    (2.0,) * 150,
    lasting=" day",
)
