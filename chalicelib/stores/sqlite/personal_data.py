"""Finds e-mail addresses in the file, and deletes those that a write of their record would keep.

SQLite's `lower` changes only A to Z, as models.caller.email_key does.
"""

import json
from collections import Counter
from collections.abc import Iterable
from sqlite3 import Connection

from chalicelib.models.caller import is_written_in
from chalicelib.stores.port import Traces
from chalicelib.stores.sqlite.database import Database

AUTHOR = "lower(json_extract(document, '$.author')) = ?"
DOCUMENTS = (
    "SELECT 'project ' || id, document FROM projects",
    "SELECT 'technology ' || id, document FROM technologies",
    "SELECT 'technology ' || technology_id, document FROM technology_moves",
)
RECEIPTS = "SELECT key, answer FROM receipts"


class SqlitePersonalData:
    """See stores.port.PersonalData."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def traces(self, key: str) -> Traces:
        with self._database.read() as connection:
            shown = (
                "SELECT technologies.id FROM technologies, json_each(document, '$.moves') move"
                " WHERE lower(json_extract(move.value, '$.author')) = ?"
            )
            older = f"SELECT technology_id FROM technology_moves WHERE {AUTHOR}"
            contacts = "SELECT project_id FROM project_contacts WHERE email_key = ?"
            return Traces(
                contacts=frozenset(_ids(connection, contacts, key)),
                projects=frozenset(_written(connection, "projects", key)),
                technologies=frozenset(_written(connection, "technologies", key)),
                moves=Counter((*_ids(connection, shown, key), *_ids(connection, older, key))),
                receipts=_mentioning(connection, key, RECEIPTS),
                texts=_mentioning(connection, key, *DOCUMENTS),
            )

    def forget_older(self, technology_id: str, key: str) -> None:
        with self._database.write() as connection:
            connection.execute(
                "UPDATE technology_moves SET document = json_set(document, '$.author', NULL)"
                f" WHERE technology_id = ? AND {AUTHOR}",
                (technology_id, key),
            )

    def remove_receipts(self, keys: Iterable[str]) -> None:
        with self._database.write() as connection:
            remove = "DELETE FROM receipts WHERE key = ?"
            connection.executemany(remove, ((key,) for key in keys))

    def finish(self, unfinished: Iterable[str]) -> None:
        """SQLite rolls back by itself."""


def _ids(connection: Connection, select: str, key: str) -> list[str]:
    return [found for (found,) in connection.execute(select, (key,))]


def _written(connection: Connection, table: str, key: str) -> list[str]:
    return _ids(connection, f"SELECT id FROM {table} WHERE lower(updated_by) = ?", key)


def _mentioning(connection: Connection, key: str, *selects: str) -> frozenset[str]:
    """The names of the rows with the address in a text."""
    rows = (row for select in selects for row in connection.execute(select))
    return frozenset(name for name, text in rows if is_written_in(json.loads(text), key))
