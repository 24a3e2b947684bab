"""Writes of a record with its index rows: in one transaction, or in steps if it needs several.

A transaction holds 100 actions. A write that needs more first adds `counterpart` to the record. It is
the new or the former version, whose rows may exist in addition to the record's own. Each step is
refused unless the record still has the mark of this write. The next writer that finds `counterpart`
finishes the write: it deletes the rows that only `counterpart` has. The scheduled function does the
same. It finds such records by a note in the partition UNFINISHED.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chalicelib.errors import (
    IdTakenError,
    NotFoundError,
    RegisterError,
    VersionMismatchError,
)
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import (
    ACTIONS_IN_ONE_TRANSACTION,
    Client,
    Item,
    Key,
    Value,
    item_key,
)
from chalicelib.stores.dynamodb.items import new_mark, rows_in
from chalicelib.stores.dynamodb.rows import Rows, changed_rows, portions, row_actions
from chalicelib.stores.dynamodb.unfinished import HELD, MarkError, Unfinished

TRIES = 10
NEW = "attribute_not_exists(pk)"
UNCHANGED = "mark = :seen AND attribute_not_exists(counterpart)"


class Marked(Protocol):
    @property
    def version(self) -> int: ...


R = TypeVar("R", bound=Marked)


@dataclass(frozen=True, slots=True)
class Change:
    """A write of one record.

    `before` and `after` are its items, None if there is none. `first` and `then` are written with the
    record: guards, copies, receipts. The first refused action decides the error.
    """

    key: Key
    before: Item | None
    after: Item | None
    refused: Callable[[], RegisterError] = MarkError
    first: Sequence[Action] = ()
    then: Sequence[Action] = ()
    in_steps: bool = False


class Writer:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._unfinished = Unfinished(client)

    def write(self, change: Change) -> None:
        """Raises the error of the first refused action."""
        before = rows_in(change.before) if change.before else {}
        added, removed = changed_rows(before, rows_in(change.after) if change.after else {})
        rows = row_actions(self._client, added, removed)
        actions = [*change.first, self._record(change), *change.then, *rows]
        if change.in_steps or len(actions) > ACTIONS_IN_ONE_TRANSACTION:
            self._write_in_steps(change, added)
        else:
            self._client.transact(actions)

    def add(self, change: Change) -> None:
        """Writes a new record. Finishes an interrupted write of the same id, if there is one."""
        try:
            return self.write(change)
        except IdTakenError:
            item = self._client.get(change.key)
            if item is not None and "document" in item:
                raise
        with suppress(MarkError):  # another writer finishes it
            self._unfinished.finish(change.key)
        return self.write(change)

    def write_over(
        self, before: R, change: Callable[[R], Change], read: Callable[[], R | None]
    ) -> None:
        """Writes over `before`, which was read. Repeats that if only the record's mark has changed."""
        current = before
        for _ in range(TRIES):
            wanted = change(current)
            try:
                return self.write(wanted)
            except MarkError:
                with suppress(MarkError):  # another writer finishes it
                    self._unfinished.finish(wanted.key)
            found = read()
            if found is None or found != before:
                break
            current = found
        raise VersionMismatchError(
            f"The record no longer has version {before.version}: read it again"
        )

    def refusal(self, key: Key, version: int) -> RegisterError:
        """The reason why a write over this version was refused."""
        item = self._client.get(key)
        if item is None or "document" not in item:
            return NotFoundError("It was deleted a moment ago: read the list again")
        now = int(item["version"]["N"])
        if now != version:
            return VersionMismatchError(f"The record now has version {now}: read it again")
        return MarkError("It is being written")

    def _record(self, change: Change, condition: str = UNCHANGED, **more: Value) -> Action:
        """The action that writes the record itself."""
        seen = {} if change.before is None else {"seen": change.before["mark"]}
        condition = condition if seen else NEW
        if change.after is None:
            write = self._client.delete(change.key, condition, **seen)
        else:
            write = self._client.put({**change.after, **more}, condition, **seen)
        return Action(write, change.refused)

    def _write_in_steps(self, change: Change, added: Rows) -> None:
        held = self._begin(change)
        try:
            for some in portions(added, ACTIONS_IN_ONE_TRANSACTION - 1):
                self._unfinished.step(held, row_actions(self._client, some, {}), change.refused)
            self._client.transact([*change.first, self._commit(change, held), *change.then])
        except RegisterError:
            with suppress(RegisterError):
                self._unfinished.finish(change.key)
            raise
        with suppress(MarkError):  # another writer finishes it
            self._unfinished.finish(change.key)

    def _begin(self, change: Change) -> Item:
        """Adds `counterpart` to the record, if the conditions of the whole write are met."""
        held = {**item_key(change.key), "mark": new_mark()}
        other: Value = {"M": _plain(change.after or change.before or {})}
        if change.before is None:
            write = self._client.put({**held, "counterpart": other}, NEW)
        else:
            values: Item = {
                "mark": held["mark"],
                "counterpart": other,
                "seen": change.before["mark"],
            }
            set_both = "SET mark = :mark, counterpart = :counterpart"
            write = self._client.update(change.key, set_both, UNCHANGED, **values)
        self._client.transact(
            [
                *_checks(self._client, change.first),
                Action(write, change.refused),
                *_checks(self._client, change.then),
                self._unfinished.note(change.key),
            ]
        )
        return held

    def _commit(self, change: Change, held: Item) -> Action:
        """The new record, with the former one as `counterpart`. A deleted record has no document."""
        item = change.after or {**item_key(change.key), "mark": new_mark()}
        other: Value = {"M": _plain(change.before or {})}
        write = self._client.put({**item, "counterpart": other}, HELD, seen=held["mark"])
        return Action(write, change.refused)


def _plain(item: Item) -> dict[str, Value]:
    """The attributes of a record's item that its rows depend on."""
    return {name: item[name] for name in ("document", "contacts") if name in item}


def _checks(client: Client, actions: Sequence[Action]) -> Iterator[Action]:
    """The conditions of these actions, without their writes."""
    for action in actions:
        ((_, write),) = action.write.items()
        condition = write.get("ConditionExpression")
        if condition:
            item = write.get("Item") or write["Key"]
            values = write.get("ExpressionAttributeValues", {})
            used = {f":{name}" for name in re.findall(r":(\w+)", condition)}
            kept = {name[1:]: value for name, value in values.items() if name in used}
            check = client.condition_check((item["pk"]["S"], item["sk"]["S"]), condition, **kept)
            yield Action(check, action.refused)
