"""The contract under races: of many writers with one wish, one gets it and the others hear why not."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier

import pytest

from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.racing import (
    BARRIER_SECONDS,
    RACERS,
    WISHES,
    enter,
    outcome,
    outcomes_of,
    prepare,
    race,
)
from tests.contract.samples import contacts_of, count, projects_of, technologies_of

TURNS = [30, pytest.param(1000, marks=pytest.mark.soak)]
# Each racer of a process pool waits for all others, so that none runs two errands of one turn.
SPAWN = get_context("spawn")


@contextmanager
def processes(kind: str, place: Path) -> Iterator[Executor]:
    line = SPAWN.Barrier(RACERS)
    with ProcessPoolExecutor(RACERS, SPAWN, enter, (kind, place, line)) as pool:
        yield pool


def assert_counts_hold(store: Store) -> None:
    used = Counter(each for found in projects_of(store, limit=100) for each in found.technology_ids)
    assert {
        t.id: t.project_count for t in technologies_of(store, limit=100) if t.project_count
    } == used


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("wish", WISHES)
def test_of_many_threads_one_wins(store: Store, wish: str, turns: int) -> None:
    prepare(store, range(turns))
    line = Barrier(RACERS)

    def run(turn: int, racer: int) -> str:
        line.wait(BARRIER_SECONDS)
        return outcome(store, wish, turn, racer)

    with ThreadPoolExecutor(RACERS) as pool:
        for turn in range(turns):
            heard = Counter(pool.map(run, [turn] * RACERS, range(RACERS)))
            assert heard == outcomes_of(wish)
    assert_counts_hold(store)


@pytest.mark.parametrize("turns", TURNS)
def test_of_many_processes_one_wins(store: Store, kind: str, tmp_path: Path, turns: int) -> None:
    prepare(store, range(turns))
    with processes(kind, tmp_path) as pool:
        for wish in WISHES:
            for turn in range(turns):
                heard = Counter(pool.map(race, [wish] * RACERS, [turn] * RACERS, range(RACERS)))
                assert (wish, heard) == (wish, outcomes_of(wish))
    assert_counts_hold(store)


def test_what_the_winner_wrote_is_what_is_there(store: Store, reopen: Opening) -> None:
    prepare(store, range(30))
    stores = [reopen() for _ in range(RACERS)]
    with ThreadPoolExecutor(RACERS) as pool:
        for turn in range(30):
            heard = list(
                pool.map(outcome, stores, ["replace"] * RACERS, [turn] * RACERS, range(RACERS))
            )
            winner = heard.index("won")
            found = store.projects.get(f"p{turn}")
            contacts = contacts_of(store, f"p{turn}")
            assert found is not None
            assert (found.description, [c.email for c in contacts]) == (
                f"racer {winner}",
                [f"{winner}@example.org"],
            )


def test_readers_see_whole_projects_while_others_write(store: Store) -> None:
    prepare(store, range(30))

    def read(_: int) -> list[tuple[int, str]]:
        return [(found.version, found.description) for found in projects_of(store, limit=7)]

    with ThreadPoolExecutor(RACERS) as pool:
        written = [pool.submit(outcome, store, "replace", turn, 0) for turn in range(30)]
        seen = [each for listed in pool.map(read, range(30)) for each in listed]
    assert {each.result() for each in written} == {"won"}
    assert set(seen) <= {(1, ""), (2, "racer 0")}
    assert count(store, "aws") == 30
