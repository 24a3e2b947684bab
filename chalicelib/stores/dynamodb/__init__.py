"""The register in one DynamoDB table: for AWS. `landscape table` creates the table."""

import time
from collections.abc import Callable
from datetime import datetime

from chalicelib.errors import UnavailableError
from chalicelib.stores.dynamodb.client import Client
from chalicelib.stores.dynamodb.common import Common, References
from chalicelib.stores.dynamodb.directorates import DynamoDirectorates
from chalicelib.stores.dynamodb.keys import CURSOR_KEY
from chalicelib.stores.dynamodb.projects import DynamoProjects
from chalicelib.stores.dynamodb.receipts import DynamoReceipts
from chalicelib.stores.dynamodb.technologies import DynamoTechnologies
from chalicelib.stores.dynamodb.transport import CallError, Transport
from chalicelib.stores.dynamodb.unfinished import Unfinished
from chalicelib.stores.dynamodb.writes import Writer
from chalicelib.stores.port import PersonalData

# A request ends after 28 s. No request can still be working on a write that is older than this.
UNFINISHED_SECONDS = 60


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
        common, references = Common(self._client, clock), References(self._client, clock)
        parts = (self._client, Writer(self._client), common, references)
        self.projects = DynamoProjects(*parts)
        self.technologies = DynamoTechnologies(*parts)
        self.directorates = DynamoDirectorates(self._client)
        self.receipts = DynamoReceipts(self._client)
        self.cursor_key = common.cursor_key
        self.firewall_values = common.firewall_values

    def ping(self) -> None:
        try:
            self._client.get(CURSOR_KEY)
        except CallError as error:
            raise UnavailableError(
                f"The table cannot be read ({error.code}): send the request again later"
            ) from error

    def personal_data(self) -> PersonalData:
        from chalicelib.stores.dynamodb.personal_data import DynamoPersonalData  # for commands

        return DynamoPersonalData(self._client)

    def finish(self, now: str) -> int:
        moment = datetime.fromisoformat(now).timestamp()
        return Unfinished(self._client).finish_all(moment - UNFINISHED_SECONDS)
