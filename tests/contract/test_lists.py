"""The contract of lists: their contents and order under every driver and filter."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.models.project import (
    DEVELOPMENTS,
    HOSTINGS,
    SORTS,
    STAGES,
    Development,
    Hosting,
    Project,
    ProjectQuery,
    project_from,
)
from chalicelib.models.technology import QUADRANTS, RINGS, Move, Technology, TechnologyQuery
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    NOW,
    pages,
    people,
    project,
    projects_in,
    technologies_of,
    technology,
    there,
    uses,
)

WORDS = ("data", "database", "Épée", "C#", "c++", "survey", "Z")
PROGRAMMES = ("", "Census", "census 2031", "Économie")
TECHNOLOGIES = ("aws", "c-sharp", "python")
EMAILS = ("a@example.org", "b@example.org", "C@example.org")
LIMITS = (1, 2, 7, 50)


def some_projects(random: Random, number: int) -> list[Project]:
    """They share words, times, programmes and all values of filters. Letters of a name choose its EMAILS."""
    return [some_project(random, n) for n in range(number)]


def some_project(random: Random, n: int) -> Project:
    name = f"{' '.join(random.choices(WORDS, k=random.randint(1, 4)))} {n}"
    kind = random.choice((None, *DEVELOPMENTS))
    return project(
        f"p{random.randrange(10**6)}-{n}",
        name=name,
        short_name=random.choice(("", "SDX", "data")),
        programme=random.choice(PROGRAMMES),
        stage=random.choice((None, *STAGES)),
        development=kind and Development(kind),
        hosting=Hosting(tuple(random.sample(HOSTINGS, random.randint(0, 3)))),
        technologies=uses(*random.sample(TECHNOLOGIES, random.randint(0, 3))),
        contacts=people(*(each for each in EMAILS if each[0] in name)),
        updated_at=f"2026-01-0{random.randint(1, 4)}T00:00:00.000Z",
    )


def some_technology(random: Random, n: int) -> Technology:
    return technology(
        f"t{random.randrange(10**6)}-{n}",
        name=f"{' '.join(random.choices(WORDS, k=random.randint(1, 4)))} {n}",
        quadrant=random.choice(QUADRANTS),
        moves=(Move("review", NOW), Move(random.choice(RINGS), NOW)),
        tags=tuple(random.sample(("Cloud", "ml", "Größe"), random.randint(0, 2))),
        aliases=(f"{random.choice(WORDS)} alias {n}",) * random.randint(0, 1),
    )


def filled(store: Store, projects: Iterable[Project]) -> Store:
    for technology_id in TECHNOLOGIES:
        store.technologies.add(technology(technology_id))
    for each in projects:
        store.projects.add(each)
    return store


Population = tuple[Store, list[Project]]


@pytest.fixture(scope="module")
def population(new_store: Opening) -> Population:
    projects = some_projects(Random(1), 60)
    return filled(new_store(), projects), projects


@pytest.fixture(scope="module")
def technologies(new_store: Opening) -> tuple[Store, list[Technology]]:
    store, random = new_store(), Random(2)
    added = [some_technology(random, n) for n in range(60)]
    for each in added:
        store.technologies.add(each)
    return store, added


def rank(record: Project | Technology) -> tuple[str | int, str]:
    """The order of a search: the fewest letters first."""
    return len(" ".join(record.words)), record.id


def by_name(record: Project | Technology) -> tuple[str | int, str]:
    return record.name_key, record.id


def sort_key(query: ProjectQuery) -> Callable[[Project], tuple[str | int, str]]:
    if query.words and query.sort is None:
        return rank
    return by_name if (query.sort or "name").endswith("name") else lambda p: (p.updated_at, p.id)


def assert_lists(store: Store, projects: list[Project], query: ProjectQuery, limit: int) -> None:
    """Compares the list with the model, in pages of at most `limit`."""
    backwards = (query.sort or "").startswith("-")
    wanted = sorted(filter(query.admits, projects), key=sort_key(query), reverse=backwards)
    found = list(pages(partial(store.projects.find, query), limit))
    texts = [text for page in found for text in page.items]
    listed = [project_from(json.loads(text)) for text in texts]
    assert listed == [replace(each, contacts=()) for each in wanted]
    assert max(len(page.items) for page in found) <= limit


DRIVERS: list[dict[str, Any]] = [
    {},
    {"technology": "python"},
    {"technology": "nobody"},
    {"programme": "census"},
    {"programme": ""},
    {"words": ("data",)},
    {"words": ("da", "c")},
    {"words": ("nowhere",)},
]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("sort", [None, *SORTS])
@pytest.mark.parametrize("driver", DRIVERS, ids=str)
def test_a_list_is_whole_and_in_order(
    population: Population, driver: dict[str, Any], sort: str | None, limit: int
) -> None:
    assert_lists(*population, ProjectQuery(sort=sort, **driver), limit)


def combined(**filters: Any) -> list[dict[str, Any]]:
    """Every combination of the filters, each present or absent."""
    either = product(*(({}, {name: value}) for name, value in filters.items()))
    return [{k: v for each in some for k, v in each.items()} for some in either]


COMBINATIONS = combined(
    words=("da",),
    technology="python",
    programme="census",
    stage="development",
    development="in-house",
    hosting="cloud",
)


@pytest.mark.parametrize("filters", COMBINATIONS, ids=str)
def test_every_combination_of_filters_holds_what_all_of_them_admit(
    population: Population, filters: dict[str, Any]
) -> None:
    for sort, limit in product((None, *SORTS), (2, 7)):
        assert_lists(*population, ProjectQuery(sort=sort, **filters), limit)


def test_the_last_page_says_that_it_is_the_last(population: Population) -> None:
    store, projects = population
    assert store.projects.find(ProjectQuery(), None, len(projects)).next is None


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("email", EMAILS)
def test_a_contacts_projects_come_by_id(population: Population, email: str, limit: int) -> None:
    store, projects = population
    theirs = sorted((p for p in projects if email[0] in p.name), key=lambda p: p.id)
    found = projects_in(partial(store.projects.of_contact, email.casefold()), limit)
    assert found == [replace(each, contacts=()) for each in theirs]


def test_a_project_that_changes_is_in_its_new_place_alone(new_store: Opening) -> None:
    added = some_projects(Random(3), 20)
    store = filled(new_store(), added)
    for old, new in zip(added, some_projects(Random(4), 20), strict=True):
        store.projects.replace(there(store.projects, old.id), replace(new, id=old.id, version=2))
    now = [there(store.projects, old.id) for old in added]
    for driver, sort in product(DRIVERS, (None, *SORTS)):
        assert_lists(store, now, ProjectQuery(sort=sort, **driver), 7)


some_words = st.sampled_from(("d", "data", "databas", "epee", "c#", "c", "9"))
queries = st.builds(
    ProjectQuery,
    words=st.lists(some_words, max_size=2).map(tuple),
    technology=st.sampled_from((None, None, *TECHNOLOGIES, "")),
    programme=st.sampled_from((None, None, "census", "économie", "")),
    stage=st.sampled_from((None, None, *STAGES)),
    development=st.sampled_from((None, None, *DEVELOPMENTS)),
    hosting=st.sampled_from((None, None, *HOSTINGS)),
    sort=st.sampled_from((None, *SORTS)),
)


@given(
    seed=st.integers(0, 2**32),
    number=st.integers(0, 12),
    asked=st.lists(queries, min_size=1, max_size=8),
    limit=st.sampled_from(LIMITS),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_any_projects_are_listed_as_a_plain_filter_and_sort_would_give(
    new_store: Opening, seed: int, number: int, asked: list[ProjectQuery], limit: int
) -> None:
    projects = some_projects(Random(seed), number)
    store = filled(new_store(), projects)
    for query in asked:
        assert_lists(store, projects, query, limit)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(
    "filters", combined(words=("da",), quadrant="languages", ring="hold", tag="CLOUD"), ids=str
)
def test_a_list_of_technologies_holds_what_all_filters_admit(
    technologies: tuple[Store, list[Technology]], filters: dict[str, Any], limit: int
) -> None:
    store, added = technologies
    query = TechnologyQuery(**filters)
    order = rank if query.words else by_name
    assert technologies_of(store, query, limit) == sorted(filter(query.admits, added), key=order)
