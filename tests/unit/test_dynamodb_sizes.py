"""The largest records that the API takes fit DynamoDB's items and transactions."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.models.page import EXAMINED_BYTES
from chalicelib.models.project import LARGEST_PROJECT, Project, ProjectQuery
from chalicelib.models.technology import SHOWN_MOVES, Move, Technology
from chalicelib.stores.port import Receipt, Store
from tests.contract.samples import (
    NOW,
    TOMORROW,
    add_project,
    count,
    people,
    project,
    replace_technology,
    technology,
    uses,
)
from tests.dynamodb_truth import violations
from tests.emulator import Emulator
from tests.faults import Tables, emulated_tables

WIDEST = "𝒳"  # four bytes of UTF-8


@pytest.fixture(scope="module")
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


@pytest.fixture
def table(tables: Tables) -> str:
    return tables.new()


@pytest.fixture
def store(tables: Tables, table: str) -> Store:
    return tables.open(table)


def largest_project(letter: str) -> Project:
    """With names of one-letter words, and 20 contacts."""
    names = " ".join(chr(ord("一") + n) for n in range(100))
    return project(
        "large",
        name=names,
        short_name=names[::-1],
        programme=names,
        description=letter * ((LARGEST_PROJECT - 8000) // len(letter.encode())),
        contacts=people(*(f"{n}@example.org" for n in range(20))),
    )


@pytest.mark.parametrize("letter", ["a", "é", "統", WIDEST])
def test_the_largest_project_is_kept(tables: Tables, table: str, store: Store, letter: str) -> None:
    wanted = largest_project(letter)
    add_project(store, wanted)
    assert store.projects.get("large") == wanted
    assert violations(tables.items(table)) == []


def largest_technology() -> Technology:
    """All that a body and its moves may hold."""
    return technology(
        "large",
        name=WIDEST * 200,
        aliases=tuple(f"{n:02}" + WIDEST * 198 for n in range(20)),
        tags=tuple(f"{n:02}" + WIDEST * 198 for n in range(20)),
        description=WIDEST * 5000,
        link="https://example.org/" + "a" * 2000,
        moves=(Move("adopt", NOW, "a@example.org", WIDEST * 500),) * SHOWN_MOVES,
    )


def test_the_largest_technology_is_kept_moved_and_removed(
    tables: Tables, table: str, store: Store
) -> None:
    """However often somebody has moved it, it can be moved, changed and removed again."""
    store.technologies.add(largest_technology())
    for n in range(30):
        before = store.technologies.get("large")
        assert before is not None
        moves = (*before.moves, Move("hold", TOMORROW, "a@example.org", WIDEST * 500))
        store.technologies.replace(before, replace(before, moves=moves, version=n + 2))
    found = store.technologies.get("large")
    assert found is not None
    assert (found.move_count, len(found.moves)) == (SHOWN_MOVES + 30, SHOWN_MOVES)
    store.technologies.remove(found)
    assert tables.rows(table) <= {("RENAMES", ".")}


def test_a_technology_of_any_size_can_be_used(store: Store) -> None:
    store.technologies.add(largest_technology())
    add_project(store, project("user", technologies=uses("large")))
    replace_technology(store, replace(largest_technology(), name="short", version=2), 1)
    assert count(store, "large") == 1


@pytest.mark.parametrize("letter", ["a", "é", WIDEST])
def test_the_answer_to_the_largest_body_is_kept(store: Store, letter: str) -> None:
    answer = letter * LARGEST_PROJECT
    wanted = Receipt("key", "fingerprint", answer, TOMORROW)
    add_project(store, largest_project(letter), None, wanted)
    assert store.receipts.get("key", NOW) == wanted


@pytest.mark.parametrize(
    "query",
    [
        ProjectQuery(),
        ProjectQuery(stage="unsupported"),
        ProjectQuery(technology="python"),
        ProjectQuery(technology="python", stage="unsupported"),
        ProjectQuery(words=("p",)),
    ],
    ids=str,
)
def test_a_page_examines_no_more_than_a_megabyte(crowd: Store, query: ProjectQuery) -> None:
    """And yet a walk comes to its end."""
    place, found, pages = None, 0, 0
    while True:
        page = crowd.projects.find(query, place, 100)
        assert sum(len(text.encode()) for text in page.items) <= EXAMINED_BYTES + LARGEST_PROJECT
        found, pages, place = found + len(page.items), pages + 1, page.next
        if place is None:
            break
    assert (found, pages) == (0 if query.stage else 40, 3)


@pytest.fixture(scope="module")
def crowd(tables: Tables) -> Store:
    """40 projects of 60 KB."""
    store = tables.open(tables.new())
    store.technologies.add(technology("python"))
    for n in range(40):
        large = project(f"p{n}", description="d" * 60_000, technologies=uses("python"))
        add_project(store, large)
    return store
