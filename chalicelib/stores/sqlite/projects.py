"""Projects, their contacts, and the links to the technologies they use."""

import json
from collections.abc import Iterable
from dataclasses import replace
from sqlite3 import Connection

from chalicelib.errors import IdTakenError, NameTakenError, UnknownTechnologyError
from chalicelib.models.page import Page, Position, Row, fill_page
from chalicelib.models.project import (
    Contact,
    Project,
    ProjectQuery,
    contact_document,
    contact_from,
    project_document,
    project_from,
)
from chalicelib.stores.port import Receipt
from chalicelib.stores.sqlite.database import Database, require_version
from chalicelib.stores.sqlite.keyset import Walk
from chalicelib.stores.sqlite.receipts import keep_receipt
from chalicelib.stores.sqlite.search import Search

SEARCH = Search("projects", "project_words")
BY_CONTACT = "project_contacts c CROSS JOIN projects p ON p.id = c.project_id"
BY_TECHNOLOGY = "project_technologies u CROSS JOIN projects p ON p.id = u.project_id"


class SqliteProjects:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, project_id: str) -> Project | None:
        with self._database.read() as connection:
            return _get(connection, project_id)

    def with_contacts(self, project_id: str) -> tuple[Project, tuple[Contact, ...]] | None:
        with self._database.read() as connection:
            project = _get(connection, project_id)
            rows = connection.execute(
                "SELECT document FROM project_contacts WHERE project_id = ? ORDER BY position",
                (project_id,),
            ).fetchall()
        contacts = tuple(contact_from(json.loads(document)) for (document,) in rows)
        return (project, contacts) if project else None

    def owner(self, name_key: str) -> str | None:
        with self._database.read() as connection:
            return _owner(connection, name_key)

    def add(
        self, project: Project, contacts: Iterable[Contact], receipt: Receipt | None = None
    ) -> None:
        with self._database.write() as connection:
            keep_receipt(connection, receipt, project.updated_at)
            _require_free_name(connection, project.name_key)
            added = connection.execute(
                "INSERT OR IGNORE INTO projects"
                " (id, name_key, programme_key, version, updated_at, updated_by, document)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (project.id, *_columns(project)),
            )
            if not added.rowcount:
                raise IdTakenError(f"The project id {project.id} is taken")
            _link(connection, project)
            _write_contacts(connection, project.id, contacts)

    def replace(
        self, project: Project, expected: int, contacts: Iterable[Contact] | None = None
    ) -> None:
        with self._database.write() as connection:
            require_version(connection, "projects", project.id, expected)
            _require_free_name(connection, project.name_key, own=project.id)
            connection.execute(
                "UPDATE projects SET name_key = ?, programme_key = ?, version = ?,"
                " updated_at = ?, updated_by = ?, document = ? WHERE id = ?",
                (*_columns(project), project.id),
            )
            _link(connection, project)
            if contacts is not None:
                _write_contacts(connection, project.id, contacts)

    def remove(self, project_id: str, expected: int) -> None:
        with self._database.write() as connection:
            require_version(connection, "projects", project_id, expected)
            SEARCH.forget(connection, project_id)
            connection.execute("DELETE FROM projects WHERE id = ?", (project_id,))

    def find(self, query: ProjectQuery, after: Position | None, limit: int) -> Page[Project]:
        with self._database.read() as connection:
            return _page(connection, walk_of(query), query, after, limit)

    def of_contact(self, key: str, after: Position | None, limit: int) -> Page[Project]:
        with self._database.read() as connection:
            return _page(connection, contact_walk(key), ProjectQuery(), after, limit)


def contact_walk(key: str) -> Walk:
    return Walk(BY_CONTACT, ("c.project_id",), "c.email_key = ?", (key,))


def walk_of(query: ProjectQuery) -> Walk:
    """The one index that drives this query; see ProjectQuery."""
    sort = query.sort or "name"
    column = {"name": "name_key", "updated_at": "updated_at"}[sort.lstrip("-")]
    descending = sort.startswith("-")
    order = (f"p.{column}", "p.id")
    if query.words:
        by_rank = SEARCH.walk(query.words)
        if query.sort is None:
            return by_rank
        return replace(by_rank, columns=order, descending=descending)
    if query.technology is not None:
        order = (f"u.{column}", "u.project_id")
        return Walk(BY_TECHNOLOGY, order, "u.technology_id = ?", (query.technology,), descending)
    if query.programme is not None:
        return Walk("projects p", order, "p.programme_key = ?", (query.programme,), descending)
    return Walk("projects p", order, descending=descending)


def _page(
    connection: Connection, walk: Walk, query: ProjectQuery, after: Position | None, limit: int
) -> Page[Project]:
    found = walk.rows(connection, after, "p.document", "p.updated_by")
    rows = (Row(place, _project(*fields), len(fields[0])) for place, fields in found)
    return fill_page(rows, query, limit)


def _columns(project: Project) -> tuple[str | int | None, ...]:
    return (
        project.name_key,
        project.programme_key,
        project.version,
        project.updated_at,
        project.updated_by,
        json.dumps(project_document(project)),
    )


def _project(document: str, updated_by: str | None) -> Project:
    return project_from(json.loads(document), updated_by)


def _get(connection: Connection, project_id: str) -> Project | None:
    row = connection.execute(
        "SELECT document, updated_by FROM projects WHERE id = ?", (project_id,)
    ).fetchone()
    return row and _project(*row)


def _owner(connection: Connection, name_key: str) -> str | None:
    row = connection.execute("SELECT id FROM projects WHERE name_key = ?", (name_key,)).fetchone()
    return row and str(row[0])


def _require_free_name(connection: Connection, name_key: str, own: str = "") -> None:
    """`own` is the id of the record that is written anew."""
    owner = _owner(connection, name_key)
    if owner and owner != own:
        raise NameTakenError(f"The project {owner} has this name")


def _link(connection: Connection, project: Project) -> None:
    """Writes the links to technologies and the words to search, in the place of what was there."""
    connection.execute("DELETE FROM project_technologies WHERE project_id = ?", (project.id,))
    for technology_id in project.technology_ids:
        known = connection.execute(
            "SELECT 1 FROM technologies WHERE id = ?", (technology_id,)
        ).fetchone()
        if not known:
            raise UnknownTechnologyError(f"There is no technology {technology_id}")
        connection.execute(
            "INSERT INTO project_technologies VALUES (?, ?, ?, ?)",
            (technology_id, project.id, project.name_key, project.updated_at),
        )
    SEARCH.remember(connection, project.id, project.words)


def _write_contacts(connection: Connection, project_id: str, contacts: Iterable[Contact]) -> None:
    connection.execute("DELETE FROM project_contacts WHERE project_id = ?", (project_id,))
    connection.executemany(
        "INSERT INTO project_contacts VALUES (?, ?, ?, ?)",
        (
            (project_id, position, contact.key, json.dumps(contact_document(contact)))
            for position, contact in enumerate(contacts)
        ),
    )
