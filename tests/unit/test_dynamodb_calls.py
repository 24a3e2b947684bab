"""What each read costs: how many calls, and how many items DynamoDB examines for it."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import TechnologyQuery
from chalicelib.stores.port import Store
from tests.contract.samples import NOW, people, project, technology, uses
from tests.emulator import Emulator
from tests.faults import Recording, emulated_tables

NUMBER = 110
GET = Counter({"GetItem": 1})
LIST = Counter({"Query": 1, "BatchGetItem": 1})
LIST_OF_100 = Counter({"Query": 1, "BatchGetItem": 2})

SINGLE: dict[str, Callable[[Store], object]] = {
    "project": lambda store: store.projects.get("p1"),
    "project with contacts": lambda store: store.projects.with_contacts("p1"),
    "owner": lambda store: store.projects.owner("p1"),
    "technology": lambda store: store.technologies.get("t1"),
    "check": lambda store: store.check(),
    "cursor key": lambda store: store.cursor_key(),
}
Listing = Callable[[Store, int], object]
LISTS: dict[str, Listing] = {
    "all": lambda store, limit: store.projects.find(ProjectQuery(), None, limit),
    "by name": lambda store, limit: store.projects.find(ProjectQuery(sort="-name"), None, limit),
    "by time": lambda store, limit: store.projects.find(
        ProjectQuery(sort="updated_at"), None, limit
    ),
    "technology": lambda store, limit: store.projects.find(
        ProjectQuery(technology="t1"), None, limit
    ),
    "programme": lambda store, limit: store.projects.find(
        ProjectQuery(programme="census"), None, limit
    ),
    "contact": lambda store, limit: store.projects.of_contact("a@example.org", None, limit),
    "technologies": lambda store, limit: store.technologies.find(TechnologyQuery(), None, limit),
}
FILTERED: dict[str, Listing] = {
    "words": lambda store, limit: store.projects.find(ProjectQuery(words=("shared",)), None, limit),
    "words, by name": lambda store, limit: store.projects.find(
        ProjectQuery(words=("shared",), sort="name"), None, limit
    ),
    "technology and programme": lambda store, limit: store.projects.find(
        ProjectQuery(technology="t1", programme="census"), None, limit
    ),
}


@pytest.fixture(scope="module")
def recorded(emulator: Emulator) -> Iterator[tuple[Store, Recording]]:
    """A table with more of everything than fits a page, and what is asked of it."""
    with emulated_tables(emulator) as tables:
        recording = Recording(tables.transport)
        store = tables.open(tables.new(), recording)
        fill(store)
        store.cursor_key()
        yield store, recording


def fill(store: Store) -> None:
    for n in range(NUMBER):
        store.technologies.add(technology(f"t{n}", name=f"T{n}"))
    for n in range(NUMBER):
        one = project(f"p{n}", short_name="Shared", programme="Census", technologies=uses("t1"))
        store.projects.add(one, people("a@example.org"))


@pytest.mark.parametrize("read", SINGLE)
def test_a_single_read_is_one_call(recorded: tuple[Store, Recording], read: str) -> None:
    store, recording = recorded
    recording.forget()
    SINGLE[read](store)
    assert recording.work()[0] == GET


def test_names_and_references_are_one_call(recorded: tuple[Store, Recording]) -> None:
    store, recording = recorded
    recording.forget()
    store.technologies.names([f"t{n}" for n in range(100)])
    assert recording.work() == (Counter({"BatchGetItem": 1}), 100)
    store.technologies.resolve([f"t{n}" for n in range(100)])
    assert recording.work() == (Counter({"BatchGetItem": 1}), 100)


@pytest.mark.parametrize("read", LISTS)
def test_a_page_of_fifty_is_two_calls(recorded: tuple[Store, Recording], read: str) -> None:
    store, recording = recorded
    recording.forget()
    LISTS[read](store, 50)
    assert recording.work() == (LIST, 2 * 51)


@pytest.mark.parametrize("read", LISTS)
def test_a_page_of_a_hundred_is_three_calls(recorded: tuple[Store, Recording], read: str) -> None:
    store, recording = recorded
    recording.forget()
    LISTS[read](store, 100)
    assert recording.work() == (LIST_OF_100, 2 * 101)


@pytest.mark.parametrize("read", FILTERED)
def test_a_page_behind_a_filter_reads_a_hundred_at_once(
    recorded: tuple[Store, Recording], read: str
) -> None:
    store, recording = recorded
    recording.forget()
    FILTERED[read](store, 50)
    assert recording.work() == (LIST, 2 * 100)


def test_nothing_ever_scans(recorded: tuple[Store, Recording]) -> None:
    store, recording = recorded
    recording.forget()
    for read in SINGLE.values():
        read(store)
    for listing in (LISTS | FILTERED).values():
        listing(store, 50)
    write_everything(store)
    assert set(recording.operations) == {"GetItem", "BatchGetItem", "Query", "TransactWriteItems"}


def write_everything(store: Store) -> None:
    store.technologies.add(technology("passing"))
    store.technologies.replace(technology("passing", description="changed", version=2), 1)
    store.technologies.remove("passing", 2)
    store.projects.add(project("passing", technologies=uses("t1")), ())
    store.projects.replace(project("passing", name="changed", version=2, updated_at=NOW), 1)
    store.projects.remove("passing", 2)
