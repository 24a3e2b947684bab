"""The entries in the stage's table, which is the source of truth: the IP sets follow it.

An entry is never deleted at once. It is marked as removed, or it expires. The alignment deletes it
later, when it is in no IP set and no run is left that read it as live.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from chalicelib.errors import RetryError
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.names import KINDS, Kind
from chalicelib.services.clock import timestamp
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import ACTIONS_IN_ONE_TRANSACTION, Client, Item, Key, Value

UNCHANGED = "mark = :mark"


class Ledger:
    """Every method raises errors.UnavailableError where the table is unavailable."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def entries(self, kind: Kind) -> Iterator[Entry]:
        """All entries of a kind as they are now, dead ones too."""
        query: dict[str, object] = {
            "TableName": self._client.table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": _partition(kind)}},
            "ConsistentRead": True,
        }
        while True:
            answer = self._client.call("Query", **query)
            yield from map(_entry_in, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put(self, entries: Sequence[Entry]) -> None:
        """Writes the entries, and replaces those of the same ranges."""
        self._client.write_all({"PutRequest": {"Item": _item(entry)}} for entry in entries)

    def put_unless_listed(self, entry: Entry, now: datetime) -> None:
        """Writes the entry, unless the range has a live entry with another note."""
        free = (
            "attribute_not_exists(pk) OR attribute_exists(removed_at) OR expires_at <= :now"
            " OR note = :note"
        )
        values: Item = {"now": {"S": timestamp(now)}, "note": {"S": entry.note}}
        with suppress(RetryError):
            write = self._client.put(_item(entry), free, **values)
            self._client.transact([Action(write, RetryError)])

    def retire(self, entries: Sequence[Entry], now: datetime) -> list[Entry]:
        """Marks the entries as removed. Returns those that others have changed since the read."""

        def write(entry: Entry) -> Mapping[str, object]:
            change = "SET removed_at = :removed_at, mark = :new"
            values: Item = {
                "removed_at": {"S": timestamp(now)},
                "new": {"S": uuid4().hex},
                "mark": {"S": entry.mark},
            }
            return self._client.update(_key(entry), change, UNCHANGED, **values)

        return self._write_unchanged(entries, write)

    def forget(self, entries: Sequence[Entry]) -> None:
        """Deletes the entries, except those that others have changed since the read."""

        def write(entry: Entry) -> Mapping[str, object]:
            return self._client.delete(_key(entry), UNCHANGED, mark={"S": entry.mark})

        self._write_unchanged(entries, write)

    def _write_unchanged(
        self, entries: Sequence[Entry], write: Callable[[Entry], Mapping[str, object]]
    ) -> list[Entry]:
        """Writes the unchanged entries. Returns those of the others that exist, as they are now."""
        changed: list[Entry] = []
        for start in range(0, len(entries), ACTIONS_IN_ONE_TRANSACTION):
            some = list(entries[start : start + ACTIONS_IN_ONE_TRANSACTION])
            while some:
                try:
                    self._client.transact([Action(write(entry), RetryError) for entry in some])
                    break
                except RetryError:
                    there = self._as_they_are(some)
                    others = [entry for entry in some if not _is_same(there, entry)]
                    changed += [there[_key(entry)] for entry in others if _key(entry) in there]
                    some = [entry for entry in some if _is_same(there, entry)]
        return changed

    def _as_they_are(self, entries: Sequence[Entry]) -> dict[Key, Entry]:
        found = self._client.get_all(map(_key, entries))
        return {key: _entry_in(item) for key, item in found.items()}


def _is_same(there: Mapping[Key, Entry], entry: Entry) -> bool:
    found = there.get(_key(entry))
    return found is not None and found.mark == entry.mark


def _partition(kind: Kind) -> str:
    return f"FIREWALL#{kind}"


def _key(entry: Entry) -> Key:
    return _partition(entry.kind), entry.cidr


def _item(entry: Entry) -> dict[str, Value]:
    pk, sk = _key(entry)
    texts = {
        "pk": pk,
        "sk": sk,
        "owner": entry.owner,
        "note": entry.note,
        "created_at": entry.created_at,
        "expires_at": entry.expires_at,
        "removed_at": entry.removed_at,
        "mark": entry.mark,
    }
    return {name: {"S": text} for name, text in texts.items() if text}


def _entry_in(item: Item) -> Entry:
    texts = {name: value["S"] for name, value in item.items()}
    kind = next(kind for kind in KINDS if _partition(kind) == texts["pk"])
    return Entry(
        kind,
        texts["sk"],
        texts.get("owner", ""),
        texts.get("note", ""),
        texts["created_at"],
        texts.get("expires_at"),
        texts.get("removed_at"),
        texts["mark"],
    )
