"""Lists by keyset: each is one walk along one index, or one search, from the position of a cursor."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.models.page import EXAMINED_AT_MOST, ExaminedRow, Page, Position, fill_page
from chalicelib.stores.sqlite.database import Database


@dataclass(frozen=True, slots=True)
class Walk:
    """The query of a list: a FROM clause, the condition for each row, and the columns of its order."""

    source: str
    columns: tuple[str, ...]
    match: str = "1"
    parameters: tuple[str, ...] = ()
    descending: bool = False

    def select(self, after: Position | None, *fields: str) -> tuple[str, tuple[str | float, ...]]:
        """The query for the order's columns, then `fields`, of the rows behind `after`.

        It yields one row more than a page may examine: without that row, the page is the last.
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

    def page(
        self,
        database: Database,
        after: Position | None,
        limit: int,
        text_of: Callable[..., str | None],
        *more: str,
    ) -> Page[str]:
        """`text_of` returns the JSON for a document and the `more` columns, or None to leave it out."""
        width = len(self.columns)
        query = self.select(after, "p.document", *more)
        with database.read() as connection:
            return fill_page(
                (
                    ExaminedRow(row[:width], len(row[width].encode()), text_of(*row[width:]))
                    for row in connection.execute(*query)
                ),
                limit,
            )
