"""The directorates, which are one record in the table `meta`."""

import json
from sqlite3 import Connection

from chalicelib.errors import VersionMismatchError
from chalicelib.models.directorate import Directorates, directorates_document, directorates_from
from chalicelib.models.text import as_json
from chalicelib.stores.sqlite.database import Database


class SqliteDirectorates:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self) -> Directorates:
        with self._database.read() as connection:
            return _get(connection)

    def replace(self, before: Directorates, after: Directorates) -> None:
        with self._database.write() as connection:
            if (version := _get(connection).version) != before.version:
                raise VersionMismatchError(f"The record now has version {version}: read it again")
            text = as_json(directorates_document(after, stored=True))
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('directorates', ?)", (text,))


def _get(connection: Connection) -> Directorates:
    row = connection.execute("SELECT value FROM meta WHERE key = 'directorates'").fetchone()
    return directorates_from(json.loads(row[0])) if row else Directorates()
