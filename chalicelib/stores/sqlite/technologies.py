"""Technologies, and the one name space of their ids, names and aliases."""

import json
from collections.abc import Iterable, Iterator, Mapping
from sqlite3 import Connection

from chalicelib.errors import IdTakenError, InUseError, NameTakenError
from chalicelib.models.page import Page, Position, Row, fill_page
from chalicelib.models.technology import (
    Technology,
    TechnologyQuery,
    technology_document,
    technology_from,
)
from chalicelib.stores.port import Receipt
from chalicelib.stores.sqlite.database import Database, require_version
from chalicelib.stores.sqlite.keyset import Walk
from chalicelib.stores.sqlite.receipts import keep_receipt
from chalicelib.stores.sqlite.search import Search

SEARCH = Search("technologies", "technology_words")
FIELDS = ("document", "project_count", "updated_by")
KEYS_IN_ONE_QUERY = 500


class SqliteTechnologies:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, technology_id: str) -> Technology | None:
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {', '.join(FIELDS)} FROM technologies WHERE id = ?", (technology_id,)
            ).fetchone()
        return row and _technology(*row)

    def resolve(self, keys: Iterable[str]) -> Mapping[str, str]:
        with self._database.read() as connection:
            return dict(
                _in(connection, "SELECT key, technology_id FROM technology_keys WHERE key", keys)
            )

    def names(self, technology_ids: Iterable[str]) -> Mapping[str, str]:
        with self._database.read() as connection:
            return dict(
                _in(connection, "SELECT id, name FROM technologies WHERE id", technology_ids)
            )

    def add(self, technology: Technology, receipt: Receipt | None = None) -> None:
        with self._database.write() as connection:
            keep_receipt(connection, receipt, technology.updated_at)
            _require_free_keys(connection, technology)
            connection.execute(
                "INSERT INTO technologies"
                " (id, name, name_key, version, updated_by, document) VALUES (?, ?, ?, ?, ?, ?)",
                (technology.id, *_columns(technology)),
            )
            _write_keys(connection, technology)

    def replace(
        self, technology: Technology, expected: int, receipt: Receipt | None = None
    ) -> None:
        with self._database.write() as connection:
            keep_receipt(connection, receipt, technology.updated_at)
            require_version(connection, "technologies", technology.id, expected)
            _require_free_keys(connection, technology, own=technology.id)
            connection.execute(
                "UPDATE technologies SET name = ?, name_key = ?, version = ?, updated_by = ?,"
                " document = ? WHERE id = ?",
                (*_columns(technology), technology.id),
            )
            _write_keys(connection, technology)

    def remove(self, technology_id: str, expected: int) -> None:
        with self._database.write() as connection:
            require_version(connection, "technologies", technology_id, expected)
            (used,) = connection.execute(
                "SELECT project_count FROM technologies WHERE id = ?", (technology_id,)
            ).fetchone()
            if used:
                raise InUseError(f"{used} projects use {technology_id}")
            SEARCH.forget(connection, technology_id)
            connection.execute("DELETE FROM technologies WHERE id = ?", (technology_id,))

    def find(self, query: TechnologyQuery, after: Position | None, limit: int) -> Page[Technology]:
        with self._database.read() as connection:
            found = walk_of(query).rows(connection, after, *(f"p.{field}" for field in FIELDS))
            rows = (Row(place, _technology(*fields), len(fields[0])) for place, fields in found)
            return fill_page(rows, query, limit)


def walk_of(query: TechnologyQuery) -> Walk:
    """The one index that drives this query; see TechnologyQuery."""
    if query.words:
        return SEARCH.walk(query.words)
    return Walk("technologies p", ("p.name_key",))


def _columns(technology: Technology) -> tuple[str | int | None, ...]:
    return (
        technology.name,
        technology.name_key,
        technology.version,
        technology.updated_by,
        json.dumps(technology_document(technology)),
    )


def _technology(document: str, project_count: int, updated_by: str | None) -> Technology:
    return technology_from(json.loads(document), project_count, updated_by)


def _in(connection: Connection, select: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    wanted = list(values)
    for start in range(0, len(wanted), KEYS_IN_ONE_QUERY):
        some = wanted[start : start + KEYS_IN_ONE_QUERY]
        yield from connection.execute(f"{select} IN ({', '.join('?' * len(some))})", some)


def _require_free_keys(connection: Connection, technology: Technology, own: str = "") -> None:
    """`own` is the id of the record that `technology` takes the place of."""
    select = "SELECT key, technology_id FROM technology_keys WHERE key"
    owners = dict(_in(connection, select, technology.keys))
    taken = {key: owner for key, owner in owners.items() if owner != own}
    for key in technology.name_keys:
        if key in taken:
            raise NameTakenError(f"The technology {taken[key]} goes by this name or alias")
    if taken:
        raise IdTakenError(f"The technology id {technology.id} is taken")


def _write_keys(connection: Connection, technology: Technology) -> None:
    connection.execute("DELETE FROM technology_keys WHERE technology_id = ?", (technology.id,))
    connection.executemany(
        "INSERT INTO technology_keys VALUES (?, ?)",
        ((key, technology.id) for key in technology.keys),
    )
    SEARCH.remember(connection, technology.id, technology.words)
