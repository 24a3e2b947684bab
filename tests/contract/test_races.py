"""The contract under races: of many writers with one aim, one succeeds and the others get the error."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from chalicelib.errors import RegisterError
from chalicelib.models.project import Project
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.places import OPENERS
from tests.contract.samples import (
    counts,
    people,
    project,
    projects_of,
    read_as,
    receipt,
    technologies_of,
    technology,
    there,
    uses,
)

TURNS = [30, pytest.param(1000, marks=pytest.mark.soak)]
SPAWN = get_context("spawn")
BARRIER_SECONDS, RACERS = 60, 4


def contested(project_id: str, **changes: object) -> Project:
    return project(project_id, technologies=uses("aws"), **changes)


def rewrite_project(store: Store, turn: int, racer: int) -> None:
    before = read_as(store.projects, contested(f"p{turn}"))
    theirs = people(f"{racer}@example.org")
    after = contested(before.id, description=f"racer {racer}", contacts=theirs, version=2)
    store.projects.replace(before, after)


def rewrite_technology(store: Store, turn: int, racer: int) -> None:
    before = read_as(store.technologies, technology(f"t{turn}"))
    after = technology(before.id, description=f"racer {racer}", version=2)
    store.technologies.replace(before, after)


# The task of a racer in a turn, and the error of those that lose.
WISHES: Mapping[str, tuple[Callable[[Store, int, int], None], str]] = {
    "replace": (rewrite_project, "VersionMismatchError"),
    "replace-technology": (rewrite_technology, "VersionMismatchError"),
    "name": (
        lambda store, turn, racer: store.projects.add(
            contested(f"{turn}-{racer}", name=f"Wanted {turn}")
        ),
        "NameTakenError",
    ),
    "id": (
        lambda store, turn, racer: store.projects.add(
            contested(f"{turn}", name=f"Any {turn} {racer}")
        ),
        "IdTakenError",
    ),
    "technology-name": (
        lambda store, turn, racer: store.technologies.add(
            technology(f"{turn}-{racer}", aliases=(f"Wanted {turn}",))
        ),
        "NameTakenError",
    ),
    "receipt": (
        lambda store, turn, racer: store.projects.add(
            contested(f"kept-{turn}-{racer}"), receipt(f"key {turn}")
        ),
        "ReceiptExistsError",
    ),
}


def prepare(store: Store, turns: int) -> None:
    """Creates the records that the races need."""
    store.technologies.add(technology("aws"))
    for turn in range(turns):
        store.projects.add(contested(f"p{turn}"))
        store.technologies.add(technology(f"t{turn}"))


def outcome(store: Store, wish: str, turn: int, racer: int) -> str:
    """`won`, or the name of the error. An error that the port does not name is not caught."""
    try:
        WISHES[wish][0](store, turn, racer)
    except RegisterError as error:
        return type(error).__name__
    return "won"


def assert_one_wins(store: Store, wish: str, turns: int, run: Callable[..., Any]) -> None:
    """`run` maps over the racers of a turn, which start at the same time."""
    for turn in range(turns):
        heard = Counter(run([wish] * RACERS, [turn] * RACERS, range(RACERS)))
        assert (wish, heard) == (wish, Counter({"won": 1, WISHES[wish][1]: RACERS - 1}))
    used = Counter(each for found in projects_of(store, limit=100) for each in found.technology_ids)
    told = technologies_of(store, limit=100)
    assert {each.id: each.project_count for each in told if each.project_count} == used


class Racer:
    """State of a process, or of all threads: an opened store, and the barrier before each turn."""

    store: Store
    line: Any


def enter(store: Store | tuple[str, Path], line: Any) -> None:
    """Each process opens the store for itself."""
    Racer.store = OPENERS[store[0]](store[1]) if isinstance(store, tuple) else store
    Racer.line = line


def race(wish: str, turn: int, racer: int) -> str:
    Racer.line.wait(BARRIER_SECONDS)
    return outcome(Racer.store, wish, turn, racer)


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("wish", WISHES)
def test_of_many_threads_one_wins(store: Store, wish: str, turns: int) -> None:
    prepare(store, turns)
    enter(store, Barrier(RACERS))
    with ThreadPoolExecutor(RACERS) as pool:
        assert_one_wins(store, wish, turns, partial(pool.map, race))


@pytest.mark.parametrize("turns", TURNS)
def test_of_many_processes_one_wins(store: Store, kind: str, tmp_path: Path, turns: int) -> None:
    """Each racer waits for all others, so no process runs two tasks of one turn."""
    prepare(store, turns)
    own = ((kind, tmp_path), SPAWN.Barrier(RACERS))
    with ProcessPoolExecutor(RACERS, SPAWN, enter, own) as pool:
        for wish in WISHES:
            assert_one_wins(store, wish, turns, partial(pool.map, race))


def test_what_the_winner_wrote_is_what_is_there(store: Store, reopen: Opening) -> None:
    prepare(store, 30)
    stores, wishes = [reopen() for _ in range(RACERS)], ["replace"] * RACERS
    with ThreadPoolExecutor(RACERS) as pool:
        for turn in range(30):
            heard = list(pool.map(outcome, stores, wishes, [turn] * RACERS, range(RACERS)))
            winner = heard.index("won")
            found = there(store.projects, f"p{turn}")
            assert found.description == f"racer {winner}"
            assert found.contacts == people(f"{winner}@example.org")


def test_readers_see_whole_projects_while_others_write(store: Store) -> None:
    prepare(store, 30)

    def read(_: int) -> list[tuple[int, str]]:
        return [(found.version, found.description) for found in projects_of(store, limit=7)]

    with ThreadPoolExecutor(RACERS) as pool:
        written = [pool.submit(outcome, store, "replace", turn, 0) for turn in range(30)]
        seen = [each for listed in pool.map(read, range(30)) for each in listed]
    assert {each.result() for each in written} == {"won"}
    assert set(seen) <= {(1, ""), (2, "racer 0")}
    assert counts(store, "aws") == [30]
