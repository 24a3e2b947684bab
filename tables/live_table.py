"""A table on AWS: what state it is in, and changes to it that wait until it is free for them."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

PAUSE, TRIES = 2.0, 150  # seconds, and how often: five minutes in all
PASSING = ("CREATING", "UPDATING")
# What a change meets while an earlier one, of this table or of others, is still under way.
BUSY = ("ResourceInUseException", "LimitExceededException", "ThrottlingException")
NO_KEY = "DynamoDB cannot use the key that encrypts it"
STATES = {
    "DELETING": "is being deleted; wait until it is gone",
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS": f"is INACCESSIBLE_ENCRYPTION_CREDENTIALS: {NO_KEY}",
    "ARCHIVING": f"is ARCHIVING: for a week {NO_KEY}",
    "ARCHIVED": f"is ARCHIVED, as {NO_KEY}; restore it from its backup",
}


class TableError(Exception):
    """Says what stands in the way."""


@dataclass(frozen=True)
class LiveTable:
    """The table `name`, whether it is there or not; `sleep` takes seconds."""

    client: Any
    name: str
    sleep: Callable[[float], None] = time.sleep

    def look(self) -> dict[str, Any] | None:
        """The table as DescribeTable gives it, ACTIVE; None where there is none.

        Waits for one in the making: a run before this one was cut short. Raises TableError.
        """
        try:
            found: dict[str, Any] = self.client.describe_table(TableName=self.name)["Table"]
        except self.client.exceptions.ResourceNotFoundException:
            return None
        return found if self._is_active(found) else self.until_active()

    def until_active(self) -> dict[str, Any]:
        """Raises TableError where it will not be ACTIVE, or is not after five minutes."""
        for _ in range(TRIES):
            # A table that was just made may not be found yet.
            with suppress(self.client.exceptions.ResourceNotFoundException):
                found: dict[str, Any] = self.client.describe_table(TableName=self.name)["Table"]
                if self._is_active(found):
                    return found
            self.sleep(PAUSE)
        raise TableError(f"the table {self.name} is not ACTIVE after {PAUSE * TRIES:g} seconds")

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
        for tries_left in reversed(range(TRIES)):
            try:
                change()
            except ClientError as error:
                if not tries_left or not _passes(error):
                    raise
                self.sleep(PAUSE)
            else:
                return


def _passes(error: ClientError) -> bool:
    """Not where a day's changes are used up: "… limited to 4 times in 1 day(s)"."""
    said = error.response["Error"]
    return said.get("Code") in BUSY and " day" not in said.get("Message", "")
