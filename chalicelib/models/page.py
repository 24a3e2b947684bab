"""A page of a list, and the place where the next one begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

# The sort key of the last row that was examined: what a cursor carries.
Position = tuple[str | float, ...]

EXAMINED_AT_MOST = 500
EXAMINED_BYTES = 1_000_000  # of JSON; DynamoDB reads as much for one Query


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is None only at the end of the list; a page may be short, even empty, before it."""

    items: tuple[T, ...]
    next: Position | None = None


class ExaminedRow(NamedTuple):
    """A row of a list: its place, how much was read for it, and its JSON unless it is passed over."""

    position: Position
    size: int  # bytes
    text: str | None


def fill_page(rows: Iterable[ExaminedRow], limit: int) -> Page[str]:
    """The first `limit` texts of at most EXAMINED_AT_MOST rows and EXAMINED_BYTES, but of one at least.

    `rows` come in order, lazily.
    """
    items: list[str] = []
    last: Position | None = None
    size = 0
    for examined, row in enumerate(rows):
        size += row.size
        if examined and (
            len(items) == limit or examined == EXAMINED_AT_MOST or size > EXAMINED_BYTES
        ):
            return Page(tuple(items), last)
        last = row.position
        if row.text is not None:
            items.append(row.text)
    return Page(tuple(items))
