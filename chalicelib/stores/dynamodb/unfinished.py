"""The end of a write in several transactions, also of one that was interrupted."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from chalicelib.errors import RegisterError, RetryError
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import (
    ACTIONS_IN_ONE_TRANSACTION,
    KEYS_IN_ONE_GET,
    Client,
    Item,
    Key,
    item_key,
)
from chalicelib.stores.dynamodb.items import new_mark, rows_in
from chalicelib.stores.dynamodb.rows import IndexRow, portions, row_actions

HELD = "mark = :seen"


class MarkError(RetryError):
    """The record has changed since, or another write of it is running."""


class Unfinished:
    def __init__(self, client: Client) -> None:
        self._client = client

    def note(self, key: Key) -> Action:
        """The action that makes the scheduled function look at the record."""
        note: Item = {**item_key(keys.unfinished_key(key)), "at": {"N": str(int(time.time()))}}
        return Action(self._client.put(note))

    def finish(self, key: Key) -> None:
        """Deletes the rows that a write of this record has left. Its writer is refused from now on."""
        item = self._take_over(key)
        if item is None:
            return
        wanted = rows_in(item)
        other = self._rows_of_other(item)
        there = self._there([each for each in other if each not in wanted])
        surplus = {each: row for each, row in other.items() if each in there}
        differing = {k: row for k, row in wanted.items() if k in other and other[k] != row}
        for some in portions(differing, ACTIONS_IN_ONE_TRANSACTION - 1):
            self.step(item, row_actions(self._client, some, {}))
        for some in portions(surplus, ACTIONS_IN_ONE_TRANSACTION - 1):
            self.step(item, row_actions(self._client, {}, some))
        self._end(item)

    def finish_all(self, before: float) -> int:
        """Finishes the writes that began before this moment (seconds since 1970). Returns the count."""
        notes = [
            (note["sk"]["S"], keys.RECORD)
            for page in self._client.pages(keys.UNFINISHED)
            for note in page
            if float(note["at"]["N"]) < before
        ]
        for key in notes:
            with suppress(MarkError):  # another writer finishes it
                self.finish(key)
        return len(notes)

    def step(
        self,
        held: Item,
        actions: Sequence[Action],
        refused: Callable[[], RegisterError] = MarkError,
    ) -> None:
        key = (held["pk"]["S"], held["sk"]["S"])
        check = Action(self._client.condition_check(key, HELD, seen=held["mark"]), refused)
        self._client.transact([check, *actions])

    def _take_over(self, key: Key) -> Item | None:
        """The record, with a new mark; None if there is nothing to finish."""
        item = self._client.get(key)
        if item is None or "counterpart" not in item:
            gone = Action(self._client.delete(keys.unfinished_key(key)))
            settled = self._client.condition_check(key, "attribute_not_exists(counterpart)")
            self._client.transact([Action(settled, MarkError), gone])
            return None
        mark = new_mark()
        seen = item["mark"]
        write = self._client.update(key, "SET mark = :mark", HELD, mark=mark, seen=seen)
        self._client.transact([Action(write, MarkError)])
        return {**item, "mark": mark}

    def _rows_of_other(self, item: Item) -> dict[Key, IndexRow]:
        """Includes the moves of a deleted technology that its record did not show."""
        rows = dict(rows_in({**item_key((item["pk"]["S"], "")), **item["counterpart"]["M"]}))
        if "document" not in item:
            for page in self._client.pages(item["pk"]["S"], "MOVE#"):
                rows |= {(item["pk"]["S"], move["sk"]["S"]): IndexRow() for move in page}
        return rows

    def _there(self, wanted: Sequence[Key]) -> set[Key]:
        found: set[Key] = set()
        for start in range(0, len(wanted), KEYS_IN_ONE_GET):
            found |= self._client.get_all(wanted[start : start + KEYS_IN_ONE_GET]).keys()
        return found

    def _end(self, item: Item) -> None:
        key = (item["pk"]["S"], item["sk"]["S"])
        if "document" in item:
            write = self._client.update(key, "REMOVE counterpart", HELD, seen=item["mark"])
        else:
            write = self._client.delete(key, HELD, seen=item["mark"])
        gone = self._client.delete(keys.unfinished_key(key))
        self._client.transact([Action(write, MarkError), Action(gone)])
