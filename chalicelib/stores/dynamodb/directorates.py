"""The directorates, which are one item."""

import json

from chalicelib.errors import RegisterError, VersionMismatchError
from chalicelib.models.directorate import Directorates, directorates_document, directorates_from
from chalicelib.models.text import as_json
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, item_key
from chalicelib.stores.dynamodb.keys import DIRECTORATES
from chalicelib.stores.dynamodb.writes import NEW


class DynamoDirectorates:
    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self) -> Directorates:
        item = self._client.get(DIRECTORATES)
        return directorates_from(json.loads(item["document"]["S"])) if item else Directorates()

    def replace(self, before: Directorates, after: Directorates) -> None:
        text = as_json(directorates_document(after, stored=True))
        item: Item = {
            **item_key(DIRECTORATES),
            "document": {"S": text},
            "version": {"N": str(after.version)},
        }
        if before.version:
            write = self._client.put(item, "version = :seen", seen={"N": str(before.version)})
        else:
            write = self._client.put(item, NEW)
        self._client.transact([Action(write, self._changed)])

    def _changed(self) -> RegisterError:
        version = self.get().version
        return VersionMismatchError(f"The record now has version {version}: read it again")
