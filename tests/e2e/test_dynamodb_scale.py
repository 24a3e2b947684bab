"""A DynamoDB table of 100,000 projects costs each read exactly what one of 1,000 does.

What is compared is what is paid for: calls, and items that DynamoDB examined. Both tables hold
the very items that the store itself would write; only the counts of projects are left at 0.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Lock
from time import perf_counter
from typing import Any, Protocol

import boto3
import pytest
from create import create_table

from bench import scale
from chalicelib.models.page import Page, Position
from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import TechnologyQuery
from chalicelib.stores.dynamodb import DynamoStore
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client, item_key
from chalicelib.stores.dynamodb.items import project_item
from chalicelib.stores.port import Store
from tests.contract.places import emulated
from tests.dynamodb_truth import wanted_of_project
from tests.emulator import Emulator
from tests.faults import Recording

pytestmark = pytest.mark.soak

SINGLY = "written-singly"
LOADERS = 4
IN_ONE_LOAD = 2_500
LIMIT = 5
# The emulator, not DynamoDB, sorts a whole partition for each query: seconds where it holds 100,000.
READ_SECONDS = 120.0


class Read(Protocol):
    def __call__(self, store: Store, after: Position | None) -> Page[Any]: ...


class ShortLived(Emulator):
    """Keeps nothing: two million items take longer to keep than to forget."""

    def stop(self) -> None:
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.running.remove(self)


@dataclass(frozen=True)
class Table:
    store: Store
    recording: Recording

    def work(self, read: Callable[[Store], object]) -> tuple[Counter[str], int]:
        """What one read costs."""
        self.recording.forget()
        read(self.store)
        return self.recording.work()


def lists(**query: Any) -> Read:
    return lambda store, after: store.projects.find(ProjectQuery(**query), after, LIMIT)


# Every driver in every order; each has more than three pages in both tables.
LISTS: dict[str, Read] = {
    "all": lists(),
    "by name": lists(sort="name"),
    "by name, from the end": lists(sort="-name"),
    "by time": lists(sort="updated_at"),
    "by time, from the end": lists(sort="-updated_at"),
    "words": lists(words=("statistics",)),
    "words, by name": lists(words=("administrative",), sort="name"),
    "words, by time": lists(words=("statistics",), sort="-updated_at"),
    "a rare word": lists(words=(scale.NEEDLE,)),
    "technology": lists(technology="technology-0"),
    "a rare technology": lists(technology=scale.NEEDLE),
    "technology, from the end": lists(technology="technology-0", sort="-name"),
    "programme": lists(programme="programme 7"),
    "programme, from the end": lists(programme="programme 7", sort="-name"),
    "a filter": lists(stage="development"),
    "contact": lambda store, after: store.projects.of_contact("owner@example.org", after, LIMIT),
    "technologies": lambda store, after: store.technologies.find(TechnologyQuery(), after, LIMIT),
    "technologies by word": lambda store, after: store.technologies.find(
        TechnologyQuery(words=("technology",)), after, LIMIT
    ),
}
# What hardly anything passes: a page ends where it has examined as much as it may.
NARROW: dict[str, ProjectQuery] = {
    "a rare word, by name": ProjectQuery(words=(scale.NEEDLE,), sort="name"),
    "a rare technology, by time": ProjectQuery(technology=scale.NEEDLE, sort="-updated_at"),
}
GETS: dict[str, Callable[[Store], object]] = {
    "project": lambda store: store.projects.get("project-77"),
    "owner of a name": lambda store: store.projects.owner("no such name"),
    "technology": lambda store: store.technologies.get("technology-7"),
    "references": lambda store: store.technologies.resolve(["technology 7", "technology-8"]),
    "moves": lambda store: store.technologies.moves("technology-7", None, 50),
    "receipt": lambda store: store.receipts.get("no such key", scale.at(0)),
    "check": lambda store: store.check(),
}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    emulator = ShortLived(tmp_path_factory.mktemp("crowded")).start()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in emulated(emulator.url).items():
            environment.setenv(name, value)
        yield
    emulator.stop()


@pytest.fixture(scope="module")
def small(crowded: None) -> Table:
    return loaded(scale.SMALL)


@pytest.fixture(scope="module")
def large(crowded: None) -> Table:
    begun = perf_counter()
    table = loaded(scale.LARGE)
    sys.stdout.write(f"\n{scale.LARGE} projects loaded in {perf_counter() - begun:.0f} s\n")
    return table


def loaded(number: int) -> Table:
    recording = Recording(BotoTransport(read_seconds=READ_SECONDS))
    name = f"projects-{number}"
    create_table(boto3.client("dynamodb"), name, "test")
    store = DynamoStore(recording, name)
    for technology in scale.some_technologies():
        store.technologies.add(technology)
    client = Client(BotoTransport(read_seconds=READ_SECONDS), name)
    waiting, one_at_a_time = items_of(number), Lock()

    def load() -> None:
        while True:
            with one_at_a_time:
                some = list(islice(waiting, IN_ONE_LOAD))
            if not some:
                return
            client.write_all({"PutRequest": {"Item": item}} for item in some)

    with ThreadPoolExecutor(LOADERS) as pool:
        for each in [pool.submit(load) for _ in range(LOADERS)]:
            each.result()
    return Table(store, recording)


def items_of(number: int) -> Iterator[dict[str, Any]]:
    for project in scale.some_projects(number):
        yield project_item(project)
        yield from ({**item_key(key), **item} for key, item in wanted_of_project(project))


def contents(name: str) -> list[Any]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=name)
    items: Iterable[dict[str, Any]] = (item for page in pages for item in page["Items"])
    told = ({k: v for k, v in item.items() if k not in ("mark", "n")} for item in items)
    return sorted(told, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def test_a_loaded_table_holds_what_the_store_would_write(small: Table) -> None:
    create_table(boto3.client("dynamodb"), SINGLY, "test")
    store = DynamoStore(BotoTransport(), SINGLY)
    for technology in scale.some_technologies():
        store.technologies.add(technology)
    for project in scale.some_projects(scale.SMALL):
        store.projects.add(project)
    assert contents(f"projects-{scale.SMALL}") == contents(SINGLY)


@pytest.mark.parametrize("read", LISTS)
def test_a_first_page_costs_the_same(small: Table, large: Table, read: str) -> None:
    def first(store: Store) -> object:
        return LISTS[read](store, None)

    assert large.work(first) == small.work(first)


@pytest.mark.parametrize("read", LISTS)
def test_a_later_page_costs_the_same(small: Table, large: Table, read: str) -> None:
    def later(table: Table) -> tuple[Counter[str], int]:
        second = LISTS[read](table.store, LISTS[read](table.store, None).next).next
        assert second is not None
        return table.work(lambda store: LISTS[read](store, second))

    assert later(large) == later(small)


@pytest.mark.parametrize("query", NARROW)
def test_a_page_that_hardly_anything_passes_costs_the_same(
    small: Table, large: Table, query: str
) -> None:
    def first(store: Store) -> object:
        return store.projects.find(NARROW[query], None, 50)

    assert large.work(first) == small.work(first)


@pytest.mark.parametrize("read", GETS)
def test_a_single_read_costs_the_same(small: Table, large: Table, read: str) -> None:
    assert large.work(GETS[read]) == small.work(GETS[read]) != (Counter(), 0)


def test_what_the_reads_cost(large: Table) -> None:
    """Told for the record: the comparisons are above."""
    for name, read in LISTS.items():
        calls, examined = large.work(partial(read, after=None))
        sys.stdout.write(f"\n{name}: {dict(calls)}, {examined} items")
    assert "Scan" not in large.recording.operations
