"""The SQLite file: its settings in every thread, its migrations, and what it says when it cannot."""

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import pytest

from chalicelib.errors import UnavailableError, VersionMismatchError
from chalicelib.models.page import Page
from chalicelib.models.project import Contact, Project, ProjectQuery, Use, project_document
from chalicelib.models.technology import SHOWN_MOVES, Move, move_document
from chalicelib.models.text import as_json
from chalicelib.stores.sqlite import SqliteStore
from chalicelib.stores.sqlite.database import Database
from chalicelib.stores.sqlite.schema import MIGRATIONS

SPAWN = get_context("spawn")
MOVES = tuple(Move("adopt", f"{n:03}") for n in range(120))
USES = (Use("python", "languages", True), Use("python", "cicd"))
CONTACTS = (Contact("A@example.org", ("editor",)),)
PROJECT = Project("Survey Data", technologies=USES, id="survey-data", version=1, contacts=CONTACTS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "landscape.db"


@pytest.fixture
def database(path: Path) -> Database:
    return Database(path)


def schema(database: Database) -> list[tuple[str, str]]:
    return database.connection.execute(
        "SELECT name, sql FROM sqlite_master ORDER BY name"
    ).fetchall()


def pragma(database: Database, name: str) -> object:
    (found,) = database.connection.execute(f"PRAGMA {name}").fetchone()
    return found


def in_a_thread(work: Callable[[], object]) -> object:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@pytest.mark.parametrize(("name", "value"), [("journal_mode", "wal"), ("foreign_keys", 1)])
def test_every_thread_has_the_same_settings(database: Database, name: str, value: object) -> None:
    found = [pragma(database, name), in_a_thread(lambda: pragma(database, name))]
    assert found == [value, value]


def test_a_thread_keeps_its_connection(database: Database) -> None:
    assert database.connection is database.connection


def test_each_thread_has_a_connection_of_its_own(database: Database) -> None:
    assert in_a_thread(lambda: database.connection is None) is False
    other = in_a_thread(lambda: id(database.connection))
    assert other != id(database.connection)


def test_a_connection_is_closed_when_its_thread_ends(database: Database) -> None:
    left: list[sqlite3.Connection] = []
    thread = Thread(target=lambda: left.append(database.connection))
    thread.start()
    thread.join()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        left[0].execute("SELECT 1")


def test_the_end_of_a_thread_leaves_other_connections_open(database: Database) -> None:
    in_a_thread(lambda: database.connection.execute("SELECT 1"))
    assert pragma(database, "foreign_keys") == 1


def write_and_fail(database: Database) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('x', 'y')")
        raise KeyError


def test_an_error_rolls_a_write_back(database: Database) -> None:
    with pytest.raises(KeyError):
        write_and_fail(database)
    assert database.connection.execute("SELECT * FROM meta").fetchall() == []


def test_a_write_after_a_failed_one_succeeds(database: Database) -> None:
    with pytest.raises(UnavailableError), database.write() as connection:
        connection.execute("INSERT INTO nowhere VALUES (1)")
    with database.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('x', 'y')")
    assert database.connection.execute("SELECT * FROM meta").fetchall() == [("x", "y")]


def test_a_read_sees_one_moment(path: Path, database: Database) -> None:
    other = Database(path)
    with database.read() as connection:
        before = connection.execute("SELECT count(*) FROM meta").fetchone()
        with other.write() as writer:
            writer.execute("INSERT INTO meta VALUES ('x', 'y')")
        assert connection.execute("SELECT count(*) FROM meta").fetchone() == before


EARLIER = range(len(MIGRATIONS))


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_schema_becomes_the_newest(path: Path, tmp_path: Path, version: int) -> None:
    Database(path, MIGRATIONS[:version])
    migrated, new = Database(path), Database(tmp_path / "new.db")
    assert (schema(migrated), pragma(migrated, "user_version")) == (
        schema(new),
        pragma(new, "user_version"),
    )


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


@pytest.fixture(params=EARLIER[1:])
def migrated(path: Path, request: pytest.FixtureRequest) -> SqliteStore:
    """A store that an earlier release has filled."""
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


def test_opening_again_changes_nothing(path: Path, database: Database) -> None:
    before = schema(database)
    assert schema(Database(path)) == before


def test_a_migration_that_fails_leaves_the_version_before(path: Path) -> None:
    with pytest.raises(UnavailableError):
        Database(path, (*MIGRATIONS, ("CREATE TABLE half (x)", "CREATE NONSENSE")))
    database = Database(path, ())
    assert (schema(database), pragma(database, "user_version")) == ([], 0)


def test_a_newer_schema_is_refused_and_says_what_to_do(path: Path) -> None:
    Database(path, (*MIGRATIONS, ("CREATE TABLE newer (x)",)))
    with pytest.raises(UnavailableError) as refusal:
        Database(path)
    newer = len(MIGRATIONS) + 1
    assert str(refusal.value) == (
        f"The database has schema {newer}, this code knows {newer - 1}: update the code"
    )


def refusal_of(path: Path) -> str:
    with pytest.raises(UnavailableError) as refusal:
        Database(path)
    return str(refusal.value)


def test_a_file_that_is_no_database_is_refused_without_its_path(path: Path) -> None:
    path.write_text("This is no database, however long the text in it may be." * 100)
    assert refusal_of(path) == "The database landscape.db cannot be opened: DatabaseError"


def test_a_directory_is_refused(path: Path) -> None:
    path.mkdir()
    assert refusal_of(path) == "The database landscape.db cannot be opened: OperationalError"


def test_a_file_where_a_directory_should_be_is_refused(path: Path) -> None:
    path.write_text("")
    assert refusal_of(path / "x.db") == "The database x.db cannot be opened: FileExistsError"


def test_a_file_that_loses_its_tables_makes_the_check_fail(path: Path) -> None:
    store = SqliteStore(path)
    store.database.connection.execute("DROP TABLE meta")
    with pytest.raises(UnavailableError, match="cannot be read: OperationalError"):
        store.check()


def test_the_directories_above_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    Database(tmp_path / "new/landscape.db")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def open_new(path: Path) -> bytes:
    return SqliteStore(path).cursor_key()


def test_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, SPAWN) as pool:
        for n in range(40):
            keys = list(pool.map(open_new, [tmp_path / f"{n}.db"] * 4))
            assert len(set(keys)) == 1


def test_threads_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for n in range(40):
            keys = list(pool.map(open_new, [tmp_path / f"{n}.db"] * 4))
            assert len(set(keys)) == 1
