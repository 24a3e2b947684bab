"""Finds e-mail addresses in the table, and deletes those that a write of their record would keep.

No key shows an address, and receipts are in no list, so one Scan reads all items.
"""

import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from chalicelib.models.caller import email_key, is_written_in
from chalicelib.models.text import as_json
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, item_key
from chalicelib.stores.dynamodb.unfinished import MarkError, Unfinished
from chalicelib.stores.port import Traces

COPIES = (keys.TECHNOLOGIES_BY_NAME, keys.RADAR)


class DynamoPersonalData:
    """See stores.port.PersonalData."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._unfinished = Unfinished(client)

    def traces(self, key: str) -> Traces:
        found: dict[str, set[str]] = defaultdict(set)
        moves = Counter[str]()
        for item in self._client.everything():
            partition, place = item["pk"]["S"], item["sk"]["S"]
            kind, _, name = partition.partition("#")
            if partition in COPIES and _moves_of(item, key):
                moves[keys.id_of_technology(item)] += 0  # a write of the record replaces them
            elif kind == "RECEIPT" and is_written_in(
                zlib.decompress(item["answer"]["B"]).decode(), key
            ):
                found["receipts"].add(name)
            elif kind in ("PROJECT", "TECHNOLOGY") and place != keys.COUNT:
                for where in _in_record(item, key):
                    found[where].add(name if where != "texts" else f"{kind.lower()} {name}")
                if number := _moves_of(item, key):
                    moves[name] += number
                if _is_in_counterpart(item, key):
                    found["unfinished"].add(partition)
        return Traces(moves=moves, **{where: frozenset(names) for where, names in found.items()})

    def forget_older(self, technology_id: str, key: str) -> None:
        for page in self._client.pages(keys.technology_key(technology_id)[0], "MOVE#"):
            for item in page:
                if _moves_of(item, key):
                    self._forget_author(item)

    def remove_receipts(self, receipts: Iterable[str]) -> None:
        gone = (item_key(keys.receipt_key(each)) for each in receipts)
        self._client.write_all({"DeleteRequest": {"Key": key}} for key in gone)

    def finish(self, unfinished: Iterable[str]) -> None:
        for partition in unfinished:
            with suppress(MarkError):  # another writer finishes it
                self._unfinished.finish((partition, keys.RECORD))

    def _forget_author(self, item: Item) -> None:
        """Removes the author, unless somebody has changed or deleted the move."""
        text = as_json({**json.loads(item["move"]["S"]), "author": None})
        place = (item["pk"]["S"], item["sk"]["S"])
        values: Item = {"new": {"S": text}, "seen": item["move"]}
        write = self._client.update(place, "SET move = :new", "move = :seen", **values)
        with suppress(MarkError):
            self._client.transact([Action(write, MarkError)])


def _in_record(item: Item, key: str) -> Iterator[str]:
    is_project = item["pk"]["S"].startswith("PROJECT#")
    if any(email_key(contact["email"]) == key for contact in _json(item, "contacts", "[]")):
        yield "contacts"
    if email_key(item.get("updated_by", {}).get("S", "")) == key:
        yield "projects" if is_project else "technologies"
    texts = [_json(item, name, "{}") for name in ("document", "move", "contacts")]
    if is_written_in(texts, key):
        yield "texts"


def _moves_of(item: Item, key: str) -> int:
    """The number of moves in the item that have this author."""
    moves = [*_json(item, "document", "{}").get("moves", ()), _json(item, "move", "{}")]
    return sum(email_key(move.get("author") or "") == key for move in moves)


def _is_in_counterpart(item: Item, key: str) -> bool:
    other: Item = {"pk": item["pk"], **item.get("counterpart", {"M": {}})["M"]}
    return bool(_moves_of(other, key)) or any(True for _ in _in_record(other, key))


def _json(item: Item, name: str, otherwise: str) -> Any:
    return json.loads(item.get(name, {}).get("S", otherwise))
