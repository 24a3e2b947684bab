"""A page of a list, and the position of the next one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

# The sort key of the last row that was examined. A cursor holds it.
Position = tuple[str | float, ...]

EXAMINED_AT_MOST = 500
EXAMINED_BYTES = 1_000_000  # of JSON; a Query of DynamoDB reads as much


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is None only on the last page. Any other page may be short, or even empty."""

    items: tuple[T, ...]
    next: Position | None = None


class ExaminedRow(NamedTuple):
    """A row of a list: its position, its size as read, and its JSON; None if it is left out."""

    position: Position
    size: int  # bytes
    text: str | None


def fill_page(rows: Iterable[ExaminedRow], limit: int) -> Page[str]:
    """The first `limit` texts of at most EXAMINED_AT_MOST rows and EXAMINED_BYTES, but at least one row.

    `rows` are in order, and read lazily.
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
