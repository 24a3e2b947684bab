"""A page of a list, and the place where the next one begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
R_contra = TypeVar("R_contra", contravariant=True)

# The sort key of the last row that was examined: what a cursor carries.
Position = tuple[str | float, ...]

EXAMINED_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is None only at the end of the list; a page may be short, even empty, before it."""

    items: tuple[T, ...]
    next: Position | None = None


class Filter(Protocol[R_contra]):
    def admits(self, record: R_contra, /) -> bool: ...


def fill_page(rows: Iterable[tuple[Position, T]], query: Filter[T], limit: int) -> Page[T]:
    """The first `limit` records that `query` admits, of at most EXAMINED_AT_MOST examined.

    `rows` yields each record with its position, in order, lazily.
    """
    items: list[T] = []
    last: Position | None = None
    for examined, (position, record) in enumerate(rows):
        if len(items) == limit or examined == EXAMINED_AT_MOST:
            return Page(tuple(items), last)
        last = position
        if query.admits(record):
            items.append(record)
    return Page(tuple(items))
