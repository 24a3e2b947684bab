"""What each method costs: how many calls, and how many items DynamoDB examines for it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import pytest

from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import Move, TechnologyQuery
from chalicelib.stores.port import Store
from tests.contract.samples import (
    NOW,
    TOMORROW,
    add_project,
    people,
    project,
    remove_project,
    remove_technology,
    replace_project,
    replace_technology,
    technology,
    uses,
)
from tests.emulator import Emulator
from tests.faults import Recording, emulated_tables

NUMBER = 110
Read = Callable[[Store, int], object]
Work = Mapping[str, int]
QUERY: Work = {"Query": 1}
ROWS: Work = {"Query": 1, "BatchGetItem": 1}

SINGLE: dict[str, tuple[Work, Callable[[Store], object]]] = {
    "project": ({"GetItem": 1}, lambda store: store.projects.get("p1")),
    "owner": ({"GetItem": 1}, lambda store: store.projects.owner("p1")),
    "technology": ({"BatchGetItem": 1}, lambda store: store.technologies.get("t1")),
    "moves": ({"BatchGetItem": 1}, lambda store: store.technologies.moves("t1", None, 50)),
    "check": ({"GetItem": 1}, lambda store: store.check()),
    "cursor key": ({}, lambda store: store.cursor_key()),
    "references": ({}, lambda store: store.technologies.resolve([f"t{n}" for n in range(100)])),
    "radar": (QUERY, lambda store: list(store.technologies.on_radar())),
}
# Of one page: its calls, the items that are examined for each that is shown, and the list.
LISTS: dict[str, tuple[Work, int, Read]] = {
    "all": (QUERY, 1, lambda store, limit: store.projects.find(ProjectQuery(), None, limit)),
    "by name": (
        QUERY,
        1,
        lambda store, limit: store.projects.find(ProjectQuery(sort="-name"), None, limit),
    ),
    "by time": (
        QUERY,
        1,
        lambda store, limit: store.projects.find(ProjectQuery(sort="updated_at"), None, limit),
    ),
    "programme": (
        QUERY,
        1,
        lambda store, limit: store.projects.find(ProjectQuery(programme="census"), None, limit),
    ),
    "technology": (
        ROWS,
        2,
        lambda store, limit: store.projects.find(ProjectQuery(technology="t1"), None, limit),
    ),
    "contact": (
        ROWS,
        2,
        lambda store, limit: store.projects.of_contact("a@example.org", None, limit),
    ),
    "words": (
        ROWS,
        2,
        lambda store, limit: store.projects.find(ProjectQuery(words=("shared",)), None, limit),
    ),
}
# What DynamoDB filters itself: one Query, however few it lets through.
FILTERED: dict[str, ProjectQuery] = {
    "stage": ProjectQuery(stage="unsupported"),
    "words, by name": ProjectQuery(words=("shared",), sort="name"),
    "technology, by time": ProjectQuery(technology="t1", sort="-updated_at"),
    "programme and hosting": ProjectQuery(programme="census", hosting="cloud"),
}


@pytest.fixture(scope="module")
def recorded(emulator: Emulator) -> Iterator[tuple[Store, Recording]]:
    """A process that has answered before, and a table with more of everything than fits a page."""
    with emulated_tables(emulator) as tables:
        recording = Recording(tables.transport)
        store = tables.open(tables.new(), recording)
        fill(store)
        store.cursor_key()
        store.projects.get("p1")
        store.technologies.resolve([f"t{n}" for n in range(NUMBER)])
        yield store, recording


def fill(store: Store) -> None:
    for n in range(NUMBER):
        moves = (Move("adopt", NOW),) if n < 5 else (Move("review", NOW),)
        store.technologies.add(technology(f"t{n}", name=f"T{n}", moves=moves))
    for n in range(NUMBER):
        one = project(f"p{n}", short_name="Shared", programme="Census", technologies=uses("t1"))
        add_project(store, one, people("a@example.org"))


@pytest.mark.parametrize("read", SINGLE)
def test_a_single_read_is_one_call_at_most(recorded: tuple[Store, Recording], read: str) -> None:
    store, recording = recorded
    work, act = SINGLE[read]
    recording.forget()
    act(store)
    assert recording.work()[0] == work


@pytest.mark.parametrize("limit", [1, 50, 100])
@pytest.mark.parametrize("read", LISTS)
def test_a_page_is_one_query_and_at_most_one_batch(
    recorded: tuple[Store, Recording], read: str, limit: int
) -> None:
    """One row more is examined, to know whether the list goes on; with its record where a batch has room."""
    store, recording = recorded
    work, per_item, act = LISTS[read]
    recording.forget()
    act(store, limit)
    one_more = 1 if per_item == 2 and limit == 100 else per_item
    assert recording.work() == (Counter(work), limit * per_item + one_more)


@pytest.mark.parametrize("name", FILTERED)
def test_a_page_behind_a_filter_is_one_query(recorded: tuple[Store, Recording], name: str) -> None:
    store, recording = recorded
    recording.forget()
    store.projects.find(FILTERED[name], None, 1)
    assert recording.work()[0] == QUERY


def test_technologies_are_a_query_and_their_counts_a_batch(
    recorded: tuple[Store, Recording],
) -> None:
    store, recording = recorded
    recording.forget()
    store.technologies.find(TechnologyQuery(), None, 50)
    assert recording.work() == (Counter(ROWS), 51 + 50)


def test_a_page_with_a_filter_over_rows_ends_after_500_of_them(
    recorded: tuple[Store, Recording],
) -> None:
    store, recording = recorded
    recording.forget()
    store.projects.find(ProjectQuery(technology="t1", stage="unsupported"), None, 1)
    assert recording.work()[1] == 2 * NUMBER


WRITES: dict[str, tuple[Work, Callable[[Store], object]]] = {
    "add a project": (
        {"TransactWriteItems": 1},
        lambda store: add_project(
            store, project("passing", technologies=uses("t1", "t2")), people("a@example.org")
        ),
    ),
    "replace a project": (
        {"GetItem": 1, "TransactWriteItems": 1},
        lambda store: replace_project(
            store, project("passing", name="changed", version=2, updated_at=TOMORROW), 1
        ),
    ),
    "remove a project": (
        {"GetItem": 1, "TransactWriteItems": 1},
        lambda store: remove_project(store, "passing", 2),
    ),
    "add a technology": (
        {"TransactWriteItems": 1},
        lambda store: store.technologies.add(technology("passing")),
    ),
    "replace a technology": (
        {"BatchGetItem": 1, "TransactWriteItems": 1},
        lambda store: replace_technology(
            store, technology("passing", description="changed", version=2), 1
        ),
    ),
    "remove a technology": (
        {"BatchGetItem": 1, "TransactWriteItems": 1},
        lambda store: remove_technology(store, "passing", 2),
    ),
}


def test_a_write_is_one_transaction_behind_what_was_read(
    recorded: tuple[Store, Recording],
) -> None:
    store, recording = recorded
    for name, (work, act) in WRITES.items():
        recording.forget()
        act(store)
        assert (name, recording.work()[0]) == (name, Counter(work))


def test_the_first_answer_of_a_process_takes_one_call_more(emulator: Emulator) -> None:
    """The firewall's values, the cursors' key and the renamed technologies come together."""
    with emulated_tables(emulator) as tables:
        name = tables.new()
        tables.open(name).cursor_key()
        recording = Recording(tables.transport)
        store = tables.open(name, recording)
        store.firewall_values()
        store.projects.find(ProjectQuery(), None, 50)
        store.cursor_key()
        assert recording.operations == ["BatchGetItem", "Query"]


def test_nothing_ever_scans(recorded: tuple[Store, Recording]) -> None:
    store, recording = recorded
    recording.forget()
    for _, read in SINGLE.values():
        read(store)
    for _, _, listing in LISTS.values():
        listing(store, 50)
    for query in FILTERED.values():
        store.projects.find(query, None, 50)
    assert set(recording.operations) <= {"GetItem", "BatchGetItem", "Query"}
