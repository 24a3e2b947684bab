"""Every list is one walk along one index; only a search sorts, and only what it found."""

from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from chalicelib.models.page import EXAMINED_AT_MOST, Position
from chalicelib.models.project import SORTS, Contact, Project, ProjectQuery, Use
from chalicelib.models.technology import SHOWN_MOVES, Move, Technology, TechnologyQuery
from chalicelib.stores.port import Quota, Receipt
from chalicelib.stores.sqlite import SqliteStore
from chalicelib.stores.sqlite import technologies as technology_lists
from chalicelib.stores.sqlite.keyset import Walk
from chalicelib.stores.sqlite.projects import contact_walk, walk_of
from tests.contract.samples import project_read, technology_read

BY_NAME = ("name", "-name", None)
BY_UPDATE = ("updated_at", "-updated_at")
PLACES: tuple[Position | None, ...] = (None, ("a", "b"))
JOINED = ["SEARCH p USING INDEX sqlite_autoindex_projects_1 (id=?)"]
SORTED = ["SEARCH p USING INTEGER PRIMARY KEY (rowid=?)", "USE TEMP B-TREE FOR ORDER BY"]

# Which index a list walks along, by what drives it: its table, the index, what it fixes, what is joined.
INDEXES: list[tuple[dict[str, Any], tuple[str | None, ...], str, str, str, list[str]]] = [
    ({}, BY_NAME, "p", "INDEX sqlite_autoindex_projects_2", "", []),
    ({}, BY_UPDATE, "p", "INDEX projects_by_update", "", []),
    (
        {"technology": "x"},
        BY_NAME,
        "u",
        "COVERING INDEX uses_by_name",
        "technology_id=?",
        JOINED,
    ),
    (
        {"technology": "x"},
        BY_UPDATE,
        "u",
        "COVERING INDEX uses_by_update",
        "technology_id=?",
        JOINED,
    ),
    ({"programme": "x"}, BY_NAME, "p", "INDEX projects_by_programme", "programme_key=?", []),
    (
        {"programme": "x"},
        BY_UPDATE,
        "p",
        "INDEX projects_by_programme_update",
        "programme_key=?",
        [],
    ),
]


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "landscape.db")


@pytest.fixture
def connection(store: SqliteStore) -> Connection:
    return store.database.connection


def explain(connection: Connection, statement: str, *parameters: str | float) -> list[str]:
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def plan(connection: Connection, walk: Walk, after: Position | None) -> list[str]:
    statement, parameters = walk.select(after, "p.document")
    return explain(connection, statement, *parameters)


@pytest.mark.parametrize(("driver", "sorts", "table", "index", "fixed", "joined"), INDEXES)
def test_a_list_begins_at_the_edge_of_its_index(
    connection: Connection,
    driver: dict[str, Any],
    sorts: tuple[str | None, ...],
    table: str,
    index: str,
    fixed: str,
    joined: list[str],
) -> None:
    walk = f"SEARCH {table} USING {index} ({fixed})" if fixed else f"SCAN {table} USING {index}"
    for sort in sorts:
        found = plan(connection, walk_of(ProjectQuery(sort=sort, **driver)), None)
        assert found == [walk, *joined]


@pytest.mark.parametrize(("driver", "sorts", "table", "index", "fixed", "joined"), INDEXES)
def test_a_list_goes_on_inside_its_index(
    connection: Connection,
    driver: dict[str, Any],
    sorts: tuple[str | None, ...],
    table: str,
    index: str,
    fixed: str,
    joined: list[str],
) -> None:
    for sort in sorts:
        walk, *rest = plan(connection, walk_of(ProjectQuery(sort=sort, **driver)), ("a", "b"))
        comparison = "<" if sort and sort.startswith("-") else ">"
        assert walk.startswith(f"SEARCH {table} USING {index} ({fixed}")
        assert comparison in walk.removeprefix(f"SEARCH {table} USING {index} ({fixed}")
        assert rest == joined


@pytest.mark.parametrize("after", PLACES)
@pytest.mark.parametrize("sort", [None, *SORTS])
def test_a_search_sorts_what_it_found(
    connection: Connection, sort: str | None, after: Position | None
) -> None:
    found = plan(connection, walk_of(ProjectQuery(words=("da", "sur"), sort=sort)), after)
    assert found == ["SCAN project_words VIRTUAL TABLE INDEX 0:M1", *SORTED]


@pytest.mark.parametrize("after", PLACES)
def test_a_search_of_technologies_sorts_what_it_found(
    connection: Connection, after: Position | None
) -> None:
    walk = technology_lists.walk_of(TechnologyQuery(words=("da", "sur")))
    found = plan(connection, walk, after)
    assert found == ["SCAN technology_words VIRTUAL TABLE INDEX 0:M1", *SORTED]


@pytest.mark.parametrize(
    ("after", "walk"),
    [
        (None, "SCAN p USING INDEX sqlite_autoindex_technologies_2"),
        (("a",), "SEARCH p USING INDEX sqlite_autoindex_technologies_2 (name_key>?)"),
    ],
)
def test_technologies_are_walked_by_name(
    connection: Connection, after: Position | None, walk: str
) -> None:
    assert plan(connection, technology_lists.walk_of(TechnologyQuery()), after) == [walk]


@pytest.mark.parametrize(
    ("after", "fixed"), [(None, "email_key=?"), (("a",), "email_key=? AND project_id>?")]
)
def test_a_contacts_projects_are_walked_by_id(
    connection: Connection, after: Position | None, fixed: str
) -> None:
    assert plan(connection, contact_walk("me@example.org"), after) == [
        f"SEARCH c USING COVERING INDEX contacts_by_email ({fixed})",
        *JOINED,
    ]


@pytest.mark.parametrize(
    "index",
    [
        "projects_by_update",
        "projects_by_programme",
        "projects_by_programme_update",
        "uses_by_name",
        "uses_by_update",
    ],
)
def test_without_its_index_a_list_would_have_to_sort(connection: Connection, index: str) -> None:
    """So the tests above notice an index that is missing."""
    connection.execute(f"DROP INDEX {index}")
    plans = [
        step
        for driver, sorts, *_ in INDEXES
        for sort in sorts
        for step in plan(connection, walk_of(ProjectQuery(sort=sort, **driver)), None)
    ]
    assert any("USE TEMP B-TREE" in step for step in plans)


def test_a_list_reads_one_row_more_than_a_page_may_examine() -> None:
    statement, _ = walk_of(ProjectQuery()).select(None)
    assert statement.endswith(f" LIMIT {EXAMINED_AT_MOST + 1}")


MOVES = (Move("review", "t"),) * (SHOWN_MOVES + 1)
PYTHON = Technology("Python", "languages", MOVES, id="python", version=1)
USES = (Use("python", "languages"),)
PROJECT = Project(
    "SDX", technologies=USES, id="sdx", version=1, contacts=(Contact("me@example.org"),)
)
RECEIPT = Receipt("key", "fingerprint", "answer", "2026")


def use_everything(store: SqliteStore) -> None:
    """Every read of one record, and every write, that the port knows."""
    store.technologies.add(PYTHON, RECEIPT, Quota("me", 1, "2027"))
    store.projects.add(PROJECT, replace(RECEIPT, key="other"))
    store.technologies.resolve(["python"])
    store.technologies.moves("python", None, 50)
    store.receipts.get("key", "2025")
    store.cursor_key()
    python = technology_read(store, "python", 1)
    store.technologies.replace(python, replace(python, name="Snake", version=2))
    sdx = project_read(store, "sdx", 1)
    store.projects.replace(sdx, replace(sdx, version=2, contacts=(Contact("you@example.org"),)))
    store.projects.remove(project_read(store, "sdx", 2))
    store.technologies.remove(technology_read(store, "python", 2))


def test_no_read_of_one_record_and_no_write_scans_a_table(store: SqliteStore) -> None:
    connection = store.database.connection
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    use_everything(store)
    connection.set_trace_callback(None)
    asked = [
        each for each in statements if each.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
    ]
    scans = [step for each in asked for step in explain(connection, each) if "SCAN" in step]
    # FTS5 keeps its settings in a table of one row.
    allowed = ("VIRTUAL TABLE INDEX", "_words_config")
    assert len(asked) > 30
    assert [step for step in scans if not any(each in step for each in allowed)] == []
