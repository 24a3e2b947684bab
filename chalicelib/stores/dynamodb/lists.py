"""Pages of lists. A copy holds the text that is served; a row only leads to its record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.models.page import EXAMINED_AT_MOST, EXAMINED_BYTES, Page, Position
from chalicelib.stores.dynamodb.client import KEYS_IN_ONE_GET, Client, Item, Key
from chalicelib.stores.dynamodb.items import rows_in
from chalicelib.stores.dynamodb.keys import id_in, words_partition

T = TypeVar("T")
# DynamoDB compares at most this number of words. `Serve` compares the others.
WORDS_COMPARED = 10
# The entry of a list for an item; None if the list leaves the item out.
Serve = Callable[[Item], T | None]


@dataclass(frozen=True, slots=True)
class Range:
    """One partition in one direction, with the filters that DynamoDB applies.

    `attributes` are read in addition to the key.
    """

    partition: str
    descending: bool = False
    facets: Sequence[str] = ()
    words: Sequence[str] = ()
    attributes: Sequence[str] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of a Query."""
        values = {":pk": {"S": self.partition}}
        conditions = []
        for n, facet in enumerate(self.facets):
            values[f":facet{n}"] = {"S": facet}
            conditions.append(f"contains(facets, :facet{n})")
        for n, word in enumerate(self.words[:WORDS_COMPARED]):
            values[f":word{n}"] = {"S": f" {word}"}
            conditions.append(f"(attribute_not_exists(words) OR contains(words, :word{n}))")
        return {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not self.descending,
            "ProjectionExpression": ", ".join(("pk", "sk", *self.attributes)),
            **({"FilterExpression": " AND ".join(conditions)} if conditions else {}),
        }


def word_walk(kind: str, words: Sequence[str], attributes: Sequence[str]) -> Range:
    """The partition of the longest word, which is usually the rarest."""
    longest = max(words, key=len)
    return Range(words_partition(kind, longest), words=words, attributes=attributes)


def page_of_copies(
    client: Client, walk: Range, after: Position | None, limit: int, serve: Serve[T]
) -> Page[T]:
    """Makes one Query. It reads at most EXAMINED_AT_MOST copies, and 1 MB as DynamoDB limits it."""
    is_filtered = bool(walk.facets or walk.words)
    at_once = EXAMINED_AT_MOST if is_filtered else min(limit + 1, EXAMINED_AT_MOST)
    items, last = client.query(walk.parameters, walk.partition, _start(after), at_once)
    found: list[T] = []
    for n, item in enumerate(items):
        if len(found) == limit:
            return Page(tuple(found), (items[n - 1]["sk"]["S"],))
        served = serve(item)
        if served is not None:
            found.append(served)
    return Page(tuple(found), (last,) if last else None)


def page_of_rows(
    client: Client,
    walk: Range,
    after: Position | None,
    limit: int,
    key: Callable[[str], Key],
    serve: Serve[T],
    *,
    is_filtered: bool,
) -> Page[T]:
    """Makes a Query of rows and a BatchGetItem of their records; more if many are filtered out."""
    at_once = KEYS_IN_ONE_GET if is_filtered else min(limit, KEYS_IN_ONE_GET) + 1
    found: list[T] = []
    examined = size = 0
    place = _start(after)
    while True:
        records, last = _records(client, walk, place, at_once, key)
        for sort_key, record in records:
            if examined and (len(found) == limit or size > EXAMINED_BYTES):
                return Page(tuple(found), (str(place),))
            place = sort_key
            examined += 1
            size += len(record["document"]["S"]) if record else 0
            served = serve(record) if record else None
            found += () if served is None else (served,)
        if last is None:
            return Page(tuple(found))
        place = last
        if len(found) >= limit or examined >= EXAMINED_AT_MOST:
            return Page(tuple(found), (place,))


def _records(
    client: Client, walk: Range, after: str | None, limit: int, key: Callable[[str], Key]
) -> tuple[list[tuple[str, Item | None]], str | None]:
    """The rows' sort keys with their records, and the next `after`. A record without the row is None."""
    rows, last = client.query(walk.parameters, walk.partition, after, limit)
    if len(rows) > KEYS_IN_ONE_GET:  # the last one only shows that the list goes on
        rows, last = rows[:KEYS_IN_ONE_GET], rows[KEYS_IN_ONE_GET - 1]["sk"]["S"]
    wanted = (key(id_in(row["sk"]["S"])) for row in rows)
    records = client.get_all(wanted, *walk.attributes, "counterpart")
    found: list[tuple[str, Item | None]] = []
    for row in rows:
        record = records.get(key(id_in(row["sk"]["S"])))
        found.append((row["sk"]["S"], record if record and _stands(row, record) else None))
    return found, last


def has_compared(words: Sequence[str], item: Item) -> bool:
    """Whether DynamoDB has compared all of the words with the item's."""
    return "words" in item and len(words) <= WORDS_COMPARED


def _stands(row: Item, record: Item) -> bool:
    """Whether the record still has this row. It may lack it only while a write is running."""
    if "document" not in record:
        return False
    return "counterpart" not in record or (row["pk"]["S"], row["sk"]["S"]) in rows_in(record)


def _start(after: Position | None) -> str | None:
    return None if after is None else str(after[0])
