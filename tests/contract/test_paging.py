"""The contract of pages: the limits of one page, and a walk during other writes."""

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.models.page import EXAMINED_AT_MOST, Page
from chalicelib.models.project import SORTS, Project, ProjectQuery
from chalicelib.models.technology import TechnologyQuery
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import NOW, Find, ids, pages, people, project, remove, technology, uses

MANY = 1200
LAST = f"data {MANY - 1:04}"
SHARED = {
    "programme": "Census",
    "technologies": uses("python"),
    "contacts": people("me@example.org"),
}
Walk = Callable[[Store], Find[str]]


def names_in(page: Page[str]) -> list[str]:
    return [json.loads(text)["name"] for text in page.items]


def projects_by(**query: Any) -> Walk:
    return lambda store: partial(store.projects.find, ProjectQuery(**query))


def of_me(store: Store) -> Find[str]:
    return partial(store.projects.of_contact, "me@example.org")


DRIVERS: list[dict[str, Any]] = [
    {},
    {"technology": "python"},
    {"programme": "census"},
    {"words": ("data",)},
]
SORTED = [
    projects_by(sort=sort, **driver)
    for driver in (*DRIVERS, {"words": ("d", "data")})
    for sort in (None, *SORTS)
]


@pytest.fixture(scope="module")
def crowd(new_store: Opening) -> Store:
    """A store of MANY projects and technologies, of which only the last passes the filters."""
    store = new_store()
    store.technologies.add(technology("python"))
    for n in range(MANY):
        name = f"data {n:04}"
        stage, tags = ("unsupported", ("rare",)) if name == LAST else (None, ())
        store.projects.add(
            project(f"p{n:04}", name=name, stage=stage, updated_at=f"{NOW}{n:04}", **SHARED)
        )
        store.technologies.add(technology(f"t{n:04}", name=name, tags=tags))
    return store


@pytest.mark.parametrize(
    "walk",
    [
        *(
            projects_by(stage="unsupported", sort=sort, **driver)
            for driver in DRIVERS
            for sort in (None, "name", "updated_at")
        ),
        lambda store: partial(store.technologies.find, TechnologyQuery(tag="rare")),
    ],
)
def test_a_selective_filter_gives_empty_pages_before_the_end(crowd: Store, walk: Walk) -> None:
    assert [names_in(page) for page in pages(walk(crowd), 5)] == [[], [], [LAST]]


@pytest.mark.parametrize("walk", [*(projects_by(**driver) for driver in DRIVERS), of_me])
def test_a_list_of_many_is_whole(crowd: Store, walk: Walk) -> None:
    assert [len(page.items) for page in pages(walk(crowd), 100)] == [100] * (MANY // 100)


def test_no_page_holds_more_than_it_may_examine(crowd: Store) -> None:
    assert len(crowd.projects.find(ProjectQuery(), None, MANY).items) == EXAMINED_AT_MOST


def words_of(*vocabulary: str, least: int = 0, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(vocabulary), min_size=least, max_size=most)


# Other writes between two pages of a walk: the words of added projects, and whether the last project
# on the page is deleted.
Deeds = list[tuple[list[list[str]], bool]]
added = st.lists(words_of("data", "datum", "database", "x", "y", most=12), max_size=3)
deeds = st.lists(st.tuples(added, st.booleans()), min_size=3, max_size=6)
names = st.lists(
    words_of("data", "datum", "database", "v", "w", least=1, most=9), min_size=4, max_size=16
)


def named(n: int, name: list[str]) -> Project:
    updated_at = f"2026-01-{len(name):02}"
    return project(f"p{n}", name=f"{' '.join(name)} data {n}", updated_at=updated_at, **SHARED)


def crowded(store: Store, names: Iterable[list[str]]) -> set[str]:
    store.technologies.add(technology("python"))
    there = [named(n, name) for n, name in enumerate(names)]
    for each in there:
        store.projects.add(each)
    return {each.id for each in there}


@pytest.mark.parametrize("walk", [*SORTED, of_me])
@given(names=names, deeds=deeds)
@settings(max_examples=8, deadline=None, derandomize=True)
def test_a_walk_loses_and_repeats_nothing_while_others_write(
    new_store: Opening, walk: Walk, names: list[list[str]], deeds: Deeds
) -> None:
    store = new_store()
    there, met, removed = crowded(store, names), list[str](), set[str]()
    number, ahead = len(there), iter(deeds)
    for page in pages(walk(store), 2):
        met += ids(page.items)
        added, removes = next(ahead, ([], False))
        for name in added:
            store.projects.add(named(number, name))
            number += 1
        if removes and page.items:
            remove(store.projects, met[-1])
            removed.add(met[-1])
    assert len(met) == len(set(met))
    assert there - removed <= set(met)


@pytest.mark.parametrize("query", [TechnologyQuery(), TechnologyQuery(words=("da",))], ids=str)
def test_a_walk_over_technologies_loses_and_repeats_nothing(
    store: Store, query: TechnologyQuery
) -> None:
    there, met, removed = {f"t{n}" for n in range(20)}, list[str](), set[str]()
    for n in range(20):
        store.technologies.add(technology(f"t{n}", name=f"data {'x ' * (n % 5)}{n}"))
    for n, page in enumerate(pages(partial(store.technologies.find, query), 3)):
        met += ids(page.items)
        if page.items and n % 2:
            remove(store.technologies, met[-1])
            removed.add(met[-1])
        if n < 4:
            store.technologies.add(technology(f"new{n}", name=f"dat {'data ' * n}new {n}"))
    assert len(met) == len(set(met))
    assert there - removed <= set(met)


@pytest.mark.parametrize("walk", SORTED)
def test_a_walk_goes_on_where_all_it_has_shown_is_gone(store: Store, walk: Walk) -> None:
    there, met = crowded(store, [["data"] * (n % 3) for n in range(12)]), list[str]()
    for page in pages(walk(store), 3):
        met += ids(page.items)
        for found in ids(page.items):
            remove(store.projects, found)
    assert sorted(met) == sorted(there)
