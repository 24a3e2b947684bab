"""Every list is one walk along one index. Only a search sorts, and only its results."""

from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from chalicelib.models.page import EXAMINED_AT_MOST, Position
from chalicelib.models.project import SORTS, ProjectQuery
from chalicelib.models.technology import SHOWN_MOVES, Move, TechnologyQuery
from chalicelib.stores.port import Quota
from chalicelib.stores.sqlite import SqliteStore
from chalicelib.stores.sqlite import technologies as technology_lists
from chalicelib.stores.sqlite.keyset import Walk
from chalicelib.stores.sqlite.projects import contact_walk, walk_of
from tests.contract.samples import (
    change,
    people,
    project,
    receipt,
    remove,
    technology,
    uses,
)

BY_NAME = ("name", "-name", None)
BY_UPDATE = ("updated_at", "-updated_at")
JOINED = ["SEARCH p USING INDEX sqlite_autoindex_projects_1 (id=?)"]
SORTED = ["SEARCH p USING INTEGER PRIMARY KEY (rowid=?)", "USE TEMP B-TREE FOR ORDER BY"]
USES, PROGRAMME = {"technology": "x"}, {"programme": "x"}
ID, KEY = "technology_id=?", "programme_key=?"
# By driver, the index of a list: its table, the index, the fixed columns, the joined table.
INDEXES: list[tuple[dict[str, Any], tuple[str | None, ...], str, str, list[str]]] = [
    ({}, BY_NAME, "p USING INDEX sqlite_autoindex_projects_2", "", []),
    ({}, BY_UPDATE, "p USING INDEX projects_by_update", "", []),
    (USES, BY_NAME, "u USING COVERING INDEX uses_by_name", ID, JOINED),
    (USES, BY_UPDATE, "u USING COVERING INDEX uses_by_update", ID, JOINED),
    (PROGRAMME, BY_NAME, "p USING INDEX projects_by_programme", KEY, []),
    (PROGRAMME, BY_UPDATE, "p USING INDEX projects_by_programme_update", KEY, []),
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


@pytest.mark.parametrize(("driver", "sorts", "index", "fixed", "joined"), INDEXES)
def test_a_list_begins_at_the_edge_of_its_index_and_goes_on_inside(
    connection: Connection,
    driver: dict[str, Any],
    sorts: tuple[str | None, ...],
    index: str,
    fixed: str,
    joined: list[str],
) -> None:
    first = f"SEARCH {index} ({fixed})" if fixed else f"SCAN {index}"
    for sort in sorts:
        walk = walk_of(ProjectQuery(sort=sort, **driver))
        assert plan(connection, walk, None) == [first, *joined]
        later, *rest = plan(connection, walk, ("a", "b"))
        inside = f"SEARCH {index} ({fixed}"
        assert later.startswith(inside)
        assert ("<" if sort and sort.startswith("-") else ">") in later.removeprefix(inside)
        assert rest == joined


@pytest.mark.parametrize("after", [None, ("a", "b")])
def test_a_search_sorts_what_it_found(connection: Connection, after: Position | None) -> None:
    words = ("da", "sur")
    for sort in (None, *SORTS):
        found = plan(connection, walk_of(ProjectQuery(words=words, sort=sort)), after)
        assert found == ["SCAN project_words VIRTUAL TABLE INDEX 0:M1", *SORTED]
    found = plan(connection, technology_lists.walk_of(TechnologyQuery(words=words)), after)
    assert found == ["SCAN technology_words VIRTUAL TABLE INDEX 0:M1", *SORTED]


NAMES = "p USING INDEX sqlite_autoindex_technologies_2"
CONTACTS = "SEARCH c USING COVERING INDEX contacts_by_email"


@pytest.mark.parametrize(
    ("walk", "after", "wanted"),
    [
        (technology_lists.walk_of(TechnologyQuery()), None, [f"SCAN {NAMES}"]),
        (technology_lists.walk_of(TechnologyQuery()), ("a",), [f"SEARCH {NAMES} (name_key>?)"]),
        (contact_walk("me@example.org"), None, [f"{CONTACTS} (email_key=?)", *JOINED]),
        (
            contact_walk("me@example.org"),
            ("a",),
            [f"{CONTACTS} (email_key=? AND project_id>?)", *JOINED],
        ),
    ],
)
def test_technologies_are_walked_by_name_and_a_contacts_projects_by_id(
    connection: Connection, walk: Walk, after: Position | None, wanted: list[str]
) -> None:
    assert plan(connection, walk, after) == wanted


@pytest.mark.parametrize("index", [index.split()[-1] for _, _, index, *_ in INDEXES[1:]])
def test_without_its_index_a_list_would_have_to_sort(connection: Connection, index: str) -> None:
    """This proves that the tests above notice a missing index."""
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


def use_everything(store: SqliteStore) -> None:
    """Every read of one record, and every write, of the port."""
    moves = (Move("review", "t"),) * (SHOWN_MOVES + 1)
    sdx = project("sdx", technologies=uses("python"), contacts=people("me@example.org"))
    store.technologies.add(technology("python", moves=moves), receipt(), Quota("me", 1, "2027"))
    store.projects.add(sdx, receipt("other"))
    store.technologies.resolve(["python"])
    store.technologies.moves("python", None, 50)
    store.receipts.get("key", "2025")
    store.cursor_key()
    change(store.technologies, "python", name="Snake")
    change(store.projects, "sdx", contacts=people("you@example.org"))
    remove(store.projects, "sdx")
    remove(store.technologies, "python")


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
