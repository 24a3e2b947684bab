"""Projects, their contacts, and the links to the technologies they use."""

import json
from dataclasses import replace
from functools import lru_cache, partial
from sqlite3 import Connection

from chalicelib.errors import IdTakenError, NameTakenError, UnknownTechnologyError
from chalicelib.models.page import Page, Position
from chalicelib.models.project import (
    Project,
    ProjectQuery,
    contact_document,
    project_document,
    project_from,
)
from chalicelib.models.text import as_json
from chalicelib.stores.port import Receipt
from chalicelib.stores.sqlite.database import Database, require_current
from chalicelib.stores.sqlite.keyset import Walk
from chalicelib.stores.sqlite.receipts import keep_receipt
from chalicelib.stores.sqlite.schema import NAME_USES, NEW_MARK
from chalicelib.stores.sqlite.search import Search

SEARCH = Search("projects", "project_words")
BY_CONTACT = "project_contacts c CROSS JOIN projects p ON p.id = c.project_id"
BY_TECHNOLOGY = "project_technologies u CROSS JOIN projects p ON p.id = u.project_id"


class SqliteProjects:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, project_id: str) -> Project | None:
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT document, updated_by, mark FROM projects WHERE id = ?", (project_id,)
            ).fetchone()
            contacts = connection.execute(
                "SELECT document FROM project_contacts WHERE project_id = ? ORDER BY position",
                (project_id,),
            ).fetchall()
        if row is None:
            return None
        document, updated_by, mark = row
        people = (json.loads(contact) for (contact,) in contacts)
        return project_from(json.loads(document), people, updated_by, mark)

    def owner(self, name_key: str) -> str | None:
        with self._database.read() as connection:
            return _owner(connection, name_key)

    def add(self, project: Project, receipt: Receipt | None = None) -> None:
        with self._database.write() as connection:
            keep_receipt(connection, receipt, project.updated_at)
            _require_free_name(connection, project.name_key)
            added = connection.execute(
                "INSERT OR IGNORE INTO projects"
                " (id, name_key, programme_key, version, updated_at, document)"
                " VALUES (?, ?, '', 0, '', '')",
                (project.id, project.name_key),
            )
            if not added.rowcount:
                raise IdTakenError(f"The project id {project.id} is taken")
            _write(connection, project)

    def replace(self, before: Project, after: Project) -> None:
        with self._database.write() as connection:
            require_current(connection, before)
            _require_free_name(connection, after.name_key, own=before.id)
            _write(connection, after)

    def remove(self, before: Project) -> None:
        with self._database.write() as connection:
            require_current(connection, before)
            SEARCH.forget(connection, before.id)
            connection.execute("DELETE FROM projects WHERE id = ?", (before.id,))

    def find(self, query: ProjectQuery, after: Position | None, limit: int) -> Page[str]:
        return walk_of(query).page(self._database, after, limit, partial(_text, query))

    def of_contact(self, key: str, after: Position | None, limit: int) -> Page[str]:
        everything = ProjectQuery()
        return contact_walk(key).page(self._database, after, limit, partial(_text, everything))


def contact_walk(key: str) -> Walk:
    return Walk(BY_CONTACT, ("c.project_id",), "c.email_key = ?", (key,))


def walk_of(query: ProjectQuery) -> Walk:
    """The query's walk along one index; see ProjectQuery."""
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


@lru_cache(512)  # lists read the same rows repeatedly
def _text(query: ProjectQuery, document: str) -> str | None:
    project = project_from(json.loads(document))
    return as_json(project_document(project)) if query.admits(project) else None


def _owner(connection: Connection, name_key: str) -> str | None:
    row = connection.execute("SELECT id FROM projects WHERE name_key = ?", (name_key,)).fetchone()
    return row and str(row[0])


def _require_free_name(connection: Connection, name_key: str, own: str = "") -> None:
    """`own` is the id of the record that is replaced."""
    owner = _owner(connection, name_key)
    if owner and owner != own:
        raise NameTakenError.by(f"project {owner}")


def _write(connection: Connection, project: Project) -> None:
    """Writes the whole project over its row. Raises UnknownTechnologyError."""
    connection.execute(
        "UPDATE projects SET name_key = ?, programme_key = ?, version = ?, updated_at = ?,"
        f" updated_by = ?, document = ?, mark = {NEW_MARK} WHERE id = ?",
        (
            project.name_key,
            project.programme_key,
            project.version,
            project.updated_at,
            project.updated_by,
            as_json(project_document(project, stored=True)),
            project.id,
        ),
    )
    SEARCH.remember(connection, project.id, project.words)
    _write_uses(connection, project)
    _write_contacts(connection, project)


def _write_uses(connection: Connection, project: Project) -> None:
    connection.execute("DELETE FROM project_technologies WHERE project_id = ?", (project.id,))
    for technology_id in project.technology_ids:
        linked = connection.execute(
            "INSERT INTO project_technologies SELECT id, ?, ?, ? FROM technologies WHERE id = ?",
            (project.id, project.name_key, project.updated_at, technology_id),
        )
        if not linked.rowcount:
            raise UnknownTechnologyError(f"The technology {technology_id} was not found")
    connection.execute(f"{NAME_USES} WHERE id = ?", (project.id,))


def _write_contacts(connection: Connection, project: Project) -> None:
    connection.execute("DELETE FROM project_contacts WHERE project_id = ?", (project.id,))
    for position, contact in enumerate(project.contacts):
        document = as_json(contact_document(contact, stored=True))
        connection.execute(
            "INSERT INTO project_contacts VALUES (?, ?, ?, ?)",
            (project.id, position, contact.key, document),
        )
