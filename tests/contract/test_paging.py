"""The contract of pages: how much one may examine, and what happens to a walk while others write."""

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.models.page import EXAMINED_AT_MOST, Page
from chalicelib.models.project import SORTS, Project, ProjectQuery
from chalicelib.models.technology import Technology, TechnologyQuery
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    NOW,
    Find,
    add_project,
    ids,
    pages,
    people,
    project,
    remove_project,
    remove_technology,
    technology,
    uses,
)

MANY = 1200
LAST = f"data {MANY - 1:04}"


def names_in(page: Page[str]) -> list[str]:
    return [json.loads(text)["name"] for text in page.items]


DRIVERS: list[dict[str, Any]] = [
    {},
    {"technology": "python"},
    {"programme": "census"},
    {"words": ("data",)},
]


@pytest.fixture(scope="module")
def crowd(new_store: Opening) -> Store:
    """A store of MANY projects and technologies, of which only the last will pass the filters."""
    store = new_store()
    store.technologies.add(technology("python"))
    for n in range(MANY):
        name = f"data {n:04}"
        last = {"stage": "unsupported"} if name == LAST else {}
        add_project(
            store,
            project(
                f"p{n:04}",
                name=name,
                programme="Census",
                technologies=uses("python"),
                updated_at=f"{NOW}{n:04}",
                **last,
            ),
            people("me@example.org"),
        )
        store.technologies.add(
            technology(f"t{n:04}", name=name, tags=("rare",) if name == LAST else ())
        )
    return store


@pytest.mark.parametrize("sort", [None, "name", "updated_at"])
@pytest.mark.parametrize("driver", DRIVERS, ids=str)
def test_a_selective_filter_gives_empty_pages_before_the_end(
    crowd: Store, driver: dict[str, Any], sort: str | None
) -> None:
    query = ProjectQuery(stage="unsupported", sort=sort, **driver)
    found = [names_in(page) for page in pages(partial(crowd.projects.find, query), 5)]
    assert found == [[], [], [LAST]]


def test_a_selective_filter_of_technologies_gives_empty_pages_too(crowd: Store) -> None:
    find = partial(crowd.technologies.find, TechnologyQuery(tag="rare"))
    assert [names_in(page) for page in pages(find, 5)] == [[], [], [LAST]]


@pytest.mark.parametrize("driver", DRIVERS, ids=str)
def test_a_list_of_many_is_whole(crowd: Store, driver: dict[str, Any]) -> None:
    find = partial(crowd.projects.find, ProjectQuery(**driver))
    assert [len(page.items) for page in pages(find, 100)] == [100] * (MANY // 100)


def test_a_contacts_list_of_many_is_whole(crowd: Store) -> None:
    find = partial(crowd.projects.of_contact, "me@example.org")
    assert [len(page.items) for page in pages(find, 100)] == [100] * (MANY // 100)


def test_no_page_holds_more_than_it_may_examine(crowd: Store) -> None:
    assert len(crowd.projects.find(ProjectQuery(), None, MANY).items) == EXAMINED_AT_MOST


# What others do between two pages of a walk: the words of projects they add, and whether they
# remove what the page showed last.
deeds = st.lists(
    st.tuples(
        st.lists(
            st.lists(st.sampled_from(("data", "datum", "database", "x", "y")), max_size=12),
            max_size=3,
        ),
        st.booleans(),
    ),
    min_size=3,
    max_size=6,
)
names = st.lists(
    st.lists(st.sampled_from(("data", "datum", "database", "v", "w")), min_size=1, max_size=9),
    min_size=4,
    max_size=16,
)


def named(n: int, name: Iterable[str]) -> Project:
    return project(
        f"p{n}",
        name=f"{' '.join(name)} data {n}",
        programme="Census",
        technologies=uses("python"),
        updated_at=f"2026-01-{len(list(name)):02}",
    )


def ids_while_others_write(
    store: Store, find: Find[str], deeds: Iterable[tuple[list[list[str]], bool]], first: int
) -> tuple[list[str], set[str]]:
    """The ids that a walk meets while others write between its pages, and those they removed."""
    met: list[str] = []
    removed: set[str] = set()
    ahead = iter(deeds)
    for page in pages(find, 2):
        met += ids(page.items)
        added, removes = next(ahead, ([], False))
        for name in added:
            add_project(store, named(first, name), people("me@example.org"))
            first += 1
        if removes and page.items:
            remove_project(store, met[-1], 1)
            removed.add(met[-1])
    return met, removed


def assert_keeps_its_place(
    store: Store,
    find: Find[str],
    there: list[Project],
    deeds: list[tuple[list[list[str]], bool]],
) -> None:
    met, removed = ids_while_others_write(store, find, deeds, len(there))
    assert len(met) == len(set(met))
    assert {p.id for p in there} - removed <= set(met)


def crowded(store: Store, names: list[list[str]]) -> list[Project]:
    store.technologies.add(technology("python"))
    there = [named(n, name) for n, name in enumerate(names)]
    for each in there:
        add_project(store, each, people("me@example.org"))
    return there


@pytest.mark.parametrize("sort", [None, *SORTS])
@pytest.mark.parametrize("driver", [*DRIVERS, {"words": ("d", "data")}], ids=str)
@given(names=names, deeds=deeds)
@settings(max_examples=8, deadline=None, derandomize=True)
def test_a_walk_loses_and_repeats_nothing_while_others_write(
    new_store: Opening,
    driver: dict[str, Any],
    sort: str | None,
    names: list[list[str]],
    deeds: list[tuple[list[list[str]], bool]],
) -> None:
    store = new_store()
    there = crowded(store, names)
    find = partial(store.projects.find, ProjectQuery(sort=sort, **driver))
    assert_keeps_its_place(store, find, there, deeds)


@given(names=names, deeds=deeds)
@settings(max_examples=8, deadline=None, derandomize=True)
def test_a_walk_over_a_contacts_projects_loses_and_repeats_nothing(
    new_store: Opening, names: list[list[str]], deeds: list[tuple[list[list[str]], bool]]
) -> None:
    store = new_store()
    there = crowded(store, names)
    find = partial(store.projects.of_contact, "me@example.org")
    assert_keeps_its_place(store, find, there, deeds)


def technologies_of_many_lengths(store: Store) -> list[Technology]:
    there = [technology(f"t{n}", name=f"data {'x ' * (n % 5)}{n}") for n in range(20)]
    for each in there:
        store.technologies.add(each)
    return there


@pytest.mark.parametrize("query", [TechnologyQuery(), TechnologyQuery(words=("da",))], ids=str)
def test_a_walk_over_technologies_loses_and_repeats_nothing(
    store: Store, query: TechnologyQuery
) -> None:
    there = technologies_of_many_lengths(store)
    met: list[str] = []
    removed: set[str] = set()
    for n, page in enumerate(pages(partial(store.technologies.find, query), 3)):
        met += ids(page.items)
        if page.items and n % 2:
            remove_technology(store, met[-1], 1)
            removed.add(met[-1])
        if n < 4:
            store.technologies.add(technology(f"new{n}", name=f"dat {'data ' * n}new {n}"))
    assert len(met) == len(set(met))
    assert {t.id for t in there} - removed <= set(met)


@pytest.mark.parametrize("sort", [None, *SORTS])
@pytest.mark.parametrize("driver", DRIVERS, ids=str)
def test_a_walk_goes_on_where_all_it_has_shown_is_gone(
    store: Store, driver: dict[str, Any], sort: str | None
) -> None:
    there = crowded(store, [["data"] * (n % 3) for n in range(12)])
    met: list[str] = []
    for page in pages(partial(store.projects.find, ProjectQuery(sort=sort, **driver)), 3):
        met += ids(page.items)
        for found in ids(page.items):
            remove_project(store, found, 1)
    assert sorted(met) == sorted(p.id for p in there)
