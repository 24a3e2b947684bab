"""A table on AWS: its state, and changes that wait while it is busy."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.retries import TABLE_BUSY, PendingError
from ops.steps import OperatorError

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TableDescriptionTypeDef

PASSING = ("CREATING", "UPDATING")
NO_KEY = "DynamoDB cannot use the KMS key that encrypts it"
STATES = {
    "DELETING": "is being deleted: wait, and run the command again",
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS": (
        f"is INACCESSIBLE_ENCRYPTION_CREDENTIALS: {NO_KEY}. Enable the key, or correct its policy"
    ),
    "ARCHIVING": f"is ARCHIVING: for a week {NO_KEY}. Wait, and restore it from its backup",
    "ARCHIVED": f"is ARCHIVED, because {NO_KEY}. Restore it from its backup",
}


class TableError(OperatorError):
    """Names the obstacle and the cure."""


@dataclass(frozen=True)
class LiveTable:
    """The table `name`, whether it exists or not; `sleep` takes seconds."""

    client: "DynamoDBClient"
    name: str
    sleep: Callable[[float], None] = time.sleep

    def find(self) -> "TableDescriptionTypeDef | None":
        """The table as DescribeTable returns it, ACTIVE; None if there is none.

        Waits for a table that is being created, as after an interrupted run. Raises TableError.
        """
        found = self._describe()
        return found if found is None or self._is_active(found) else self.until_active()

    def until_active(self) -> "TableDescriptionTypeDef":
        """Raises TableError if waiting cannot help; PendingError after five minutes."""
        return TABLE_BUSY.repeat(self._active, self.sleep)

    def _active(self) -> "TableDescriptionTypeDef":
        found = self._describe()  # a table that was just created may not be found yet
        if found and self._is_active(found):
            return found
        seconds = sum(TABLE_BUSY.pauses)
        raise PendingError(
            f"the table {self.name} is not ACTIVE after {seconds:g} seconds: run the command again"
        )

    def _describe(self) -> "TableDescriptionTypeDef | None":
        with suppress(self.client.exceptions.ResourceNotFoundException):
            return self.client.describe_table(TableName=self.name)["Table"]
        return None

    def _is_active(self, table: "TableDescriptionTypeDef") -> bool:
        """Raises TableError if waiting cannot help."""
        status = table["TableStatus"]
        if status == "ACTIVE" or status in PASSING:
            return status == "ACTIVE"
        unknown = f"is {status}, and only an ACTIVE table can be changed: see DynamoDB's console"
        said = STATES.get(status, unknown)
        raise TableError(f"the table {self.name} {said}")

    def change(self, change: Callable[[], Any]) -> "TableDescriptionTypeDef":
        """Makes `change`, waits until the table is ACTIVE again, and returns it."""
        self.once_free(change)
        return self.until_active()

    def once_free(self, change: Callable[[], Any]) -> None:
        """Makes `change`, and retries for five minutes while AWS is busy. Raises ClientError."""
        TABLE_BUSY.repeat(change, self.sleep)
