"""Calls to AWS that are made again: which refusals pass, and how long to wait for that."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import ClientError

from ops.steps import OperatorError

T = TypeVar("T")


class PendingError(OperatorError):
    """What was just made is not to be seen yet: says what, and what to do where it stays so."""


@dataclass(frozen=True)
class Retries:
    """Refusals with one of `codes` pass, but not those whose message holds `lasting`.

    `pauses`, in seconds, come after each attempt but the last.
    """

    codes: tuple[str, ...]
    pauses: tuple[float, ...]
    lasting: str = ""

    def repeat(self, attempt: Callable[[], T], sleep: Callable[[float], None]) -> T:
        """What `attempt` gives. Raises its last error; at once one that does not pass."""
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


# API Gateway deploys an API once in five seconds, and a new log group is not everywhere at once.
PAUSES = (5.0, 5.0, 10.0, 20.0)
GATEWAY_BUSY = Retries(("TooManyRequestsException", "ConflictException"), PAUSES)
LOGS_BUSY = Retries(("OperationAbortedException", "ResourceNotFoundException"), PAUSES)
# While an earlier change, of this table or of others, is under way, or a new table's backups are
# being enabled; not where a day's changes are used up: "… limited to 4 times in 1 day(s)".
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
