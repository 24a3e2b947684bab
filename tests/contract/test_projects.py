"""The contract of projects: conditional writes, their links, their contacts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import (
    IdTakenError,
    NameTakenError,
    NotFoundError,
    ReceiptExistsError,
    RegisterError,
    UnknownTechnologyError,
    VersionMismatchError,
)
from chalicelib.models.project import (
    Contact,
    Development,
    Hosting,
    Item,
    Project,
    ProjectQuery,
    Repository,
    Use,
    project_document,
)
from chalicelib.models.text import as_json
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    TOMORROW,
    change,
    contents,
    counts,
    of_contact,
    people,
    project,
    projects_of,
    read_as,
    receipt,
    remove,
    searched,
    technologies_of,
    technology,
    there,
    uses,
)

FULL = project(
    "sdx",
    name="Süßer Datenaustausch — 調査 𝒳",
    short_name="SDX",
    programme="Économie",
    description='"quoted"\n\ttabbed ☂ \\/\u2028',
    stage="active-support",
    development=Development("partnership", "Größe & Co"),
    hosting=Hosting(("cloud", "on-premises"), ("AWS", "Zürich")),
    environments=("prod", "dev"),
    documentation=("https://example.org/ä", "https://example.org/b"),
    programme_short_name="ÉCO",
    dependencies=(Item("Adreßbuch", "for postcodes"), Item("Adreßbuch")),
    miscellaneous=(Item("Trello"),),
    repositories=(Repository("github", "https://example.org/r", "größer"), Repository("other")),
    technologies=(
        Use("python", "languages", True),
        Use("aws", "infrastructure"),
        Use("python", "frameworks"),
    ),
    version=3,
    updated_at=TOMORROW,
    updated_by="wrïter@example.org",
    contacts=(
        Contact("Zoë@example.org", ("editor", "lead"), "Grade 7"),
        Contact("a@example.org"),
        Contact("M@example.org", ("viewer",)),
    ),
)
MINE = project("mine", technologies=uses("aws"), contacts=people("me@example.org"))
TAKEN = project("taken", name="Taken Name", contacts=people("owner@example.org"))
Write = Callable[[Store], object]
OF_MINE = ("mine", "me@example.org", "used")
OF_REFUSED = ("refused", "refused@example.org", "fresh")


@pytest.fixture
def known(store: Store) -> Store:
    """A store with two technologies, two projects and a receipt."""
    store.technologies.add(technology("python"))
    store.technologies.add(technology("aws"))
    store.projects.add(TAKEN)
    store.projects.add(MINE, receipt("used"))
    return store


def test_every_field_comes_back(known: Store, reopen: Opening) -> None:
    known.projects.add(FULL)
    assert [known.projects.get("sdx"), reopen().projects.get("sdx")] == [FULL, FULL]
    assert replace(FULL, contacts=(), updated_by=None) in projects_of(known)
    assert counts(known, "python", "aws") == [1, 2]


def test_every_field_is_replaced(known: Store) -> None:
    known.projects.add(project("sdx"))
    known.projects.replace(there(known.projects, "sdx"), FULL)
    turned = (*reversed(FULL.contacts), Contact("new@example.org"))
    for wanted in (FULL, replace(FULL, contacts=turned), replace(FULL, contacts=())):
        known.projects.replace(there(known.projects, "sdx"), wanted)
        assert known.projects.get("sdx") == wanted


def test_a_project_nobody_added_is_none(store: Store) -> None:
    assert store.projects.get("nobody") is None


def add(store: Store, key: str = "fresh", **changes: Any) -> None:
    contacts = people("refused@example.org")
    refused = project("refused", short_name="refused", contacts=contacts, **changes)
    store.projects.add(refused, receipt(key))


def rewrite(store: Store, project_id: str, version: int, name: str, used: str) -> None:
    read = read_as(store.projects, project(project_id, version=version))
    refused = {"technologies": uses("python", used), "contacts": people("refused@example.org")}
    store.projects.replace(read, replace(read, name=name, short_name="refused", **refused))


def remove_as(store: Store, project_id: str, version: int) -> None:
    store.projects.remove(project(project_id, version=version))


OF_TAKEN: dict[str, Any] = {"id": "taken", "name": "Taken Name", "technologies": uses("x")}
REFUSED: list[tuple[type[RegisterError], Write]] = [
    (ReceiptExistsError, lambda store: add(store, "used", **OF_TAKEN)),
    (NameTakenError, lambda store: add(store, **OF_TAKEN)),
    (NameTakenError, lambda store: add(store, id="mine", name=" taken\t NAME ")),
    (IdTakenError, lambda store: add(store, id="taken", technologies=uses("x"))),
    (UnknownTechnologyError, lambda store: add(store, technologies=uses("python", "aws", "x"))),
    (NotFoundError, lambda store: rewrite(store, "nobody", 7, "Taken Name", "x")),
    (VersionMismatchError, lambda store: rewrite(store, "mine", 7, "Taken Name", "x")),
    (VersionMismatchError, lambda store: rewrite(store, "mine", 0, "refused", "python")),
    (NameTakenError, lambda store: rewrite(store, "mine", 1, "TAKEN  name", "x")),
    (UnknownTechnologyError, lambda store: rewrite(store, "mine", 1, "refused", "x")),
    (NotFoundError, lambda store: remove_as(store, "nobody", 1)),
    (VersionMismatchError, lambda store: remove_as(store, "mine", 2)),
]


@pytest.mark.parametrize(("error", "write"), REFUSED)
def test_a_write_is_refused_for_its_first_fault_and_changes_nothing(
    known: Store, error: type[RegisterError], write: Write
) -> None:
    before = contents(known, *OF_REFUSED), contents(known, *OF_MINE)
    with pytest.raises(error):
        write(known)
    assert (contents(known, *OF_REFUSED), contents(known, *OF_MINE)) == before


def test_a_removed_project_leaves_nothing_but_its_receipt(known: Store) -> None:
    remove(known.projects, "mine")
    assert contents(known, *OF_MINE) == (
        [replace(TAKEN, contacts=())],
        [TAKEN.contacts],
        [technology("aws"), technology("python")],
        *([], [], [], {}),
        receipt("used"),
    )


@pytest.mark.parametrize("name", ["STRASSE  eins", "strasse eins", " Straße\neins"])
def test_names_are_compared_without_case_white_space_and_unicode_form(
    store: Store, name: str
) -> None:
    store.projects.add(project("one", name="Straße eins"))
    with pytest.raises(NameTakenError):
        store.projects.add(project("two", name=name))


def test_a_project_may_be_replaced_under_its_own_name(known: Store) -> None:
    change(known.projects, "taken", name="taken NAME")
    assert known.projects.get("taken") == replace(TAKEN, name="taken NAME", version=2)


def test_names_and_ids_that_were_given_up_are_free(known: Store) -> None:
    change(known.projects, "taken", name="Another")
    new = project("new", name="Taken Name")
    known.projects.add(new)
    remove(known.projects, "taken")
    again = project("taken", name="Another")
    known.projects.add(again)
    assert [known.projects.get(each) for each in ("new", "taken")] == [new, again]


def test_an_id_may_be_another_projects_name(known: Store) -> None:
    known.projects.add(project("other", name="mine too"))
    known.projects.add(project("new", name="other"))
    assert known.projects.get("new") is not None


def test_what_a_search_finds_follows_the_words(known: Store) -> None:
    change(known.projects, "mine", name="Renamed", programme="Census")
    found = [searched(known, word) for word in ("mine", "renam", "census")]
    assert found == [[], ["mine"], ["mine"]]


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({"technologies": uses("python")}, [0, 1]),
        ({"description": "other"}, [1, 0]),
        ({"contacts": people("new@example.org")}, [1, 0]),
        ({"technologies": ()}, [0, 0]),
    ],
)
def test_a_replacement_counts_for_its_technologies_alone(
    known: Store, changes: dict[str, Any], counted: list[int]
) -> None:
    change(known.projects, "mine", **changes)
    assert counts(known, "aws", "python") == counted
    assert [each.project_count for each in technologies_of(known)] == counted


def test_a_project_of_a_hundred_technologies_counts_for_each(known: Store) -> None:
    many = [f"t{n}" for n in range(100)]
    for each in many:
        known.technologies.add(technology(each))
    change(known.projects, "mine", technologies=uses(*many))
    found = there(known.projects, "mine")
    assert (found.technology_ids, set(counts(known, *many))) == (tuple(many), {1})
    known.projects.remove(found)
    assert set(counts(known, *many)) == {0}


def test_a_contact_is_found_without_regard_to_case_and_a_former_one_is_not(known: Store) -> None:
    change(known.projects, "mine", contacts=people("ZOë@example.org"))
    found = [of_contact(known, key) for key in ("me@example.org", "zoë@example.org")]
    assert found == [[], ["mine"]]


def test_a_write_that_was_answered_is_seen_through_another_opening(
    known: Store, reopen: Opening
) -> None:
    change(reopen().projects, "mine", technologies=())
    assert known.projects.get("mine") == replace(MINE, version=2, technologies=())


def test_lists_say_what_the_api_says(known: Store) -> None:
    known.projects.add(FULL)
    text = as_json(project_document(there(known.projects, "sdx")))
    assert known.projects.find(ProjectQuery(programme="économie"), None, 50).items == (text,)
    assert known.projects.of_contact("zoë@example.org", None, 50).items == (text,)


@pytest.mark.parametrize(
    "write",
    [
        lambda store, read: store.projects.replace(read, replace(read, name="third", version=2)),
        lambda store, read: store.projects.remove(read),
    ],
)
def test_a_project_that_came_again_is_not_the_one_that_was_read(
    known: Store, write: Callable[[Store, Project], None]
) -> None:
    """It has the same version, with another name and other technologies."""
    read = there(known.projects, "mine")
    known.projects.remove(read)
    again = project("mine", name="second", technologies=uses("python"))
    known.projects.add(again)
    with pytest.raises(VersionMismatchError, match="version 1"):
        write(known, read)
    assert known.projects.get("mine") == again
    assert counts(known, "aws", "python") == [0, 1]
    assert searched(known, "second") == ["mine"]
