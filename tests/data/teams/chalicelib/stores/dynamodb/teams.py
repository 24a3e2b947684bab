"""Teams in DynamoDB: a record, and a copy of it in the list by name."""

from functools import partial

from chalicelib.errors import IdTakenError
from chalicelib.models.page import Page, Position
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, Key, item_key
from chalicelib.stores.dynamodb.keys import RECORD, sort_key
from chalicelib.stores.dynamodb.lists import Range, page_of_copies
from chalicelib.stores.dynamodb.receipts import keep_receipt
from chalicelib.stores.dynamodb.writes import NEW
from chalicelib.stores.port import Receipt

BY_NAME = Range("TEAMS-BY-NAME", attributes=("document",))


class DynamoTeams:
    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, team_id: str) -> str | None:
        item = self._client.get(_key(team_id))
        return _text(item) if item else None

    def add(
        self, team_id: str, name_key: str, text: str, receipt: Receipt | None, now: str
    ) -> None:
        taken = partial(IdTakenError, f"The team id {team_id} is taken")
        record = {**item_key(_key(team_id)), "document": {"S": text}}
        copy = {**record, **item_key((BY_NAME.partition, sort_key(name_key, team_id)))}
        kept = keep_receipt(self._client, receipt, now)
        put = self._client.put
        self._client.transact([*kept, Action(put(record, NEW), taken), Action(put(copy))])

    def find(self, after: Position | None, limit: int) -> Page[str]:
        return page_of_copies(self._client, BY_NAME, after, limit, _text)


def _key(team_id: str) -> Key:
    return f"TEAM#{team_id}", RECORD


def _text(item: Item) -> str:
    return str(item["document"]["S"])
