"""The register in one SQLite file: for a developer's machine, and for tests. See stores.port.Store.

Raises errors.UnavailableError if the file cannot be opened.
"""

import secrets
from pathlib import Path

from chalicelib.stores.port import PersonalData
from chalicelib.stores.sqlite.database import Database
from chalicelib.stores.sqlite.directorates import SqliteDirectorates
from chalicelib.stores.sqlite.projects import SqliteProjects
from chalicelib.stores.sqlite.receipts import SqliteReceipts
from chalicelib.stores.sqlite.technologies import SqliteTechnologies


class SqliteStore:
    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.projects = SqliteProjects(self.database)
        self.technologies = SqliteTechnologies(self.database)
        self.directorates = SqliteDirectorates(self.database)
        self.receipts = SqliteReceipts(self.database)

    def cursor_key(self) -> bytes:
        wanted = "SELECT value FROM meta WHERE key = 'cursor_key'"
        with self.database.read() as connection:
            found = connection.execute(wanted).fetchone()
        if not found:
            with self.database.write() as connection:
                connection.execute(
                    "INSERT OR IGNORE INTO meta VALUES ('cursor_key', ?)",
                    (secrets.token_bytes(32),),
                )
                found = connection.execute(wanted).fetchone()
        return bytes(found[0])

    def firewall_values(self) -> tuple[str, ...]:
        return ()

    def ping(self) -> None:
        with self.database.read() as connection:
            connection.execute("SELECT 1 FROM meta LIMIT 1").fetchone()

    def personal_data(self) -> PersonalData:
        from chalicelib.stores.sqlite.personal_data import SqlitePersonalData  # for commands

        return SqlitePersonalData(self.database)

    def finish(self, now: str) -> int:  # noqa: ARG002 - SQLite rolls back by itself
        return 0
