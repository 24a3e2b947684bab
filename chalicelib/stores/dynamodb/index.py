"""Lists over index rows: walking a partition, and keeping the rows in step with their records."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.models.page import Filter, Page, Position, Row, fill_page
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import (
    ACTIONS_IN_ONE_TRANSACTION,
    Client,
    Item,
    Key,
    item_key,
)
from chalicelib.stores.dynamodb.items import served_size
from chalicelib.stores.dynamodb.keys import id_in, word_beginning, words_partition

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Walk:
    """One partition of index rows, or those of them that begin alike, in one direction."""

    partition: str
    beginning: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of record is read: its own key, the record in its item, the rows both should have."""

    key: Callable[[str], Key]
    record: Callable[[Item], Any]
    rows: Callable[[Any, Item], Iterable[Key]]


def word_walk(kind: str, words: Sequence[str]) -> Walk:
    """Driven by the longest word, the rarest as a rule; the others are filters."""
    longest = max(words, key=len)
    return Walk(words_partition(kind, longest), word_beginning(longest))


def page_of(
    client: Client,
    kind: Kind,
    walk: Walk,
    query: Filter[Any],
    after: Position | None,
    limit: int,
    *,
    filtered: bool,
) -> Page[Any]:
    """A page of the records behind the rows; one call for rows and one for records where nothing filters."""
    at_once = AT_ONCE if filtered else limit + 1
    return fill_page(_rows(client, kind, walk, after, at_once), query, limit)


def _rows(
    client: Client, kind: Kind, walk: Walk, after: Position | None, at_once: int
) -> Iterator[Row[Any]]:
    """Each row with its record; without where the row is not in step with its record."""
    start = None if after is None else str(after[0])
    calls = client.query(
        walk.partition, walk.beginning, start, descending=walk.descending, at_once=at_once
    )
    for sort_keys in calls:
        items = client.get_all(kind.key(id_in(found)) for found in sort_keys)
        for found in sort_keys:
            item = items.get(kind.key(id_in(found)))
            record = kind.record(item) if item else None
            if item and _is_first(kind.rows(record, item), walk, found):
                yield Row((found,), record, served_size(item["document"]["S"]))
            else:
                yield Row((found,), None, 0)


def _is_first(rows: Iterable[Key], walk: Walk, found: str) -> bool:
    """Whether it is among a record's rows, and first in this walk: several words may match."""
    if not walk.beginning:
        return (walk.partition, found) in rows  # looks no further than it has to
    in_walk = [
        sort_key
        for partition, sort_key in rows
        if partition == walk.partition and sort_key.startswith(walk.beginning)
    ]
    return bool(in_walk) and found == min(in_walk)


def write_with_rows(
    client: Client,
    core: Sequence[Action],
    before: Iterable[Key],
    after: Iterable[Key],
) -> None:
    """`core` and the rows that change with it, in one transaction.

    Where a transaction cannot hold them all (forty technologies and a very long name), rows are
    added before it, and rows that still do not fit are left for ever: every list passes over a row
    too many, while a row too few would hide a record. So a row is deleted only together with a
    change of its record: deleted later, it might be one that the next writer has just added.
    Raises what the refused actions stand for.
    """
    old, new = frozenset(before), frozenset(after)
    added, removed = sorted(new - old), sorted(old - new)
    room = ACTIONS_IN_ONE_TRANSACTION - len(core)
    rows = [client.delete(key) for key in removed[:room]]
    left = room - len(rows)
    client.write_all({"PutRequest": {"Item": item_key(key)}} for key in added[left:])
    rows += [client.put(item_key(key)) for key in added[:left]]
    client.transact([*core, *(Action(row) for row in rows)])
