"""Many writers at once, calls that fail and processes that end: whatever happens, lists follow the records."""

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
from chalicelib.models.project import SORTS, Project, ProjectQuery
from chalicelib.models.technology import Move, Technology, TechnologyQuery
from chalicelib.stores.dynamodb.transport import Transport
from chalicelib.stores.port import Receipt, Store
from tests.contract.samples import (
    NOW,
    TOMORROW,
    everything,
    ids,
    pages,
    people,
    project,
    projects_of,
    technologies_of,
    technology,
    uses,
)
from tests.dynamodb_truth import violations
from tests.emulator import Emulator
from tests.faults import (
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
TECHNOLOGIES = [f"t{n}" for n in range(60)]
EMAILS = [f"{n}@example.org" for n in range(6)]
LONG_AFTER = "2100-01-01T00:00:00.000Z"
FAULTS: Mapping[str, Fault] = {
    "never sent": never_sent,
    "answer lost": answer_lost,
    "throttled": refused_with("ThrottlingException"),
    "held up": refused_with("TransactionCanceledException", "TransactionConflict"),
    "killed": killed,
}


class Trouble:
    """Lets something happen to one call in twenty."""

    def __init__(self, inner: Transport, random: Random, happened: Counter[str]) -> None:
        self._inner = inner
        self._random = random
        self._happened = happened

    def __call__(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        call = partial(self._inner, operation, parameters)
        if self._random.random() > 0.05:
            return call()
        name = self._random.choice(list(FAULTS))
        if name == "held up" and operation != "TransactWriteItems":
            return call()
        self._happened[name] += 1
        return FAULTS[name](call)


def some_project(random: Random, project_id: str) -> Project:
    """Now and then one that is too large for a single transaction."""
    is_large = random.random() < 0.2
    name = [random.choice(WORDS) for _ in range(random.randint(1, 6))]
    name += [f"{project_id}x{n}" for n in range(40 if is_large else 1)]
    return project(
        project_id,
        name=" ".join(name)[:200],
        short_name=random.choice(("", "SDX", "a b c d e f g h i j k l m n o p q r s t")),
        programme=random.choice(("", "Census", "Surveys")),
        stage=random.choice((None, "development", "unsupported")),
        technologies=uses(*random.sample(TECHNOLOGIES, 40 if is_large else random.randint(0, 6))),
        contacts=people(*random.sample(EMAILS, random.randint(1, 5))),
        updated_at=f"2026-01-{random.randint(1, 28):02}T00:00:00.000Z",
    )


def write_project(store: Store, random: Random) -> None:
    project_id = f"p{random.randrange(30)}"
    wanted = some_project(random, project_id)
    current = store.projects.get(project_id)
    if current is None:
        receipt = Receipt(f"{random.random()}", "fingerprint", "answer", TOMORROW)
        store.projects.add(wanted, receipt)
    elif random.random() < 0.3:
        store.projects.remove(current)
    else:
        store.projects.replace(current, replace(wanted, version=current.version + 1))


def write_technology(store: Store, random: Random) -> None:
    technology_id = random.choice(TECHNOLOGIES)
    current = store.technologies.get(technology_id)
    if current is None:
        store.technologies.add(technology(technology_id))
    elif random.random() < 0.2:
        store.technologies.remove(current)
    else:
        store.technologies.replace(current, changed(current, random))


def changed(current: Technology, random: Random) -> Technology:
    moves = (*current.moves, Move(random.choice(("review", "hold", "adopt")), TOMORROW))
    name = random.choice((current.name, f"{current.id} {random.choice(WORDS)}"))
    aliases = tuple(f"{current.id} {n} {word}" for n, word in enumerate(random.sample(WORDS, 3)))
    return replace(current, name=name, moves=moves, aliases=aliases, version=current.version + 1)


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

    def open_with_trouble(seed: int) -> Store:
        return tables.open(name, Trouble(tables.transport, Random(seed), happened))

    with ThreadPoolExecutor(THREADS) as pool:
        jobs = [
            pool.submit(write_often, partial(open_with_trouble, seed), seed, times)
            for seed in range(THREADS)
        ]
        heard = sum((job.result() for job in jobs), Counter[str]())
    sys.stdout.write(f"\n{dict(heard)}, faults: {dict(happened)}\n")
    finished = store.finish(LONG_AFTER)
    sys.stdout.write(f"{finished} writes were finished by the schedule\n")
    assert violations(tables.items(name)) == []
    assert_lists(tables.open(name))
    assert heard["done"] > times
    assert not heard.keys() & {"MarkError", "UnavailableError"}


def assert_lists(store: Store) -> None:
    """Each list is what the single records say, and begins with something where it has anything."""
    records = [store.projects.get(f"p{n}") for n in range(30)]
    there = [replace(each, contacts=()) for each in records if each]
    for query in queries():
        found = projects_of(store, query, 7)
        assert sorted(p.id for p in found) == sorted(p.id for p in filter(query.admits, there))
        assert {p.id: p for p in found} == {p.id: p for p in there if query.admits(p)}
        first = next(pages(partial(store.projects.find, query), 1)).items
        assert bool(first) == bool(found)
    for email in EMAILS:
        wanted = [p.id for p in records if p and email in {c.email for c in p.contacts}]
        assert ids(everything(partial(store.projects.of_contact, email))) == sorted(wanted)
    used = Counter(each for one in there for each in one.technology_ids)
    counts = {t.id: t.project_count for t in technologies_of(store) if t.project_count}
    assert counts == dict(used)
    for word in WORDS:
        named = TechnologyQuery(words=(word,))
        listed = {t.id for t in technologies_of(store, named)}
        assert listed == {t.id for t in technologies_of(store) if named.admits(t)}


def queries() -> Iterator[ProjectQuery]:
    yield from (ProjectQuery(sort=sort) for sort in (None, *SORTS))
    yield from (ProjectQuery(technology=each) for each in TECHNOLOGIES)
    yield from (ProjectQuery(words=(word,)) for word in WORDS)
    yield from (ProjectQuery(programme=key, stage="development") for key in ("", "census"))


@pytest.mark.parametrize("turn", range(3))
def test_a_move_and_ten_writers_of_projects_do_not_refuse_each_other(
    tables: Tables, turn: int
) -> None:
    """The count of projects is an item of its own; writers that conflict are repeated."""
    name = tables.new()
    store = tables.open(name)
    store.technologies.add(technology("python"))

    def write(n: int) -> None:
        tables.open(name).projects.add(project(f"p{n}", technologies=uses("python")))

    def move() -> None:
        current = store.technologies.get("python")
        assert current is not None
        moved = replace(current, moves=(*current.moves, Move("adopt", NOW)), version=2)
        store.technologies.replace(current, moved)

    with ThreadPoolExecutor(11) as pool:
        for job in [pool.submit(move), *(pool.submit(write, n) for n in range(10))]:
            job.result()
    found = store.technologies.get("python")
    assert found is not None
    assert (found.project_count, found.ring) == (10, "adopt")
    with suppress(RegisterError):
        store.finish(LONG_AFTER)
    assert violations(tables.items(name)) == []
