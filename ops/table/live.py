"""A table on AWS: what state it is in, and changes to it that wait until it is free for them."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ops.retries import TABLE_BUSY, PendingError
from ops.steps import OperatorError

PASSING = ("CREATING", "UPDATING")
NO_KEY = "DynamoDB cannot use the key that encrypts it"
STATES = {
    "DELETING": "is being deleted; wait until it is gone",
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS": f"is INACCESSIBLE_ENCRYPTION_CREDENTIALS: {NO_KEY}",
    "ARCHIVING": f"is ARCHIVING: for a week {NO_KEY}",
    "ARCHIVED": f"is ARCHIVED, as {NO_KEY}; restore it from its backup",
}


class TableError(OperatorError):
    """Says what stands in the way."""


@dataclass(frozen=True)
class LiveTable:
    """The table `name`, whether it is there or not; `sleep` takes seconds."""

    client: Any
    name: str
    sleep: Callable[[float], None] = time.sleep

    def find(self) -> dict[str, Any] | None:
        """The table as DescribeTable gives it, ACTIVE; None where there is none.

        Waits for one in the making: a run before this one was cut short. Raises TableError.
        """
        found = self._describe()
        return found if found is None or self._is_active(found) else self.until_active()

    def until_active(self) -> dict[str, Any]:
        """Raises TableError where it will not be ACTIVE; PendingError after five minutes."""
        return TABLE_BUSY.repeat(self._active, self.sleep)

    def _active(self) -> dict[str, Any]:
        found = self._describe()  # a table that was just made may not be found yet
        if found and self._is_active(found):
            return found
        seconds = sum(TABLE_BUSY.pauses)
        raise PendingError(f"the table {self.name} is not ACTIVE after {seconds:g} seconds")

    def _describe(self) -> dict[str, Any] | None:
        with suppress(self.client.exceptions.ResourceNotFoundException):
            found: dict[str, Any] = self.client.describe_table(TableName=self.name)["Table"]
            return found
        return None

    def _is_active(self, table: dict[str, Any]) -> bool:
        """Raises TableError where waiting would not help."""
        status: str = table["TableStatus"]
        if status == "ACTIVE" or status in PASSING:
            return status == "ACTIVE"
        said = STATES.get(status, f"is {status}, and only an ACTIVE table can be changed")
        raise TableError(f"the table {self.name} {said}")

    def change(self, change: Callable[[], Any]) -> dict[str, Any]:
        """Makes a change that takes the table a while, and gives the table after it."""
        self.once_free(change)
        return self.until_active()

    def once_free(self, change: Callable[[], Any]) -> None:
        """Makes `change`, again for five minutes while AWS is busy. Raises ClientError."""
        TABLE_BUSY.repeat(change, self.sleep)
