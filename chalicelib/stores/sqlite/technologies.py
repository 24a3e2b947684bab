"""Technologies, their moves, and the one name space of their ids, names and aliases."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from sqlite3 import Connection

from chalicelib.errors import IdTakenError, InUseError, NameTakenError
from chalicelib.models.page import Page, Position
from chalicelib.models.technology import (
    SHOWN_MOVES,
    Move,
    Named,
    Technology,
    TechnologyQuery,
    move_document,
    move_from,
    technology_document,
    technology_from,
)
from chalicelib.models.text import as_json, name_key
from chalicelib.stores.port import Quota, Receipt
from chalicelib.stores.sqlite.database import Database, require_current
from chalicelib.stores.sqlite.keyset import Walk
from chalicelib.stores.sqlite.receipts import keep_receipt, use_quota
from chalicelib.stores.sqlite.schema import NAME_USES, NEW_MARK
from chalicelib.stores.sqlite.search import Search

SEARCH = Search("technologies", "technology_words")
SELECT = "SELECT document, project_count, updated_by, mark FROM technologies"
NAMED = "id, name, json_extract(document, '$.categories')"
BY_ID = f"SELECT id, {NAMED} FROM technologies WHERE id"
BY_KEY = (
    f"SELECT key, {NAMED} FROM technology_keys JOIN technologies ON id = technology_id WHERE key"
)
KEYS_IN_ONE_QUERY = 500


class SqliteTechnologies:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, technology_id: str) -> Technology | None:
        with self._database.read() as connection:
            return _get(connection, technology_id)

    def resolve(self, references: Iterable[str]) -> Mapping[str, Named]:
        wanted = {each: name_key(each) for each in references}
        with self._database.read() as connection:
            by_id = _found(connection, BY_ID, wanted)
            by_key = _found(connection, BY_KEY, wanted.values())
        named = {each: by_id.get(each) or by_key.get(key) for each, key in wanted.items()}
        return {each: found for each, found in named.items() if found}

    def add(
        self, technology: Technology, receipt: Receipt | None = None, quota: Quota | None = None
    ) -> None:
        with self._database.write() as connection:
            keep_receipt(connection, receipt, technology.updated_at)
            use_quota(connection, quota, technology.updated_at)
            _require_free_keys(connection, technology)
            connection.execute(
                "INSERT INTO technologies (id, name, name_key, version, document)"
                " VALUES (?, '', ?, 0, '')",
                (technology.id, technology.name_key),
            )
            _write(connection, technology, older=0)

    def replace(
        self, before: Technology, after: Technology, receipt: Receipt | None = None
    ) -> None:
        with self._database.write() as connection:
            keep_receipt(connection, receipt, after.updated_at)
            require_current(connection, before)
            _require_free_keys(connection, after, own=before.id)
            _write(connection, after, older=before.move_count - len(before.moves))
            if after.name != before.name:
                users = "SELECT project_id FROM project_technologies WHERE technology_id = ?"
                connection.execute(f"{NAME_USES} WHERE id IN ({users})", (after.id,))

    def remove(self, before: Technology) -> None:
        with self._database.write() as connection:
            require_current(connection, before)
            _remove(connection, before.id)

    def absorb(self, before: Technology, first: Technology, after: Technology) -> None:
        with self._database.write() as connection:
            require_current(connection, before)
            require_current(connection, first)
            _remove(connection, first.id)
            _require_free_keys(connection, after, own=before.id)
            _write(connection, after, older=before.move_count - len(before.moves))

    def find(self, query: TechnologyQuery, after: Position | None, limit: int) -> Page[str]:
        text_of = partial(_text, query)
        return walk_of(query).page(self._database, after, limit, text_of, "p.project_count")

    def moves(self, technology_id: str, after: Position | None, limit: int) -> Page[Move] | None:
        with self._database.read() as connection:
            technology = _get(connection, technology_id)
            older = connection.execute(
                "SELECT document FROM technology_moves WHERE technology_id = ? ORDER BY number",
                (technology_id,),
            ).fetchall()
        if technology is None:
            return None
        history = (*(move_from(json.loads(move)) for (move,) in older), *technology.moves)
        end = int(after[0]) if after else len(history)
        begin = max(end - limit, 0)
        return Page(history[begin:end][::-1], (begin,) if begin else None)

    def on_radar(self, *, all_rings: bool = False) -> Iterator[Technology]:
        with self._database.read() as connection:
            rows = connection.execute(f"{SELECT} ORDER BY name_key").fetchall()
        yield from (each for each in map(_technology, rows) if all_rings or each.is_on_radar)


def walk_of(query: TechnologyQuery) -> Walk:
    """The query's walk along one index; see TechnologyQuery."""
    if query.words:
        return SEARCH.walk(query.words)
    return Walk("technologies p", ("p.name_key",))


def _get(connection: Connection, technology_id: str) -> Technology | None:
    row = connection.execute(f"{SELECT} WHERE id = ?", (technology_id,)).fetchone()
    return row and _technology(row)


def _technology(row: tuple[str, int, str | None, str]) -> Technology:
    return technology_from(json.loads(row[0]), *row[1:])


@lru_cache(512)  # lists read the same rows repeatedly
def _text(query: TechnologyQuery, document: str, project_count: int) -> str | None:
    technology = technology_from(json.loads(document), project_count)
    return as_json(technology_document(technology)) if query.admits(technology) else None


def _found(connection: Connection, select: str, wanted: Iterable[str]) -> dict[str, Named]:
    """The technologies by key or id, as `select` defines."""
    wanted = list(wanted)
    found: dict[str, Named] = {}
    for start in range(0, len(wanted), KEYS_IN_ONE_QUERY):
        some = wanted[start : start + KEYS_IN_ONE_QUERY]
        rows = connection.execute(f"{select} IN ({', '.join('?' * len(some))})", some)
        for key, id_, name, categories in rows:
            found[key] = Named(id_, name, tuple(json.loads(categories or "[]")))
    return found


def _require_free_keys(connection: Connection, technology: Technology, own: str = "") -> None:
    """`own` is the id of the record that `technology` replaces."""
    wanted = technology.keys if own else technology.name_keys
    owners = _found(connection, BY_KEY, wanted)
    for key in wanted:
        is_taken = key in owners and owners[key].id != own
        owner = _get(connection, owners[key].id) if is_taken else None
        if owner:
            raise NameTakenError.by(f"technology {owner.id}", owner.keys.get(key, "id"))
    ids = [] if own else [technology.id]
    if _found(connection, BY_ID, ids) or _found(connection, BY_KEY, ids):
        raise IdTakenError(f"The technology id {technology.id} is taken")


def _remove(connection: Connection, technology_id: str) -> None:
    """Raises InUseError."""
    (used,) = connection.execute(
        "SELECT project_count FROM technologies WHERE id = ?", (technology_id,)
    ).fetchone()
    if used:
        raise InUseError(technology_id, used)
    SEARCH.forget(connection, technology_id)
    connection.execute("DELETE FROM technologies WHERE id = ?", (technology_id,))


def _write(connection: Connection, technology: Technology, older: int) -> None:
    """Writes the whole technology over its row. `older` is the number of moves that are not in it."""
    moves = technology.moves
    stored = replace(technology, moves=moves[-SHOWN_MOVES:], move_count=older + len(moves))
    connection.execute(
        "UPDATE technologies SET name = ?, name_key = ?, version = ?, updated_by = ?,"
        f" document = ?, mark = {NEW_MARK} WHERE id = ?",
        (
            technology.name,
            technology.name_key,
            technology.version,
            technology.updated_by,
            as_json(technology_document(stored, stored=True)),
            technology.id,
        ),
    )
    for number, move in enumerate(moves[:-SHOWN_MOVES], older):
        connection.execute(
            "INSERT INTO technology_moves VALUES (?, ?, ?)",
            (technology.id, number, as_json(move_document(move, stored=True))),
        )
    _write_keys(connection, technology)


def _write_keys(connection: Connection, technology: Technology) -> None:
    connection.execute("DELETE FROM technology_keys WHERE technology_id = ?", (technology.id,))
    connection.executemany(
        "INSERT INTO technology_keys VALUES (?, ?)",
        ((key, technology.id) for key in technology.keys),
    )
    SEARCH.remember(connection, technology.id, technology.words)
