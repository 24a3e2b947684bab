"""Teams in SQLite."""

from chalicelib.errors import IdTakenError
from chalicelib.models.page import Page, Position
from chalicelib.stores.port import Receipt
from chalicelib.stores.sqlite.database import Database
from chalicelib.stores.sqlite.keyset import Walk
from chalicelib.stores.sqlite.receipts import keep_receipt

BY_NAME = Walk("teams p", ("p.name_key", "p.id"))


class SqliteTeams:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, team_id: str) -> str | None:
        with self._database.read() as connection:
            found = connection.execute("SELECT document FROM teams WHERE id = ?", (team_id,))
            row = found.fetchone()
        return row and str(row[0])

    def add(
        self, team_id: str, name_key: str, text: str, receipt: Receipt | None, now: str
    ) -> None:
        with self._database.write() as connection:
            keep_receipt(connection, receipt, now)
            row = (team_id, name_key, text)
            added = connection.execute("INSERT OR IGNORE INTO teams VALUES (?, ?, ?)", row)
            if not added.rowcount:
                raise IdTakenError(f"The team id {team_id} is taken")

    def find(self, after: Position | None, limit: int) -> Page[str]:
        return BY_NAME.page(self._database, after, limit, str)
