"""The contract of technologies: one name space, conditional writes, counts of projects."""

from typing import Any

import pytest

from chalicelib.errors import (
    IdTakenError,
    InUseError,
    NameTakenError,
    NotFoundError,
    ReceiptExistsError,
    RegisterError,
    VersionMismatchError,
)
from chalicelib.models.technology import Move
from chalicelib.models.text import name_key
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    NOW,
    TOMORROW,
    contents,
    count,
    project,
    receipt,
    searched_technologies,
    technology,
    uses,
)

FULL = technology(
    "c-sharp",
    name="C# — Straße",
    quadrant="frameworks",
    moves=(Move("review", NOW), Move("adopt", TOMORROW, "rev@example.org", "naïve\n☂")),
    aliases=("CSharp", "シーシャープ"),
    tags=("Łódź", ".NET"),
    description='"quoted"\n𝒳',
    link="https://example.org/?a=ü",
    version=3,
    updated_at=TOMORROW,
    updated_by="wrïter@example.org",
)


@pytest.fixture
def known(store: Store) -> Store:
    """A store with a technology by name, one by alias, and a receipt."""
    store.technologies.add(technology("taken", name="Taken Name", aliases=("Nickname",)))
    store.technologies.add(technology("mine"), receipt("used"))
    return store


def test_every_field_comes_back(store: Store, reopen: Opening) -> None:
    store.technologies.add(FULL)
    assert [store.technologies.get("c-sharp"), reopen().technologies.get("c-sharp")] == [FULL, FULL]


def test_every_field_is_replaced(store: Store) -> None:
    store.technologies.add(technology("c-sharp"))
    store.technologies.replace(FULL, 1)
    assert store.technologies.get("c-sharp") == FULL


def test_a_technology_nobody_added_is_none(store: Store) -> None:
    assert store.technologies.get("nobody") is None


REFUSED_ADDS: list[tuple[type[RegisterError], str, dict[str, Any]]] = [
    (ReceiptExistsError, "used", {"id": "taken", "name": "taken name"}),
    (NameTakenError, "fresh", {"id": "taken", "name": " TAKEN  name"}),
    (NameTakenError, "fresh", {"name": "nickNAME"}),
    (NameTakenError, "fresh", {"name": "taken"}),
    (NameTakenError, "fresh", {"aliases": ("Other", "Taken Name")}),
    (NameTakenError, "fresh", {"aliases": ("nickname",)}),
    (NameTakenError, "fresh", {"aliases": ("taken",)}),
    (IdTakenError, "fresh", {"id": "taken"}),
    (IdTakenError, "fresh", {"id": "nickname"}),
]


@pytest.mark.parametrize(("error", "key", "changes"), REFUSED_ADDS)
def test_an_add_is_refused_for_its_first_fault_and_leaves_nothing(
    known: Store, error: type[RegisterError], key: str, changes: dict[str, Any]
) -> None:
    before = contents(known, "refused", "", "fresh")
    with pytest.raises(error):
        known.technologies.add(technology("refused", **changes), receipt(key))
    assert contents(known, "refused", "", "fresh") == before


REFUSED_REPLACEMENTS: list[tuple[type[RegisterError], str, str, int, str]] = [
    (ReceiptExistsError, "used", "nobody", 7, "Taken Name"),
    (NotFoundError, "fresh", "nobody", 7, "Taken Name"),
    (VersionMismatchError, "fresh", "mine", 7, "Taken Name"),
    (VersionMismatchError, "fresh", "mine", 0, "refused"),
    (NameTakenError, "fresh", "mine", 1, "taken  NAME"),
    (NameTakenError, "fresh", "mine", 1, "NICKNAME"),
    (NameTakenError, "fresh", "mine", 1, "taken"),
]


@pytest.mark.parametrize(
    ("error", "key", "technology_id", "expected", "name"), REFUSED_REPLACEMENTS
)
def test_a_replacement_is_refused_for_its_first_fault_and_changes_nothing(
    known: Store,
    error: type[RegisterError],
    key: str,
    technology_id: str,
    expected: int,
    name: str,
) -> None:
    before = contents(known, "refused", "", "fresh")
    refused = technology(technology_id, name=name, aliases=("refused",), version=expected + 1)
    with pytest.raises(error):
        known.technologies.replace(refused, expected, receipt(key))
    assert contents(known, "refused", "", "fresh") == before


def test_a_technology_may_be_replaced_under_its_own_names(known: Store) -> None:
    known.technologies.replace(
        technology("taken", name="NICKNAME", aliases=("taken", "Taken Name"), version=2), 1
    )
    assert set(known.technologies.resolve(["nickname", "taken", "taken name"]).values()) == {
        "taken"
    }


def test_a_name_that_was_given_up_is_free(known: Store) -> None:
    known.technologies.replace(technology("taken", name="Another", version=2), 1)
    known.technologies.add(technology("new", name="Taken Name", aliases=("Nickname",)))
    assert known.technologies.resolve(["nickname"]) == {"nickname": "new"}


def test_the_names_and_the_id_of_a_removed_technology_are_free(known: Store) -> None:
    known.technologies.remove("taken", 1)
    known.technologies.add(technology("taken", name="Taken Name", aliases=("Nickname",)))
    assert known.technologies.get("taken") is not None


def test_a_removed_technology_is_gone(known: Store) -> None:
    known.technologies.remove("taken", 1)
    assert contents(known, "taken", "", "")[2:5] == ([technology("mine")], [], [])


def test_what_a_search_finds_follows_the_name_and_the_aliases(known: Store) -> None:
    known.technologies.replace(technology("taken", name="Renamed", aliases=("Moniker",)), 1)
    found = [searched_technologies(known, word) for word in ("name", "nick", "renam", "moni")]
    assert found == [[], [], ["taken"], ["taken"]]


def test_removing_what_is_not_there_is_refused(known: Store) -> None:
    with pytest.raises(NotFoundError):
        known.technologies.remove("nobody", 7)


def test_removing_another_version_is_refused_before_its_use_is_looked_at(known: Store) -> None:
    known.projects.add(project("sdx", technologies=uses("taken")), ())
    with pytest.raises(VersionMismatchError):
        known.technologies.remove("taken", 2)


def test_removing_a_technology_in_use_is_refused_and_changes_nothing(known: Store) -> None:
    known.projects.add(project("sdx", technologies=uses("taken")), ())
    before = contents(known, "taken", "", "")
    with pytest.raises(InUseError):
        known.technologies.remove("taken", 1)
    assert contents(known, "taken", "", "") == before


def test_a_technology_can_be_removed_once_no_project_uses_it(known: Store) -> None:
    known.projects.add(project("sdx", technologies=uses("taken")), ())
    known.projects.replace(project("sdx", version=2), 1)
    known.technologies.remove("taken", 1)
    assert known.technologies.get("taken") is None


def test_the_count_a_writer_says_is_not_written(known: Store) -> None:
    known.technologies.add(technology("new", project_count=7))
    known.projects.add(project("sdx", technologies=uses("taken")), ())
    known.technologies.replace(technology("taken", project_count=7, version=2), 1)
    assert (count(known, "new"), count(known, "taken")) == (0, 1)


def test_resolve_knows_ids_names_and_aliases(store: Store) -> None:
    store.technologies.add(FULL)
    keys = ["c-sharp", name_key("c# —  STRASSE"), "csharp", name_key("シーシャープ")]
    assert store.technologies.resolve(keys) == dict.fromkeys(keys, "c-sharp")


def test_resolve_leaves_out_what_nobody_has(known: Store) -> None:
    assert known.technologies.resolve(["nickname", "nobody"]) == {"nickname": "taken"}


def test_names_are_todays(known: Store) -> None:
    known.technologies.replace(technology("taken", name="Renamed", version=2), 1)
    assert known.technologies.names(["taken", "mine", "nobody"]) == {
        "taken": "Renamed",
        "mine": "mine",
    }


def test_of_nothing_there_are_no_ids_and_no_names(known: Store) -> None:
    assert (known.technologies.resolve([]), known.technologies.names(iter(()))) == ({}, {})


def test_more_keys_than_one_query_takes(known: Store) -> None:
    for n in range(1100):
        known.technologies.add(technology(f"t{n}", name=f"Technology {n}"))
    ids = [f"t{n}" for n in range(1100)]
    many = [*(f"nobody {n}" for n in range(1500)), *(f"technology {n}" for n in range(1100))]
    assert sorted(known.technologies.resolve(iter(many)).values()) == sorted(ids)
    assert known.technologies.names([*ids, *ids]) == {
        f"t{n}": f"Technology {n}" for n in range(1100)
    }
