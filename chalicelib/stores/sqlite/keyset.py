"""Lists by keyset: each is one walk along one index, or one search, and starts where a cursor says."""

from collections.abc import Iterator
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from chalicelib.models.page import EXAMINED_AT_MOST, Position


@dataclass(frozen=True, slots=True)
class Walk:
    """What drives a list: a FROM clause, what each row must match, and the columns of its order."""

    source: str
    columns: tuple[str, ...]
    match: str = "1"
    parameters: tuple[str, ...] = ()
    descending: bool = False

    def select(self, after: Position | None, *fields: str) -> tuple[str, tuple[str | float, ...]]:
        """The query for the order's columns, then `fields`, of the rows behind `after`.

        It yields one row more than a page may examine, so that a page knows whether it is the last.
        """
        compare, direction = ("<", " DESC") if self.descending else (">", "")
        marks = ", ".join("?" * len(self.columns))
        behind = f"({', '.join(self.columns)}) {compare} ({marks})" if after else "1"
        order = ", ".join(column + direction for column in self.columns)
        statement = (
            f"SELECT {', '.join((*self.columns, *fields))} FROM {self.source}"
            f" WHERE {self.match} AND {behind} ORDER BY {order} LIMIT {EXAMINED_AT_MOST + 1}"
        )
        return statement, (*self.parameters, *(after or ()))

    def rows(
        self, connection: Connection, after: Position | None, *fields: str
    ) -> Iterator[tuple[Position, tuple[Any, ...]]]:
        """Each row's position and its fields, read as they are asked for."""
        width = len(self.columns)
        for row in connection.execute(*self.select(after, *fields)):
            yield row[:width], row[width:]
