"""Full-text search with FTS5 over the words of models.text."""

from dataclasses import dataclass
from sqlite3 import Connection

from chalicelib.stores.sqlite.keyset import Walk


@dataclass(frozen=True, slots=True)
class Search:
    """The words of one table's records, in an FTS5 table of their own."""

    table: str
    index: str

    def walk(self, words: tuple[str, ...]) -> Walk:
        """The records that have a word with each of these prefixes: the shortest text first, then by id.

        A rank like BM25 depends on all records, so every write would move the position of a cursor.
        This rank changes only with the record itself.
        """
        return Walk(
            f"{self.index} CROSS JOIN {self.table} p ON p.seq = {self.index}.rowid",
            (f"length({self.index}.words)", "p.id"),
            f"{self.index} MATCH ?",
            (_quoted(words),),
        )

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
