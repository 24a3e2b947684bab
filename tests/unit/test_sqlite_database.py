"""SQLite beyond the contract: its file, its threads, its migrations, its marks."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from chalicelib.errors import QuotaExceededError, UnavailableError, VersionMismatchError
from chalicelib.models.page import EXAMINED_BYTES
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.stores.port import Quota
from chalicelib.stores.sqlite import SqliteStore
from chalicelib.stores.sqlite.database import Database
from chalicelib.stores.sqlite.schema import MIGRATIONS
from chalicelib.stores.sqlite.technologies import SqliteTechnologies
from tests.contract.samples import project, technology, there

SPAWN = get_context("spawn")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "landscape.db"


@pytest.fixture
def database(path: Path) -> Database:
    return Database(path)


@pytest.fixture
def store(path: Path) -> SqliteStore:
    return SqliteStore(path)


def rows(database: Database, statement: str = "SELECT * FROM meta") -> list[tuple[object, ...]]:
    return database.connection.execute(statement).fetchall()


def test_every_thread_has_a_connection_of_its_own_with_the_same_settings(
    database: Database,
) -> None:
    def settings() -> tuple[sqlite3.Connection, object]:
        assert database.connection is database.connection
        found = [rows(database, f"PRAGMA {name}") for name in ("journal_mode", "foreign_keys")]
        return database.connection, found

    own = settings()
    with ThreadPoolExecutor(1) as pool:
        connection, found = pool.submit(settings).result()
    assert settings() == own
    assert found == own[1] == [[("wal",)], [(1,)]]
    assert connection is not own[0]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")  # its thread has ended


def write_and_fail(database: Database) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('x', 'y')")
        raise KeyError


def test_an_error_rolls_a_write_back_and_the_next_succeeds(database: Database) -> None:
    with pytest.raises(KeyError):
        write_and_fail(database)
    with pytest.raises(UnavailableError), database.write() as connection:
        connection.execute("INSERT INTO nowhere VALUES (1)")
    assert rows(database) == []
    with database.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('x', 'y')")
    assert rows(database) == [("x", "y")]


def test_a_read_sees_one_moment(path: Path, database: Database) -> None:
    with database.read():
        before = rows(database)
        with Database(path).write() as writer:
            writer.execute("INSERT INTO meta VALUES ('x', 'y')")
        assert rows(database) == before
    assert rows(database) != before


NEXT = (*MIGRATIONS, ("CREATE TABLE newer (x)", "INSERT INTO newer SELECT id FROM technologies"))


def test_a_migration_is_applied_once_and_keeps_what_is_there(path: Path) -> None:
    SqliteStore(path).technologies.add(technology("python"))
    for _ in range(2):
        database = Database(path, NEXT)
        assert rows(database, "SELECT * FROM newer") == [("python",)]
        assert rows(database, "PRAGMA user_version") == [(len(NEXT),)]
    assert SqliteTechnologies(database).get("python") == technology("python")


def test_a_migration_that_fails_leaves_the_version_before(path: Path) -> None:
    with pytest.raises(UnavailableError):
        Database(path, (*MIGRATIONS, ("CREATE TABLE half (x)", "CREATE NONSENSE")))
    database = Database(path, ())
    assert rows(database, "SELECT name FROM sqlite_master") == []
    assert rows(database, "PRAGMA user_version") == [(0,)]


CANNOT = "The database {} cannot be opened ({}): check LANDSCAPE_STORE_URL"
NO_DATABASE = "This is no database, however long the text in it may be." * 100


@pytest.mark.parametrize(
    ("write", "name", "wanted"),
    [
        (
            lambda path: Database(path, NEXT),
            ".",
            f"The database has schema {len(NEXT)}, this code supports {len(MIGRATIONS)}: update the code",
        ),
        (
            lambda path: path.write_text(NO_DATABASE),
            ".",
            CANNOT.format("landscape.db", "DatabaseError"),
        ),
        (Path.mkdir, ".", CANNOT.format("landscape.db", "OperationalError")),
        (lambda path: path.write_text(""), "x.db", CANNOT.format("x.db", "FileExistsError")),
    ],
)
def test_what_cannot_be_opened_is_refused_without_its_path(
    path: Path, write: Callable[[Path], object], name: str, wanted: str
) -> None:
    write(path)
    with pytest.raises(UnavailableError) as refusal:
        Database(path / name)
    assert str(refusal.value) == wanted


def test_a_file_that_loses_its_tables_makes_the_check_fail(store: SqliteStore) -> None:
    store.database.connection.execute("DROP TABLE meta")
    with pytest.raises(UnavailableError, match=r"cannot be read \(OperationalError\)"):
        store.ping()


def test_the_directories_above_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    Database(tmp_path / "new/landscape.db")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def open_new(path: Path) -> bytes:
    return SqliteStore(path).cursor_key()


@pytest.mark.parametrize(
    "executor", [lambda: ProcessPoolExecutor(4, SPAWN), lambda: ThreadPoolExecutor(4)]
)
def test_many_may_open_a_new_file_at_once(tmp_path: Path, executor: Callable[[], Executor]) -> None:
    with executor() as pool:
        for n in range(40):
            keys = list(pool.map(open_new, [tmp_path / f"{n}.db"] * 4))
            assert len(set(keys)) == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda store, read: store.projects.replace(read, read),
        lambda store, read: store.projects.remove(read),
    ],
)
def test_the_same_project_added_anew_is_another_record(
    store: SqliteStore, write: Callable[[SqliteStore, Project], None]
) -> None:
    store.projects.add(project("sdx"))
    read = there(store.projects, "sdx")
    store.projects.remove(read)
    store.projects.add(project("sdx"))
    assert there(store.projects, "sdx") == read
    with pytest.raises(VersionMismatchError, match="The record now has version 1"):
        write(store, read)


def test_a_quota_that_has_expired_is_forgotten(store: SqliteStore) -> None:
    one = Quota("me", 1, "2026-01-02")
    store.technologies.add(technology("a", updated_at="2026-01-01"), quota=one)
    with pytest.raises(QuotaExceededError):
        store.technologies.add(technology("b", updated_at="2026-01-01"), quota=one)
    store.technologies.add(technology("b", updated_at="2026-01-02"), quota=one)


def test_a_page_ends_by_bytes_too(store: SqliteStore) -> None:
    for n in range(5):
        large = "ü" * (EXAMINED_BYTES // 8)
        store.projects.add(project(f"p{n}", name=f"A {n}", description=large))
    page = store.projects.find(ProjectQuery(), None, 50)
    assert (len(page.items), page.next) == (3, ("a 2", "p2"))


def test_no_write_is_cut_short(store: SqliteStore) -> None:
    assert store.finish("2026") == 0
