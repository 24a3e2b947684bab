"""A merge on DynamoDB that is killed after any of its calls can go on, and leaves no surplus row."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.errors import RegisterError
from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import SHOWN_MOVES, Move, Technology, TechnologyQuery
from chalicelib.stores.dynamodb.client import ACTIONS_IN_ONE_TRANSACTION
from chalicelib.stores.dynamodb.rows import technology_rows
from chalicelib.stores.port import Store
from tests.contract.samples import (
    LONG_AFTER,
    NOW,
    change,
    contents,
    project,
    projects_of,
    resolved,
    technologies_of,
    there,
    uses,
)
from tests.contract.test_merge import NAMES, NET, SHARP, history, merge
from tests.support.dynamodb_truth import violations
from tests.support.emulator import Emulator
from tests.support.faults import Faulty, Killed, Recording, Tables, after, emulated_tables, killed

LETTERS = "abcdefghijklmnopqrstuvwxyz"
# They have more rows of words than a transaction holds.
LONG = tuple(" ".join(f"{a}{b}{b}{n}" for b in LETTERS) for n, a in enumerate(LETTERS[:8]))
MOVES = tuple(Move("adopt", NOW, None, f"{n}") for n in range(SHOWN_MOVES + 35))
FIRSTS = {
    "plain": SHARP,
    "of many words": replace(SHARP, aliases=(*SHARP.aliases, *LONG)),
    "of many moves": replace(SHARP, moves=MOVES, move_count=len(MOVES)),
}


@pytest.fixture(scope="module")
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


def made(tables: Tables, first: Technology = SHARP) -> tuple[str, Store]:
    """A table of its own with both technologies, and a project that uses each."""
    name = tables.new()
    store = tables.open(name)
    for each in (first, NET):
        store.technologies.add(each)
        store.projects.add(project(f"uses-{each.id}", technologies=uses(each.id)))
    return name, store


def assert_one(name: str, tables: Tables, first: Technology) -> None:
    """Reads with a new store, as a new process does."""
    store = tables.open(name)
    (found,) = technologies_of(store)
    assert (found.id, found.project_count) == ("net", 2)
    told = history(store, "net")
    assert told[-1].note == "Merged with C#"
    assert sorted(told[:-1], key=str) == sorted({*NET.moves, *first.moves}, key=str)
    assert found.move_count == len(told)
    names = [*NAMES, *first.aliases]
    assert resolved(store, names) == dict.fromkeys(names, "net")
    assert len(projects_of(store, ProjectQuery(technology="net"))) == 2
    assert violations(tables.items(name)) == []


@pytest.mark.parametrize("first", FIRSTS)
def test_a_merge_leaves_no_row_too_much_and_none_too_few(tables: Tables, first: str) -> None:
    is_large = len(technology_rows(FIRSTS[first])) > ACTIONS_IN_ONE_TRANSACTION
    assert is_large == (first == "of many words")
    name, store = made(tables, FIRSTS[first])
    merge(store, "c-sharp", "net")
    assert_one(name, tables, FIRSTS[first])


def calls_of(tables: Tables, first: Technology) -> int:
    name, _ = made(tables, first)
    recording = Recording(tables.transport)
    merge(tables.open(name, recording), "c-sharp", "net")
    return len(recording.calls)


@pytest.mark.parametrize("first", FIRSTS)
@pytest.mark.parametrize("is_finished", [False, True])
def test_a_merge_that_is_killed_behind_any_call_goes_on(
    tables: Tables, first: str, is_finished: bool
) -> None:
    """The scheduled function runs before the repeated merge, or after it."""
    wanted = FIRSTS[first]
    for n in range(calls_of(tables, wanted)):
        name, store = made(tables, wanted)
        with pytest.raises(Killed):
            merge(tables.open(name, Faulty(tables.transport, {n: killed})), "c-sharp", "net")
        assert_both_or_one(tables.open(name))
        if is_finished:
            store.finish(LONG_AFTER)
            assert violations(tables.items(name)) == []
        assert merge(tables.open(name), "c-sharp", "net").left == 0
        store.finish(LONG_AFTER)
        assert_one(name, tables, wanted)


def assert_both_or_one(store: Store) -> None:
    """Every name refers to one existing technology, and each list agrees with its count."""
    listed = {each.id: each for each in technologies_of(store)}
    assert set(listed) in ({"c-sharp", "net"}, {"net"})
    assert set(resolved(store, NAMES).values()) == set(listed)
    assert resolved(store, NAMES).keys() == set(NAMES)
    for each in listed.values():
        users = projects_of(store, ProjectQuery(technology=each.id))
        assert len(users) == each.project_count
    found = technologies_of(store, TechnologyQuery(words=("c#",)))
    assert [each.id for each in found] == ["c-sharp" if "c-sharp" in listed else "net"]


@pytest.mark.parametrize("first", FIRSTS)
def test_a_writer_between_two_calls_of_a_merge_is_not_lost(tables: Tables, first: str) -> None:
    """Before each call, another writer uses the first, moves it and describes the second."""
    wanted = FIRSTS[first]
    for n in range(calls_of(tables, wanted)):
        name, store = made(tables, wanted)
        noted: list[str] = []

        def meanwhile(store: Store = store, noted: list[str] = noted) -> None:
            with suppress(RegisterError):
                store.projects.add(project("late", technologies=uses("c-sharp")))
                noted.append("late")
            found = store.technologies.get("c-sharp")
            if found:
                moves = (*found.moves, Move("hold", found.moves[-1].at, None, "Late"))
                with suppress(RegisterError):
                    change(store.technologies, "c-sharp", moves=moves)
                    noted.append("Late")
            change(store.technologies, "net", description="Described")

        slow = tables.open(name, Faulty(tables.transport, {n: after(meanwhile)}))
        while merge(slow, "c-sharp", "net").left:
            pass
        store.finish(LONG_AFTER)
        found = there(tables.open(name).technologies, "net")
        assert found.description == "Described"
        assert found.project_count == 2 + ("late" in noted)
        assert ("Late" in noted) == any(move.note == "Late" for move in found.moves)
        assert violations(tables.items(name)) == []


def test_what_a_merge_left_hinders_no_new_technology_of_the_id(tables: Tables) -> None:
    """It was killed after the transaction, and its names have been freed since."""
    name, store = made(tables)
    calls = calls_of(tables, SHARP)
    for n in range(calls):
        slow = tables.open(name, Faulty(tables.transport, {n: killed}))
        with suppress(Killed):
            merge(slow, "c-sharp", "net")
        if store.technologies.get("c-sharp") is None:
            break
    change(store.technologies, "net", aliases=())
    store.technologies.add(SHARP)
    assert resolved(tables.open(name), ["C#"]) == {"C#": "c-sharp"}
    store.finish(LONG_AFTER)
    assert violations(tables.items(name)) == []
    assert contents(store, "c#", "", "")
