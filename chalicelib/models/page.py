"""A page of a list, and the place where the next one begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
R_contra = TypeVar("R_contra", contravariant=True)

# The sort key of the last row that was examined: what a cursor carries.
Position = tuple[str | float, ...]

EXAMINED_AT_MOST = 500
LARGEST_PAGE = 4_000_000  # bytes of JSON; Lambda refuses an answer of more than 6 MB


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is None only at the end of the list; a page may be short, even empty, before it."""

    items: tuple[T, ...]
    next: Position | None = None


class Filter(Protocol[R_contra]):
    def admits(self, record: R_contra, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """A row of a list: where it stands, its record if it still has one, and that one's size in JSON."""

    position: Position
    record: T | None
    size: int


def fill_page(rows: Iterable[Row[T]], query: Filter[T], limit: int) -> Page[T]:
    """The first `limit` records that `query` admits, of at most EXAMINED_AT_MOST rows.

    It ends sooner where the records would be too large for one answer. `rows` come in order, lazily.
    """
    items: list[T] = []
    last: Position | None = None
    size = 0
    for examined, row in enumerate(rows):
        if examined and (
            len(items) == limit or examined == EXAMINED_AT_MOST or size > LARGEST_PAGE - row.size
        ):
            return Page(tuple(items), last)
        last = row.position
        if row.record is not None and query.admits(row.record):
            items.append(row.record)
            size += row.size
    return Page(tuple(items))
