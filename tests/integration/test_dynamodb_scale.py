"""On DynamoDB, a read of 100,000 projects costs exactly as much as a read of 1,000.

The test compares the costs that AWS bills: calls and examined items. Both tables hold the items that
the store itself would write, but the counts of projects stay 0.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Lock
from time import perf_counter
from typing import Any, NamedTuple

import pytest

from bench import scale
from chalicelib.models.page import Page, Position
from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import TechnologyQuery
from chalicelib.stores.dynamodb.client import Client, item_key
from chalicelib.stores.dynamodb.items import project_item
from chalicelib.stores.port import Store
from tests.support.dynamodb_truth import wanted_of_project
from tests.support.emulator import Emulator
from tests.support.faults import Recording, Tables, emulated_tables

pytestmark = pytest.mark.soak

LOADERS, IN_ONE_LOAD, LIMIT = 4, 2_500, 5
# The emulator, unlike DynamoDB, sorts a whole partition for each query: seconds for 100,000 items.
READ_SECONDS = 120.0
Read = Callable[[Store, Position | None], Page[Any]]


class ShortLived(Emulator):
    """Stops without saving: writing two million items to disk takes too long."""

    def stop(self) -> None:
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.running.remove(self)


class Table(NamedTuple):
    name: str
    store: Store
    recording: Recording


def find(limit: int = LIMIT, **query: Any) -> Read:
    return lambda store, after: store.projects.find(ProjectQuery(**query), after, limit)


def find_technologies(*words: str) -> Read:
    return lambda store, after: store.technologies.find(TechnologyQuery(words), after, LIMIT)


# Every driver in every order. Each list has more than three pages in both tables.
LISTS: Mapping[str, Read] = {
    "all": find(),
    "by name": find(sort="name"),
    "by name, from the end": find(sort="-name"),
    "by time": find(sort="updated_at"),
    "by time, from the end": find(sort="-updated_at"),
    "words": find(words=("statistics",)),
    "words, by name": find(words=("administrative",), sort="name"),
    "words, by time": find(words=("statistics",), sort="-updated_at"),
    "a rare word": find(words=(scale.NEEDLE,)),
    "technology": find(technology="technology-0"),
    "a rare technology": find(technology=scale.NEEDLE),
    "technology, from the end": find(technology="technology-0", sort="-name"),
    "programme": find(programme="programme 7"),
    "programme, from the end": find(programme="programme 7", sort="-name"),
    "a filter": find(stage="development"),
    "contact": lambda store, after: store.projects.of_contact("owner@example.org", after, LIMIT),
    "technologies": find_technologies(),
    "technologies by word": find_technologies("technology"),
}
# Filters that few items pass, so that a page ends at its limit of examined items; and single reads.
SINGLE: Mapping[str, Callable[[Store], object]] = {
    "a rare word, by name": lambda store: find(50, words=(scale.NEEDLE,), sort="name")(store, None),
    "a rare technology, by time": lambda store: find(
        50, technology=scale.NEEDLE, sort="-updated_at"
    )(store, None),
    "project": lambda store: store.projects.get("project-77"),
    "owner of a name": lambda store: store.projects.owner("no such name"),
    "technology": lambda store: store.technologies.get("technology-7"),
    "references": lambda store: store.technologies.resolve(["technology 7", "technology-8"]),
    "moves": lambda store: store.technologies.moves("technology-7", None, 50),
    "receipt": lambda store: store.receipts.get("no such key", scale.at(0)),
    "ping": lambda store: store.ping(),
}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    emulator = ShortLived(tmp_path_factory.mktemp("crowded")).start()
    with emulated_tables(emulator, "boto3", read_seconds=READ_SECONDS) as tables:
        yield tables
    emulator.stop()


@pytest.fixture(scope="module")
def small(crowded: Tables) -> Table:
    return loaded(crowded, scale.SMALL)


@pytest.fixture(scope="module")
def large(crowded: Tables) -> Table:
    begun = perf_counter()
    table = loaded(crowded, scale.LARGE)
    sys.stdout.write(f"\n{scale.LARGE} projects loaded in {perf_counter() - begun:.0f} s\n")
    return table


def loaded(tables: Tables, number: int) -> Table:
    name, recording = tables.new(), Recording(tables.transport)
    store = tables.open(name, recording)
    for technology in scale.some_technologies():
        store.technologies.add(technology)
    client, waiting, one_at_a_time = Client(tables.transport, name), items_of(number), Lock()

    def load(_: int) -> None:
        while True:
            with one_at_a_time:
                some = list(islice(waiting, IN_ONE_LOAD))
            if not some:
                return
            client.write_all({"PutRequest": {"Item": item}} for item in some)

    with ThreadPoolExecutor(LOADERS) as pool:
        list(pool.map(load, range(LOADERS)))
    return Table(name, store, recording)


def items_of(number: int) -> Iterator[dict[str, Any]]:
    for project in scale.some_projects(number):
        yield project_item(project)
        yield from ({**item_key(key), **item} for key, item in wanted_of_project(project))


def contents(tables: Tables, name: str) -> list[Any]:
    told = [{k: v for k, v in i.items() if k not in ("mark", "n")} for i in tables.items(name)]
    return sorted(told, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def test_a_loaded_table_holds_what_the_store_would_write(crowded: Tables, small: Table) -> None:
    singly = crowded.new()
    store = crowded.open(singly)
    for technology in scale.some_technologies():
        store.technologies.add(technology)
    for project in scale.some_projects(scale.SMALL):
        store.projects.add(project)
    assert contents(crowded, small.name) == contents(crowded, singly)


def costs(table: Table, read: Read) -> Iterator[tuple[Counter[str], int]]:
    """The costs of the first three pages."""
    after: Position | None = None
    for _ in range(3):
        table.recording.forget()
        after = read(table.store, after).next
        assert after is not None
        yield table.recording.work()


@pytest.mark.parametrize("read", LISTS)
def test_a_page_costs_the_same(small: Table, large: Table, read: str) -> None:
    paid = [*costs(large, LISTS[read])]
    sys.stdout.write(f"\n{read}: {dict(paid[0][0])}, {paid[0][1]} items")
    assert paid == [*costs(small, LISTS[read])]
    assert "Scan" not in paid[0][0]


@pytest.mark.parametrize("read", SINGLE)
def test_a_single_read_costs_the_same(small: Table, large: Table, read: str) -> None:
    def cost(table: Table) -> tuple[Counter[str], int]:
        table.recording.forget()
        SINGLE[read](table.store)
        return table.recording.work()

    assert cost(large) == cost(small) != (Counter(), 0)
