"""Many writers at once, failing calls and ending processes: lists always agree with the records."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import pytest

from chalicelib.errors import RegisterError
from chalicelib.models.project import SORTS, ProjectQuery
from chalicelib.models.technology import Move, TechnologyQuery
from chalicelib.stores.dynamodb.transport import Transport
from chalicelib.stores.port import Store
from tests.contract.samples import (
    LONG_AFTER,
    NOW,
    TOMORROW,
    change,
    of_contact,
    people,
    project,
    projects_of,
    receipt,
    technologies_of,
    technology,
    there,
    uses,
)
from tests.support.dynamodb_truth import violations
from tests.support.emulator import Emulator
from tests.support.faults import (
    Fault,
    Killed,
    Tables,
    answer_lost,
    emulated_tables,
    killed,
    never_sent,
    refused_with,
)

THREADS = 8
WORDS = ("data", "database", "survey", "census", "c#", "go", "épée", "exchange")
PROJECTS, TECHNOLOGIES = [f"p{n}" for n in range(30)], [f"t{n}" for n in range(60)]
EMAILS = [f"{n}@example.org" for n in range(6)]
FAULTS: Mapping[str, Fault] = {
    "never sent": never_sent,
    "answer lost": answer_lost,
    "throttled": refused_with("ThrottlingException"),
    "held up": refused_with("TransactionCanceledException", "TransactionConflict"),
    "killed": killed,
}


def troubled(inner: Transport, random: Random, happened: Counter[str]) -> Transport:
    """One call in twenty has a fault."""

    def call(operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        call = partial(inner, operation, parameters)
        name = random.choice(list(FAULTS))
        is_possible = name != "held up" or operation == "TransactWriteItems"
        if random.random() > 0.05 or not is_possible:
            return call()
        happened[name] += 1
        return FAULTS[name](call)

    return call


def project_fields(random: Random, project_id: str) -> dict[str, Any]:
    """Some are too large for a single transaction."""
    is_large = random.random() < 0.2
    name = [random.choice(WORDS) for _ in range(random.randint(1, 6))]
    name += [f"{project_id}x{n}" for n in range(40 if is_large else 1)]
    return {
        "name": " ".join(name)[:200],
        "short_name": random.choice(("", "SDX", "a b c d e f g h i j k l m n o p q r s t")),
        "programme": random.choice(("", "Census", "Surveys")),
        "stage": random.choice((None, "development", "unsupported")),
        "technologies": uses(
            *random.sample(TECHNOLOGIES, 40 if is_large else random.randint(0, 6))
        ),
        "contacts": people(*random.sample(EMAILS, random.randint(1, 5))),
        "updated_at": f"2026-01-{random.randint(1, 28):02}T00:00:00.000Z",
    }


def technology_fields(
    random: Random, technology_id: str, moves: tuple[Move, ...]
) -> dict[str, Any]:
    words = random.sample(WORDS, 3)
    return {
        "moves": (*moves, Move(random.choice(("review", "hold", "adopt")), TOMORROW)),
        "name": random.choice((technology_id, f"{technology_id} {random.choice(WORDS)}")),
        "aliases": tuple(f"{technology_id} {n} {word}" for n, word in enumerate(words)),
    }


def write_project(store: Store, random: Random) -> None:
    project_id = random.choice(PROJECTS)
    fields = project_fields(random, project_id)
    current = store.projects.get(project_id)
    if current is None:
        store.projects.add(project(project_id, **fields), receipt(f"{random.random()}"))
    elif random.random() < 0.3:
        store.projects.remove(current)
    else:
        store.projects.replace(current, replace(current, version=current.version + 1, **fields))


def write_technology(store: Store, random: Random) -> None:
    technology_id = random.choice(TECHNOLOGIES)
    current = store.technologies.get(technology_id)
    if current is None:
        store.technologies.add(technology(technology_id))
    elif random.random() < 0.2:
        store.technologies.remove(current)
    else:
        fields = technology_fields(random, technology_id, current.moves)
        store.technologies.replace(current, replace(current, version=current.version + 1, **fields))


def write_often(open_store: Callable[[], Store], seed: int, times: int) -> Counter[str]:
    random = Random(seed)
    heard: Counter[str] = Counter()
    store = open_store()
    for _ in range(times):
        write = write_project if random.random() < 0.7 else write_technology
        try:
            write(store, random)
            heard["done"] += 1
        except Killed:
            store = open_store()
        except RegisterError as error:
            heard[type(error).__name__] += 1
    return heard


@pytest.fixture(scope="module")
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


@pytest.mark.parametrize("times", [40, pytest.param(1500, marks=pytest.mark.soak)])
def test_lists_follow_the_records_whatever_happens(tables: Tables, times: int) -> None:
    name = tables.new()
    store = tables.open(name)
    for each in TECHNOLOGIES:
        store.technologies.add(technology(each))
    happened: Counter[str] = Counter()

    def write(seed: int) -> Counter[str]:
        def opened() -> Store:
            return tables.open(name, troubled(tables.transport, Random(seed), happened))

        return write_often(opened, seed, times)

    with ThreadPoolExecutor(THREADS) as pool:
        heard = sum(pool.map(write, range(THREADS)), Counter[str]())
    sys.stdout.write(f"\n{dict(heard)}, faults: {dict(happened)}\n")
    finished = store.finish(LONG_AFTER)
    sys.stdout.write(f"{finished} writes were finished by the schedule\n")
    assert violations(tables.items(name)) == []
    assert_lists(tables.open(name))
    assert heard["done"] > times
    assert not heard.keys() & {"MarkError", "UnavailableError"}


def assert_lists(store: Store) -> None:
    """Each list agrees with the single records, and its first page is empty only if the list is."""
    records = [one for each in PROJECTS if (one := store.projects.get(each))]
    for query in queries():
        found = projects_of(store, query, 7)
        wanted = {p.id: replace(p, contacts=()) for p in records if query.admits(p)}
        assert (len(found), {p.id: p for p in found}) == (len(wanted), wanted)
        assert bool(store.projects.find(query, None, 1).items) == bool(wanted)
    for email in EMAILS:
        theirs = [p.id for p in records if email in {c.email for c in p.contacts}]
        assert of_contact(store, email) == sorted(theirs)
    used = Counter(each for one in records for each in one.technology_ids)
    technologies = technologies_of(store)
    assert {t.id: t.project_count for t in technologies if t.project_count} == used
    for word in WORDS:
        named = TechnologyQuery(words=(word,))
        listed = {t.id for t in technologies_of(store, named)}
        assert listed == {t.id for t in filter(named.admits, technologies)}


def queries() -> Iterator[ProjectQuery]:
    yield from (ProjectQuery(sort=sort) for sort in (None, *SORTS))
    yield from (ProjectQuery(technology=each) for each in TECHNOLOGIES)
    yield from (ProjectQuery(words=(word,)) for word in WORDS)
    yield from (ProjectQuery(programme=key, stage="development") for key in ("", "census"))


@pytest.mark.parametrize("turn", range(3))
def test_a_move_and_ten_writers_of_projects_do_not_refuse_each_other(
    tables: Tables, turn: int
) -> None:
    """The count of projects is an item of its own, and conflicting writers are repeated."""
    name = tables.new()
    store = tables.open(name)
    store.technologies.add(technology("python"))

    def write(n: int) -> None:
        tables.open(name).projects.add(project(f"p{n}", technologies=uses("python")))

    with ThreadPoolExecutor(11) as pool:
        moves = (Move("review", NOW), Move("adopt", NOW))
        moved = pool.submit(change, store.technologies, "python", moves=moves)
        for job in [moved, *(pool.submit(write, n) for n in range(10))]:
            job.result()
    found = there(store.technologies, "python")
    assert (found.project_count, found.ring) == (10, "adopt")
    with suppress(RegisterError):
        store.finish(LONG_AFTER)
    assert violations(tables.items(name)) == []
