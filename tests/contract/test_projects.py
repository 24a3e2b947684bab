"""The contract of projects: conditional writes, their links, their contacts."""

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
from chalicelib.models.project import Contact, Development, Hosting, Repository, Use
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    NOW,
    TOMORROW,
    add_project,
    contacts_of,
    contents,
    count,
    of_contact,
    people,
    project,
    projects_of,
    receipt,
    remove_project,
    replace_project,
    searched,
    technology,
    uses,
)

CONTACTS = (
    Contact("Zoë@example.org", ("editor", "lead"), "Grade 7"),
    Contact("a@example.org"),
    Contact("M@example.org", ("viewer",)),
)
FULL = project(
    "sdx",
    name="Süßer Datenaustausch — 調査 𝒳",
    short_name="SDX",
    programme="Économie",
    description='"quoted"\n\ttabbed ☂',
    stage="active-support",
    development=Development("partnership", "Größe & Co"),
    hosting=Hosting(("cloud", "on-premises"), ("AWS", "Zürich")),
    environments=("prod", "dev"),
    documentation=("https://example.org/ä", "https://example.org/b"),
    repositories=(Repository("github", "https://example.org/r", "größer"), Repository("other")),
    technologies=(
        Use("python", "languages", True),
        Use("aws", "infrastructure"),
        Use("python", "frameworks"),
    ),
    version=3,
    updated_at=TOMORROW,
    updated_by="wrïter@example.org",
    contacts=CONTACTS,
)


@pytest.fixture
def known(store: Store) -> Store:
    """A store with two technologies, two projects and a receipt."""
    store.technologies.add(technology("python"))
    store.technologies.add(technology("aws"))
    add_project(store, project("taken", name="Taken Name"), people("owner@example.org"))
    mine = project("mine", technologies=uses("aws"))
    add_project(store, mine, people("me@example.org"), receipt("used"))
    return store


def test_every_field_comes_back(known: Store, reopen: Opening) -> None:
    add_project(known, FULL, CONTACTS)
    assert [known.projects.get("sdx"), reopen().projects.get("sdx")] == [FULL, FULL]


def test_every_field_is_replaced(known: Store) -> None:
    add_project(known, project("sdx"), ())
    replace_project(known, FULL, 1, CONTACTS)
    assert known.projects.get("sdx") == FULL


def test_every_field_is_in_a_list(known: Store) -> None:
    add_project(known, FULL, CONTACTS)
    assert replace(FULL, contacts=(), updated_by=None) in projects_of(known)


def test_a_project_nobody_added_is_none(store: Store) -> None:
    assert store.projects.get("nobody") is None


REFUSED_ADDS: list[tuple[type[RegisterError], str, dict[str, Any]]] = [
    (ReceiptExistsError, "used", {"id": "taken", "name": "Taken Name", "technologies": uses("x")}),
    (NameTakenError, "fresh", {"id": "taken", "name": "Taken Name", "technologies": uses("x")}),
    (NameTakenError, "fresh", {"id": "mine", "name": " taken\t NAME "}),
    (IdTakenError, "fresh", {"id": "taken", "technologies": uses("x")}),
    (UnknownTechnologyError, "fresh", {"technologies": uses("python", "aws", "x")}),
]


@pytest.mark.parametrize(("error", "key", "changes"), REFUSED_ADDS)
def test_an_add_is_refused_for_its_first_fault_and_leaves_nothing(
    known: Store, error: type[RegisterError], key: str, changes: dict[str, Any]
) -> None:
    before = contents(known, "refused", "refused@example.org", "fresh")
    refused = project("refused", short_name="refused", **changes)
    with pytest.raises(error):
        add_project(known, refused, people("refused@example.org"), receipt(key))
    assert contents(known, "refused", "refused@example.org", "fresh") == before


REFUSED_REPLACEMENTS: list[tuple[type[RegisterError], str, int, str, str]] = [
    (NotFoundError, "nobody", 7, "Taken Name", "x"),
    (VersionMismatchError, "mine", 7, "Taken Name", "x"),
    (VersionMismatchError, "mine", 0, "refused", "python"),
    (NameTakenError, "mine", 1, "TAKEN  name", "x"),
    (UnknownTechnologyError, "mine", 1, "refused", "x"),
]


@pytest.mark.parametrize(("error", "project_id", "expected", "name", "used"), REFUSED_REPLACEMENTS)
def test_a_replacement_is_refused_for_its_first_fault_and_changes_nothing(
    known: Store, error: type[RegisterError], project_id: str, expected: int, name: str, used: str
) -> None:
    before = contents(known, "refused", "refused@example.org", "")
    refused = project(
        project_id, name=name, short_name="refused", technologies=uses("python", used)
    )
    with pytest.raises(error):
        replace_project(known, refused, expected, people("refused@example.org"))
    assert contents(known, "refused", "refused@example.org", "") == before


@pytest.mark.parametrize(
    ("error", "project_id", "expected"),
    [(NotFoundError, "nobody", 1), (VersionMismatchError, "mine", 2)],
)
def test_a_refused_removal_changes_nothing(
    known: Store, error: type[RegisterError], project_id: str, expected: int
) -> None:
    before = contents(known, "mine", "me@example.org", "used")
    with pytest.raises(error):
        remove_project(known, project_id, expected)
    assert contents(known, "mine", "me@example.org", "used") == before


def test_a_removed_project_leaves_nothing_but_its_receipt(known: Store) -> None:
    remove_project(known, "mine", 1)
    assert contents(known, "mine", "me@example.org", "used") == (
        [project("taken", name="Taken Name")],
        [people("owner@example.org")],
        [technology("aws"), technology("python")],
        [],
        [],
        [],
        {},
        receipt("used"),
    )


@pytest.mark.parametrize("name", ["STRASSE  eins", "strasse eins", " Straße\neins"])
def test_names_are_compared_without_case_white_space_and_unicode_form(
    store: Store, name: str
) -> None:
    add_project(store, project("one", name="Straße eins"), ())
    with pytest.raises(NameTakenError):
        add_project(store, project("two", name=name), ())


def test_a_project_may_be_replaced_under_its_own_name(known: Store) -> None:
    replace_project(known, project("taken", name="taken NAME", version=2), 1)
    assert known.projects.get("taken") == project(
        "taken", name="taken NAME", version=2, contacts=people("owner@example.org")
    )


def test_a_name_that_was_given_up_is_free(known: Store) -> None:
    replace_project(known, project("taken", name="Another", version=2), 1)
    add_project(known, project("new", name="Taken Name"), ())
    assert known.projects.get("new") is not None


def test_the_name_and_the_id_of_a_removed_project_are_free(known: Store) -> None:
    remove_project(known, "taken", 1)
    add_project(known, project("taken", name="Taken Name"), ())
    assert contacts_of(known, "taken") == ()


def test_an_id_may_be_another_projects_name(known: Store) -> None:
    add_project(known, project("other", name="mine too"), ())
    add_project(known, project("new", name="other"), ())
    assert known.projects.get("new") is not None


def test_what_a_search_finds_follows_the_words(known: Store) -> None:
    replace_project(known, project("mine", name="Renamed", programme="Census", version=2), 1)
    found = [searched(known, word) for word in ("mine", "renam", "census")]
    assert found == [[], ["mine"], ["mine"]]


def test_an_add_counts_for_each_of_its_technologies_once(known: Store) -> None:
    add_project(known, FULL, ())
    assert (count(known, "python"), count(known, "aws")) == (1, 2)


def test_a_replacement_counts_for_its_technologies_alone(known: Store) -> None:
    replace_project(known, project("mine", technologies=uses("python"), version=2), 1)
    assert (count(known, "python"), count(known, "aws")) == (1, 0)


def test_a_replacement_with_the_same_technologies_counts_the_same(known: Store) -> None:
    replace_project(known, project("mine", technologies=uses("aws"), version=2), 1)
    assert count(known, "aws") == 1


def test_a_change_of_the_contacts_alone_counts_the_same(known: Store) -> None:
    changed = project("mine", technologies=uses("aws"), version=2)
    replace_project(known, changed, 1, people("new@example.org"))
    assert count(known, "aws") == 1


def test_a_removed_project_counts_no_more(known: Store) -> None:
    remove_project(known, "mine", 1)
    assert count(known, "aws") == 0


def test_a_list_of_technologies_counts_too(known: Store) -> None:
    listed = contents(known, "", "", "")[2]
    assert listed == [technology("aws", project_count=1), technology("python")]


def test_contacts_come_back_as_and_in_the_order_they_were_written(known: Store) -> None:
    add_project(known, FULL, iter(CONTACTS))
    assert contacts_of(known, "sdx") == CONTACTS


def test_contacts_are_replaced_in_their_new_order(known: Store) -> None:
    add_project(known, FULL, CONTACTS)
    turned = (*reversed(CONTACTS), Contact("new@example.org"))
    replace_project(known, replace(FULL, version=4), 3, iter(turned))
    assert contacts_of(known, "sdx") == turned


def test_a_replacement_without_contacts_keeps_them(known: Store) -> None:
    add_project(known, FULL, CONTACTS)
    replace_project(known, replace(FULL, version=4), 3)
    assert contacts_of(known, "sdx") == CONTACTS


def test_a_project_that_nobody_added_has_no_contacts(store: Store) -> None:
    assert contacts_of(store, "nobody") == ()


def test_a_contact_is_found_without_regard_to_case(known: Store) -> None:
    add_project(known, FULL, CONTACTS)
    assert of_contact(known, "zoë@example.org") == ["sdx"]


def test_a_former_contact_is_not_found(known: Store) -> None:
    replace_project(
        known, project("mine", technologies=uses("aws"), version=2), 1, people("new@example.org")
    )
    assert [of_contact(known, key) for key in ("me@example.org", "new@example.org")] == [
        [],
        ["mine"],
    ]


def test_a_write_that_was_answered_is_seen_through_another_opening(
    known: Store, reopen: Opening
) -> None:
    other = reopen()
    replace_project(other, project("mine", updated_at=NOW, version=2), 1)
    assert known.projects.get("mine") == project(
        "mine", version=2, contacts=people("me@example.org")
    )


def test_contacts_may_be_replaced_by_none_at_all(known: Store) -> None:
    replace_project(known, project("mine", technologies=uses("aws"), version=2), 1, ())
    assert contacts_of(known, "mine") == ()
