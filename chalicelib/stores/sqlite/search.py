"""Full-text search with FTS5, over words that models.text has cut."""

from dataclasses import dataclass
from sqlite3 import Connection

from chalicelib.models.page import Position
from chalicelib.stores.sqlite.keyset import Walk


@dataclass(frozen=True, slots=True)
class Search:
    """The words of one table's records, kept in an FTS5 table beside it."""

    table: str
    index: str

    def walk(self, words: tuple[str, ...]) -> Walk:
        """The records in which each word is the beginning of a word, by rank, then id."""
        return Walk(
            f"{self.index} CROSS JOIN {self.table} p ON p.seq = {self.index}.rowid",
            (f"{self.index}.rank", "p.id"),
            f"{self.index} MATCH ?",
            (_quoted(words),),
        )

    def todays(
        self, connection: Connection, words: tuple[str, ...], after: Position | None
    ) -> Position | None:
        """The position `after` with the rank that its record has now.

        Every write moves all ranks a little, but what came behind a record stays behind it. So a
        page goes on from the record, and from the rank it had only where the record is gone.
        """
        if after is None:
            return None
        row = connection.execute(
            f"SELECT rank FROM {self.index} WHERE {self.index} MATCH ?"
            f" AND rowid = (SELECT seq FROM {self.table} WHERE id = ?)",
            (_quoted(words), after[1]),
        ).fetchone()
        return (row[0], after[1]) if row else after

    def remember(self, connection: Connection, record_id: str, words: tuple[str, ...]) -> None:
        self.forget(connection, record_id)
        connection.execute(
            f"INSERT INTO {self.index} (rowid, words) SELECT seq, ? FROM {self.table} WHERE id = ?",
            (" ".join(words), record_id),
        )

    def forget(self, connection: Connection, record_id: str) -> None:
        connection.execute(
            f"DELETE FROM {self.index} WHERE rowid = (SELECT seq FROM {self.table} WHERE id = ?)",
            (record_id,),
        )


def _quoted(words: tuple[str, ...]) -> str:
    return " ".join(f'"{word}"*' for word in words)
