"""The costs of a page: calls, and items that DynamoDB examines.

test_answer_calls.py has the costs of each answer of the API.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import TechnologyQuery
from chalicelib.stores.port import Store
from tests.contract.samples import people, project, technology, uses
from tests.support.emulator import Emulator
from tests.support.faults import Recording, emulated_tables

NUMBER = 110
Read = Callable[[Store, int], object]
QUERY = Counter({"Query": 1})
ROWS = Counter({"Query": 1, "BatchGetItem": 1})


def find(**query: Any) -> Read:
    return lambda store, limit: store.projects.find(ProjectQuery(**query), None, limit)


def of_contact(store: Store, limit: int) -> object:
    return store.projects.of_contact("a@example.org", None, limit)


# For one page: the number of items examined for each item shown, and the list.
LISTS: Mapping[str, tuple[int, Read]] = {
    "all": (1, find()),
    "by name": (1, find(sort="-name")),
    "by time": (1, find(sort="updated_at")),
    "programme": (1, find(programme="census")),
    "technology": (2, find(technology="t1")),
    "contact": (2, of_contact),
    "words": (2, find(words=("shared",))),
}
# DynamoDB filters these itself: they make one Query, also if few items pass.
FILTERED: Mapping[str, Read] = {
    "stage": find(stage="unsupported"),
    "words, by name": find(words=("shared",), sort="name"),
    "technology, by time": find(technology="t1", sort="-updated_at"),
    "programme and hosting": find(programme="census", hosting="cloud"),
}
Work = Callable[[Read, int], tuple[Counter[str], int]]


@pytest.fixture(scope="module")
def work(emulator: Emulator) -> Iterator[Work]:
    """Measures a read, in a table whose lists are all longer than a page."""
    with emulated_tables(emulator) as tables:
        recording = Recording(tables.transport)
        store = tables.open(tables.new(), recording)
        for n in range(NUMBER):
            store.technologies.add(technology(f"t{n}"))
        shared = {"programme": "Census", "technologies": uses("t1")}
        for n in range(NUMBER):
            contacts = people("a@example.org")
            store.projects.add(project(f"p{n}", short_name="Shared", contacts=contacts, **shared))
        store.cursor_key()

        def done(read: Read, limit: int) -> tuple[Counter[str], int]:
            recording.forget()
            read(store, limit)
            return recording.work()

        yield done


@pytest.mark.parametrize("limit", [1, 50, 100])
@pytest.mark.parametrize("read", LISTS)
def test_a_page_is_one_query_and_at_most_one_batch(work: Work, read: str, limit: int) -> None:
    """It examines one more row, to see whether the list goes on, and its record if the batch has room."""
    per_item, act = LISTS[read]
    one_more = 1 if per_item == 2 and limit == 100 else per_item
    calls = QUERY if per_item == 1 else ROWS
    assert work(act, limit) == (calls, limit * per_item + one_more)


@pytest.mark.parametrize("name", FILTERED)
def test_a_page_behind_a_filter_is_one_query(work: Work, name: str) -> None:
    assert work(FILTERED[name], 1)[0] == QUERY


def test_technologies_are_a_query_and_their_counts_a_batch(work: Work) -> None:
    cost = work(lambda store, limit: store.technologies.find(TechnologyQuery(), None, limit), 50)
    assert cost == (ROWS, 51 + 50)


def test_a_page_with_a_filter_over_rows_examines_each_once(work: Work) -> None:
    assert work(find(technology="t1", stage="unsupported"), 1)[1] == 2 * NUMBER
