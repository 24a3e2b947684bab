"""The contract of searches: every word is a prefix of a word, and no character is an operator."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import TechnologyQuery
from chalicelib.models.text import words
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    change,
    project,
    projects_of,
    searched,
    searched_technologies,
    technologies_of,
    technology,
)

NAMES = {
    "c": "C",
    "c-sharp": "C# Tools",
    "c-plus-plus": "C++ Tools",
    "dot-net": ".NET Core",
    "r": "R",
    "ruby": "Ruby",
    "go": "Go",
    "django": "Django",
    "pl-sql": "PL/SQL",
    "snake": "snake_case",
    "cafe": "Café Straße",
    "near": "NEAR and OR not",
    "cyrillic": "Ёлка",
    "japanese": "調査 システム",
}


@pytest.fixture(scope="module")
def named(new_store: Opening) -> Store:
    store = new_store()
    for each, name in NAMES.items():
        store.projects.add(project(each, name=name))
        store.technologies.add(technology(each, name=name))
    return store


FOUND: list[tuple[str, set[str]]] = [
    ("C", {"c", "c-sharp", "c-plus-plus", "dot-net", "cafe"}),
    ("C#", {"c-sharp"}),
    ("c++", {"c-plus-plus"}),
    ("c+", {"c-plus-plus"}),
    (".NET", {"dot-net"}),
    ("net", {"dot-net"}),
    ("R", {"r", "ruby"}),
    ("Go", {"go"}),
    ("PL/SQL", {"pl-sql"}),
    ("sql pl", {"pl-sql"}),
    ("SNAKE_", {"snake"}),
    ("case", set()),
    ("CAFE", {"cafe"}),
    ("café", {"cafe"}),
    ("strasse", {"cafe"}),
    ("STRAẞE caf", {"cafe"}),
    ("елка", {"cyrillic"}),
    ("シス", {"japanese"}),
    ("tools c", {"c-sharp", "c-plus-plus"}),
    ("tool tools too", {"c-sharp", "c-plus-plus"}),
    ("tools nowhere", set()),
    ("AND", {"near"}),
    ("near OR", {"near"}),
    ("NEAR(and or)", {"near"}),
    ("C OR R", set()),
    ("NOT c", set()),
    ('"tools"', {"c-sharp", "c-plus-plus"}),
    ("too*", {"c-sharp", "c-plus-plus"}),
    ("^tools", {"c-sharp", "c-plus-plus"}),
    ("words:tools", set()),
    ("rank:", set()),
    ("-tools", {"c-sharp", "c-plus-plus"}),
    ("{tools}", {"c-sharp", "c-plus-plus"}),
    ("' OR 1=1 --", set()),
]


@pytest.mark.parametrize(("text", "ids"), FOUND)
def test_a_search_finds_what_has_words_that_begin_so(
    named: Store, text: str, ids: set[str]
) -> None:
    assert [set(searched(named, text)), set(searched_technologies(named, text))] == [ids, ids]


def test_a_search_looks_into_all_names_but_not_the_description(store: Store) -> None:
    store.projects.add(
        project("sdx", short_name="SHORT", programme="Big Programme", description="described")
    )
    store.technologies.add(technology("c-sharp", name="C#", aliases=("See Sharp",)))
    found = [searched(store, text) for text in ("short", "sdx big", "described")]
    assert found == [["sdx"], ["sdx"], []]
    assert searched_technologies(store, "c# sharp") == ["c-sharp"]


def test_a_search_for_very_many_words_is_answered(named: Store) -> None:
    assert searched(named, " ".join(f"w{n}" for n in range(2000))) == []


texts = st.text(max_size=12) | st.lists(
    st.sampled_from(('"', "*", "(", ")", ":", "AND", "NEAR(", "c", "C#", "-", "+", "^", "'", "é")),
    max_size=6,
).map(" ".join)


@given(text=texts)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_text_is_an_error_and_each_finds_what_it_should(named: Store, text: str) -> None:
    query = ProjectQuery(words=words(text))
    assert set(searched(named, text)) == {p.id for p in filter(query.admits, projects_of(named))}


@given(
    name=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_every_name_is_found_by_each_of_its_words(new_names: Store, name: str) -> None:
    change(new_names.technologies, "one", name=name, aliases=("other",))
    for word in words(name):
        query = TechnologyQuery(words=(word,))
        assert [t.id for t in technologies_of(new_names, query)] == ["one"]


@pytest.fixture(scope="module")
def new_names(new_store: Opening) -> Store:
    """A store with one technology, which the tests rename repeatedly."""
    store = new_store()
    store.technologies.add(technology("one"))
    return store
