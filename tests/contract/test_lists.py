"""The contract of lists: what they hold and in which order, whatever drives them and filters them."""

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
)
from chalicelib.models.technology import QUADRANTS, RINGS, Move, Technology, TechnologyQuery
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    NOW,
    add_project,
    pages,
    people,
    project,
    projects_in,
    projects_of,
    replace_project,
    technologies_of,
    technology,
    uses,
)

WORDS = ("data", "database", "Épée", "C#", "c++", "survey", "Z")
PROGRAMMES = ("", "Census", "census 2031", "Économie")
TECHNOLOGIES = ("aws", "c-sharp", "python")
EMAILS = ("a@example.org", "b@example.org", "C@example.org")
LIMITS = (1, 2, 7, 50)


def some_projects(random: Random, number: int) -> Iterable[Project]:
    """Projects that share words, times, programmes and all that can be filtered by."""
    for n in range(number):
        kind = random.choice((None, *DEVELOPMENTS))
        yield project(
            f"p{random.randrange(10**6)}-{n}",
            name=f"{' '.join(random.choices(WORDS, k=random.randint(1, 4)))} {n}",
            short_name=random.choice(("", "SDX", "data")),
            programme=random.choice(PROGRAMMES),
            stage=random.choice((None, *STAGES)),
            development=kind and Development(kind),
            hosting=Hosting(tuple(random.sample(HOSTINGS, random.randint(0, 3)))),
            technologies=uses(*random.sample(TECHNOLOGIES, random.randint(0, 3))),
            updated_at=f"2026-01-0{random.randint(1, 4)}T00:00:00.000Z",
        )


def some_technologies(random: Random, number: int) -> Iterable[Technology]:
    for n in range(number):
        yield technology(
            f"t{random.randrange(10**6)}-{n}",
            name=f"{' '.join(random.choices(WORDS, k=random.randint(1, 4)))} {n}",
            quadrant=random.choice(QUADRANTS),
            moves=(Move("review", NOW), Move(random.choice(RINGS), NOW)),
            tags=tuple(random.sample(("Cloud", "ml", "Größe"), random.randint(0, 2))),
            aliases=(f"{random.choice(WORDS)} alias {n}",) * random.randint(0, 1),
        )


def fill(store: Store, projects: Iterable[Project]) -> list[Project]:
    """Each project's contacts are those EMAILS whose letter its name holds."""
    for technology_id in TECHNOLOGIES:
        store.technologies.add(technology(technology_id))
    added = list(projects)
    for each in added:
        add_project(store, each, people(*(e for e in EMAILS if e[0] in each.name)))
    return added


@pytest.fixture(scope="module")
def population(new_store: Opening) -> tuple[Store, list[Project]]:
    store = new_store()
    return store, fill(store, some_projects(Random(1), 60))


@pytest.fixture(scope="module")
def technologies(new_store: Opening) -> tuple[Store, list[Technology]]:
    store = new_store()
    added = list(some_technologies(Random(2), 60))
    for each in added:
        store.technologies.add(each)
    return store, added


def by_name(record: Technology) -> tuple[str | int, str]:
    return record.name_key, record.id


def listed(store: Store, project_id: str) -> Project:
    found = store.projects.get(project_id)
    assert found is not None
    return replace(found, contacts=())


def rank(record: Project | Technology) -> tuple[str | int, str]:
    """Of a search: the fewest letters first."""
    return len(" ".join(record.words)), record.id


def sort_key(query: ProjectQuery) -> Callable[[Project], tuple[str | int, str]]:
    if query.words and query.sort is None:
        return rank
    if (query.sort or "name").endswith("name"):
        return lambda p: (p.name_key, p.id)
    return lambda p: (p.updated_at, p.id)


def expected(projects: Iterable[Project], query: ProjectQuery) -> list[Project]:
    backwards = (query.sort or "").startswith("-")
    return sorted(filter(query.admits, projects), key=sort_key(query), reverse=backwards)


def assert_lists(store: Store, projects: list[Project], query: ProjectQuery, limit: int) -> None:
    """The list is the model's."""
    assert projects_of(store, query, limit) == expected(projects, query)


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
    population: tuple[Store, list[Project]], driver: dict[str, Any], sort: str | None, limit: int
) -> None:
    assert_lists(*population, ProjectQuery(sort=sort, **driver), limit)


COMBINATIONS = [
    dict(
        zip(("words", "technology", "programme", "stage", "development", "hosting"), c, strict=True)
    )
    for c in product(
        ((), ("da",)),
        (None, "python"),
        (None, "census"),
        (None, "development"),
        (None, "in-house"),
        (None, "cloud"),
    )
]


@pytest.mark.parametrize("filters", COMBINATIONS, ids=str)
def test_every_combination_of_filters_holds_what_all_of_them_admit(
    population: tuple[Store, list[Project]], filters: dict[str, Any]
) -> None:
    for sort, limit in product((None, *SORTS), (2, 7)):
        assert_lists(*population, ProjectQuery(sort=sort, **filters), limit)


@pytest.mark.parametrize("limit", LIMITS)
def test_no_page_is_longer_than_its_limit(
    population: tuple[Store, list[Project]], limit: int
) -> None:
    find = partial(population[0].projects.find, ProjectQuery())
    assert max(len(page.items) for page in pages(find, limit)) <= limit


def test_the_last_page_says_that_it_is_the_last(population: tuple[Store, list[Project]]) -> None:
    store, projects = population
    assert store.projects.find(ProjectQuery(), None, len(projects)).next is None


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("email", EMAILS)
def test_a_contacts_projects_come_by_id(
    population: tuple[Store, list[Project]], email: str, limit: int
) -> None:
    store, projects = population
    theirs = sorted((p for p in projects if email[0] in p.name), key=lambda p: p.id)
    find = partial(store.projects.of_contact, email.casefold())
    assert projects_in(find, limit) == theirs


def test_a_project_that_changes_is_in_its_new_place_alone(new_store: Opening) -> None:
    store = new_store()
    added = fill(store, some_projects(Random(3), 20))
    changed = list(some_projects(Random(4), 20))
    for old, new in zip(added, changed, strict=True):
        replace_project(store, replace(new, id=old.id), 1)
    now = [listed(store, old.id) for old in added]
    for driver, sort in product(DRIVERS, (None, *SORTS)):
        assert_lists(store, now, ProjectQuery(sort=sort, **driver), 7)


queries = st.builds(
    ProjectQuery,
    words=st.lists(
        st.sampled_from(("d", "data", "databas", "epee", "c#", "c", "9")), max_size=2
    ).map(tuple),
    technology=st.sampled_from((None, None, *TECHNOLOGIES, "")),
    programme=st.sampled_from((None, None, "census", "économie", "")),
    stage=st.sampled_from((None, None, *STAGES)),
    development=st.sampled_from((None, None, *DEVELOPMENTS)),
    hosting=st.sampled_from((None, None, *HOSTINGS)),
    sort=st.sampled_from((None, *SORTS)),
)


@given(query=queries, limit=st.sampled_from(LIMITS))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_list_is_what_a_plain_filter_and_sort_would_give(
    population: tuple[Store, list[Project]], query: ProjectQuery, limit: int
) -> None:
    assert_lists(*population, query, limit)


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
    store = new_store()
    projects = fill(store, some_projects(Random(seed), number))
    for query in asked:
        assert_lists(store, projects, query, limit)


TECHNOLOGY_FILTERS = [
    dict(zip(("words", "quadrant", "ring", "tag"), c, strict=True))
    for c in product(((), ("da",)), (None, "languages"), (None, "hold"), (None, "CLOUD"))
]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("filters", TECHNOLOGY_FILTERS, ids=str)
def test_a_list_of_technologies_holds_what_all_filters_admit(
    technologies: tuple[Store, list[Technology]], filters: dict[str, Any], limit: int
) -> None:
    store, added = technologies
    query = TechnologyQuery(**filters)
    order = rank if query.words else by_name
    assert technologies_of(store, query, limit) == sorted(filter(query.admits, added), key=order)
