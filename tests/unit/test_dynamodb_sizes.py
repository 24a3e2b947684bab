"""Records that grow: what DynamoDB would refuse is refused here, in words."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.errors import ConflictError
from chalicelib.models.project import Contact, Project, ProjectQuery, Repository
from chalicelib.models.technology import Move, Technology
from chalicelib.stores.dynamodb import items
from chalicelib.stores.port import Receipt, Store
from tests.contract.samples import NOW, TOMORROW, people, project, technology
from tests.emulator import Emulator
from tests.faults import Recording, Tables, emulated_tables

BODY_BYTES = 256 * 1024
GROWN = "has grown too large"


@pytest.fixture(scope="module")
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


@pytest.fixture
def store(tables: Tables) -> Store:
    return tables.open(tables.new())


def described(description: str) -> Project:
    return project("large", description=description)


def moved(times: int, note: str = "n" * 5000) -> Technology:
    return technology("moved", moves=(Move("review", NOW, "a@example.org", note),) * times)


def largest(size: int) -> int:
    """How long the description may be in an item of `size` bytes."""
    item = items.project_item(described(""), ())
    used = sum(len(name) + len(text) for name, v in item.items() for text in v.values())
    return size - used


@pytest.mark.parametrize("letter", ["a", "é", "統", "𝒳"])
def test_whatever_fits_a_body_fits_an_item(store: Store, letter: str) -> None:
    wanted = described(letter * (BODY_BYTES // len(letter.encode())))
    store.projects.add(wanted, ())
    assert store.projects.get("large") == wanted


def test_the_largest_project_is_kept(store: Store) -> None:
    store.projects.add(described("a" * largest(items.LARGEST_ITEM_BYTES)), ())
    assert store.projects.get("large") is not None


def test_a_larger_project_is_refused(store: Store) -> None:
    with pytest.raises(ConflictError, match=GROWN):
        store.projects.add(described("a" * (largest(items.LARGEST_ITEM_BYTES) + 1)), ())
    assert store.projects.get("large") is None


def test_contacts_count_too(store: Store) -> None:
    store.projects.add(described("a" * 300_000), ())
    contacts = tuple(Contact(f"{n}@example.org", ("r" * 200,) * 10) for n in range(60))
    with pytest.raises(ConflictError, match=GROWN):
        store.projects.replace(replace(described("a" * 300_000), version=2), 1, contacts)
    assert store.projects.with_contacts("large") == (described("a" * 300_000), ())


def test_many_short_values_fit(store: Store) -> None:
    """Every place a body has, filled: names of fields weigh more in an item than in a body."""
    wanted = project("large", repositories=(Repository("github", "u" * 2048, "d"),) * 50)
    store.projects.add(wanted, people(*(f"{n}@example.org" for n in range(20))))
    assert store.projects.get("large") == wanted


def test_a_technology_moves_as_often_as_there_is_room(store: Store) -> None:
    store.technologies.add(moved(79))
    store.technologies.replace(replace(moved(80), version=2), 1)
    with pytest.raises(ConflictError, match=GROWN):
        store.technologies.replace(replace(moved(81), version=3), 2)
    kept = store.technologies.get("moved")
    assert kept is not None
    assert (len(kept.moves), kept.version) == (80, 2)


def test_a_technology_without_room_for_moves_can_still_be_used(store: Store) -> None:
    store.technologies.add(moved(80, "n" * 4963))
    with pytest.raises(ConflictError, match=GROWN):
        store.technologies.add(technology("other", moves=moved(81, "n" * 4963).moves))
    for n in range(12):
        store.projects.add(project(f"p{n}", technologies=()), ())
    assert store.technologies.get("moved") is not None


def test_nothing_is_asked_of_the_database_for_what_is_too_large(tables: Tables) -> None:
    recording = Recording(tables.transport)
    store = tables.open(tables.new(), recording)
    with pytest.raises(ConflictError, match=GROWN):
        store.projects.add(described("a" * 500_000), ())
    assert recording.calls == []


@pytest.mark.parametrize("letter", ["a", "\\u00e9", "\\ud835\\udcb3"])
def test_the_answer_to_the_largest_body_is_kept(store: Store, letter: str) -> None:
    answer = letter * (BODY_BYTES // 2)
    wanted = Receipt("key", "fingerprint", answer, TOMORROW)
    store.projects.add(project("answered"), (), wanted)
    assert store.receipts.get("key", NOW) == wanted


def test_a_page_is_as_large_as_it_will_be_in_the_answer(store: Store) -> None:
    """Letters that are escaped there are not in the table: six bytes for each."""
    for n in range(9):
        store.projects.add(project(f"p{n}", description="é" * 130_000), ())
    page = store.projects.find(ProjectQuery(), None, 50)
    assert len(page.items) == 5
    assert page.next is not None
