"""A SQLite file of an earlier release: its records are kept, and can be written."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.errors import VersionMismatchError
from chalicelib.models.page import Page
from chalicelib.models.project import Contact, Project, ProjectQuery, Use, project_document
from chalicelib.models.technology import (
    SHOWN_MOVES,
    Move,
    Technology,
    move_document,
    technology_document,
)
from chalicelib.models.text import as_json
from chalicelib.stores.sqlite import SqliteStore
from chalicelib.stores.sqlite.database import Database
from chalicelib.stores.sqlite.schema import MIGRATIONS

MOVES = tuple(Move("adopt", f"{n:03}") for n in range(120))
USES = (Use("python", "languages", True), Use("python", "cicd"))
CONTACTS = (Contact("A@example.org", ("editor",)),)
PROJECT = Project("Survey Data", technologies=USES, id="survey-data", version=1, contacts=CONTACTS)
EARLIER = range(len(MIGRATIONS))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "landscape.db"


def schema(database: Database) -> list[tuple[object, ...]]:
    """The schema with its version."""
    run = database.connection.execute
    found = run("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    return [*found, run("PRAGMA user_version").fetchone()]


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_schema_becomes_the_newest(path: Path, tmp_path: Path, version: int) -> None:
    Database(path, MIGRATIONS[:version])
    assert schema(Database(path)) == schema(Database(tmp_path / "new.db"))


# PROJECT and the technology that it uses, as the first releases wrote them.
FIRST_ROWS = (
    f"""INSERT INTO technologies (id, name, name_key, version, document)
        VALUES ('python', 'Python', 'python', 1, '{{
            "id": "python", "name": "Python", "quadrant": "languages", "ring": "adopt",
            "aliases": [], "tags": [], "description": "", "link": "", "project_count": 0,
            "moves": {json.dumps([move_document(move) for move in MOVES])},
            "version": 1, "created_at": "", "updated_at": ""}}')""",
    """INSERT INTO projects (id, name_key, programme_key, version, updated_at, document)
        VALUES ('survey-data', 'survey data', '', 1, '', '{
            "id": "survey-data", "name": "Survey Data", "short_name": "", "programme": "",
            "description": "", "stage": null, "development": null,
            "hosting": {"types": [], "details": []}, "environments": [], "documentation": [],
            "repositories": [], "technologies": [
                {"technology": "python", "category": "languages", "main": true},
                {"technology": "python", "category": "cicd", "main": false}],
            "version": 1, "created_at": "", "updated_at": ""}')""",
    """INSERT INTO project_technologies VALUES ('python', 'survey-data', 'survey data', '')""",
    """INSERT INTO project_contacts VALUES ('survey-data', 0, 'a@example.org', '{
        "email": "A@example.org", "roles": ["editor"], "grade": ""}')""",
)


@pytest.fixture(params=EARLIER[1:3])
def migrated(path: Path, request: pytest.FixtureRequest) -> SqliteStore:
    """A store with records of an earlier release."""
    with Database(path, MIGRATIONS[: request.param]).write() as connection:
        for statement in FIRST_ROWS:
            connection.execute(statement)
    return SqliteStore(path)


def test_the_projects_of_an_earlier_schema_are_kept(migrated: SqliteStore) -> None:
    found = migrated.projects.get("survey-data")
    assert found == PROJECT
    assert [use.name for use in found.technologies] == ["Python", "Python"]
    listed = as_json(project_document(found))
    assert migrated.projects.find(ProjectQuery(), None, 50).items == (listed,)
    assert migrated.projects.of_contact("a@example.org", None, 50).items == (listed,)


def test_the_technologies_of_an_earlier_schema_are_kept(migrated: SqliteStore) -> None:
    found = migrated.technologies.get("python")
    assert found is not None
    assert (found.project_count, found.move_count, found.moves) == (1, 120, MOVES[-SHOWN_MOVES:])
    newest = migrated.technologies.moves("python", None, 100)
    oldest = migrated.technologies.moves("python", (20,), 100)
    assert newest == Page(MOVES[:19:-1], (20,))
    assert oldest == Page(MOVES[19::-1])


def test_the_records_of_an_earlier_schema_can_be_written(migrated: SqliteStore) -> None:
    project, technology = migrated.projects.get("survey-data"), migrated.technologies.get("python")
    assert project is not None
    assert technology is not None
    with pytest.raises(VersionMismatchError):
        migrated.projects.replace(replace(project, mark=""), project)
    migrated.technologies.replace(technology, replace(technology, name="Snake", version=2))
    migrated.projects.replace(project, replace(project, description="New", version=2))
    found = migrated.projects.get("survey-data")
    assert found == replace(project, description="New", version=2)
    assert [use.name for use in found.technologies] == ["Snake", "Snake"]


@pytest.mark.parametrize(
    ("name", "technology_id", "aliases"),
    [
        *(
            ("F*", "f", ()),
            (".NET", "net", ()),
            ("Épée", "epee", ("Sword",)),
            ("Go!", "go", ("GO",)),
        ),
        *(
            ("C#", "c-sharp", ()),
            ("C++ / C#", "c-plus-plus-c-sharp", ()),
            ("Python", "python-2", ()),
        ),
        *(
            ("Node. - _js", "node-js", ()),
            ("a<>b", "a-b", ()),
            ("Zig", "zig", ()),
            ("C#-", "c-sharp", ()),
        ),
    ],
)
def test_of_an_earlier_schema_an_id_stays_a_key_where_it_is_faithful(
    path: Path, name: str, technology_id: str, aliases: tuple[str, ...]
) -> None:
    """Earlier releases stored every id among the names."""
    found = Technology(name, "languages", (Move("hold", ""),), aliases, id=technology_id)
    with Database(path, MIGRATIONS[:3]).write() as connection:
        connection.execute(
            "INSERT INTO technologies (id, name, name_key, version, document) VALUES (?, ?, ?, 1, ?)",
            (found.id, found.name, found.name_key, as_json(technology_document(found))),
        )
        for key in {found.id, *found.keys}:
            connection.execute("INSERT INTO technology_keys VALUES (?, ?)", (key, found.id))
    store = SqliteStore(path)
    rows = store.database.connection.execute("SELECT key FROM technology_keys")
    assert {key for (key,) in rows} == found.keys.keys()
