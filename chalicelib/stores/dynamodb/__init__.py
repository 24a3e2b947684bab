"""The register in one DynamoDB table: for AWS. `tables/create.py` makes the table."""

import json
import os
import time
from collections.abc import Callable

from chalicelib.errors import UnavailableError
from chalicelib.stores.dynamodb.client import Client, item_key
from chalicelib.stores.dynamodb.keys import CURSOR_KEY, FIREWALL_SECRET
from chalicelib.stores.dynamodb.projects import DynamoProjects
from chalicelib.stores.dynamodb.receipts import DynamoReceipts
from chalicelib.stores.dynamodb.technologies import DynamoTechnologies
from chalicelib.stores.dynamodb.transport import CallError, Transport


class DynamoStore:
    """See stores.port.Store."""

    def __init__(
        self,
        transport: Transport,
        table: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = Client(transport, table, clock, sleep)
        self.projects = DynamoProjects(self._client)
        self.technologies = DynamoTechnologies(self._client)
        self.receipts = DynamoReceipts(self._client)

    def cursor_key(self) -> bytes:
        found = self._client.get(CURSOR_KEY)
        if found is None:
            self._make_cursor_key()
            found = self._client.get(CURSOR_KEY)
        if found is None:
            raise UnavailableError("The key of the cursors cannot be read")
        key: bytes = found["key"]["B"]
        return key

    def firewall_values(self) -> tuple[str, ...]:
        found = self._client.get(FIREWALL_SECRET)
        return tuple(json.loads(found["values"]["S"])) if found else ()

    def check(self) -> None:
        try:
            self._client.get(CURSOR_KEY)
        except CallError as error:
            raise UnavailableError(f"The table cannot be read: {error.code}") from error

    def _make_cursor_key(self) -> None:
        """Whoever is first decides."""
        item = {**item_key(CURSOR_KEY), "key": {"B": os.urandom(32)}}
        try:
            self._client.call(
                "PutItem",
                TableName=self._client.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
            )
        except CallError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
