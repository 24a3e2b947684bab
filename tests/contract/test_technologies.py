"""The contract of technologies: one name space, conditional writes, counts of projects."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import (
    IdTakenError,
    InUseError,
    NameTakenError,
    NotFoundError,
    QuotaExceededError,
    ReceiptExistsError,
    RegisterError,
    VersionMismatchError,
)
from chalicelib.models.page import Page, Position
from chalicelib.models.technology import SHOWN_MOVES, Move, Named
from chalicelib.models.text import name_key
from chalicelib.stores.port import Quota, Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    NOW,
    TOMORROW,
    add_project,
    contents,
    count,
    everything,
    project,
    projects_of,
    receipt,
    remove_technology,
    replace_project,
    replace_technology,
    resolved,
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
    replace_technology(store, FULL, 1)
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
        replace_technology(known, refused, expected, receipt(key))
    assert contents(known, "refused", "", "fresh") == before


def test_a_technology_may_be_replaced_under_its_own_names(known: Store) -> None:
    replace_technology(
        known, technology("taken", name="NICKNAME", aliases=("taken", "Taken Name"), version=2), 1
    )
    assert set(resolved(known, ["nickname", "taken", "taken name"]).values()) == {"taken"}


def test_a_name_that_was_given_up_is_free(known: Store) -> None:
    replace_technology(known, technology("taken", name="Another", version=2), 1)
    known.technologies.add(technology("new", name="Taken Name", aliases=("Nickname",)))
    assert resolved(known, ["nickname"]) == {"nickname": "new"}


def test_the_names_and_the_id_of_a_removed_technology_are_free(known: Store) -> None:
    remove_technology(known, "taken", 1)
    known.technologies.add(technology("taken", name="Taken Name", aliases=("Nickname",)))
    assert known.technologies.get("taken") is not None


def test_a_removed_technology_is_gone(known: Store) -> None:
    remove_technology(known, "taken", 1)
    assert contents(known, "taken", "", "")[2:5] == ([technology("mine")], [], [])


def test_what_a_search_finds_follows_the_name_and_the_aliases(known: Store) -> None:
    replace_technology(known, technology("taken", name="Renamed", aliases=("Moniker",)), 1)
    found = [searched_technologies(known, word) for word in ("name", "nick", "renam", "moni")]
    assert found == [[], [], ["taken"], ["taken"]]


def test_removing_what_is_not_there_is_refused(known: Store) -> None:
    with pytest.raises(NotFoundError):
        remove_technology(known, "nobody", 7)


def test_removing_another_version_is_refused_before_its_use_is_looked_at(known: Store) -> None:
    add_project(known, project("sdx", technologies=uses("taken")), ())
    with pytest.raises(VersionMismatchError):
        remove_technology(known, "taken", 2)


def test_removing_a_technology_in_use_is_refused_and_changes_nothing(known: Store) -> None:
    add_project(known, project("sdx", technologies=uses("taken")), ())
    before = contents(known, "taken", "", "")
    with pytest.raises(InUseError):
        remove_technology(known, "taken", 1)
    assert contents(known, "taken", "", "") == before


def test_a_technology_can_be_removed_once_no_project_uses_it(known: Store) -> None:
    add_project(known, project("sdx", technologies=uses("taken")), ())
    replace_project(known, project("sdx", version=2), 1)
    remove_technology(known, "taken", 1)
    assert known.technologies.get("taken") is None


def test_the_count_a_writer_says_is_not_written(known: Store) -> None:
    known.technologies.add(technology("new", project_count=7))
    add_project(known, project("sdx", technologies=uses("taken")), ())
    replace_technology(known, technology("taken", project_count=7, version=2), 1)
    assert (count(known, "new"), count(known, "taken")) == (0, 1)


def test_resolve_knows_ids_names_and_aliases(store: Store) -> None:
    store.technologies.add(FULL)
    keys = ["c-sharp", name_key("c# —  STRASSE"), "csharp", name_key("シーシャープ")]
    assert resolved(store, keys) == dict.fromkeys(keys, "c-sharp")


def test_resolve_leaves_out_what_nobody_has(known: Store) -> None:
    assert resolved(known, ["nickname", "nobody"]) == {"nickname": "taken"}


def test_a_project_says_todays_names_of_its_technologies(known: Store) -> None:
    add_project(known, project("sdx", technologies=uses("taken", "mine")))
    replace_technology(known, technology("taken", name="Renamed", version=2), 1)
    found = known.projects.get("sdx")
    assert found is not None
    assert [use.name for use in found.technologies] == ["Renamed", "mine"]
    assert [use.name for use in projects_of(known)[0].technologies] == ["Renamed", "mine"]


def test_a_reference_says_todays_name(known: Store) -> None:
    before = known.technologies.resolve(["taken", "nickname"])
    assert set(before.values()) == {Named("taken", "Taken Name")}
    renamed = technology("taken", name="Renamed", aliases=("Nickname",), version=2)
    replace_technology(known, renamed, 1)
    after = known.technologies.resolve(["taken", "nickname", "renamed", "taken name"])
    assert after == dict.fromkeys(["taken", "nickname", "renamed"], Named("taken", "Renamed"))


def test_of_nothing_there_are_no_ids(known: Store) -> None:
    assert resolved(known, []) == {}


def test_more_keys_than_one_query_takes(known: Store) -> None:
    for n in range(1100):
        known.technologies.add(technology(f"t{n}", name=f"Technology {n}"))
    ids = [f"t{n}" for n in range(1100)]
    many = [*(f"nobody {n}" for n in range(1500)), *(f"technology {n}" for n in range(1100))]
    assert sorted(resolved(known, iter(many)).values()) == sorted(ids)


def moves_of(number: int, first: int = 0) -> tuple[Move, ...]:
    return tuple(
        Move(
            "hold" if n % 2 else "trial",
            f"2026-01-01T00:{n // 60:02}:{n % 60:02}.000Z",
            None,
            f"{n}",
        )
        for n in range(first, first + number)
    )


def history(store: Store, technology_id: str, limit: int) -> list[Move]:
    def find(after: Position | None, limit: int) -> Page[Move]:
        page = store.technologies.moves(technology_id, after, limit)
        assert page is not None
        return page

    return everything(find, limit)


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
@pytest.mark.parametrize("number", [1, 49, 50, 51, 130])
def test_a_technology_shows_its_last_moves_and_a_list_has_all(
    store: Store, number: int, limit: int
) -> None:
    store.technologies.add(technology("moved", moves=moves_of(1)))
    for n in range(1, number):
        before = store.technologies.get("moved")
        assert before is not None
        moved = replace(before, moves=(*before.moves, *moves_of(1, n)), version=before.version + 1)
        store.technologies.replace(before, moved)
    found = store.technologies.get("moved")
    assert found is not None
    assert (found.moves, found.move_count) == (moves_of(number)[-SHOWN_MOVES:], number)
    assert history(store, "moved", limit) == [*reversed(moves_of(number))]


def test_a_technology_may_come_with_more_moves_than_it_shows(store: Store) -> None:
    store.technologies.add(technology("moved", moves=moves_of(230)))
    found = store.technologies.get("moved")
    assert found is not None
    assert (found.moves, found.move_count) == (moves_of(230)[-SHOWN_MOVES:], 230)
    assert history(store, "moved", 100) == [*reversed(moves_of(230))]


def test_the_moves_of_a_removed_technology_are_gone(store: Store) -> None:
    store.technologies.add(technology("moved", moves=moves_of(130)))
    remove_technology(store, "moved", 1)
    assert store.technologies.moves("moved", None, 10) is None
    store.technologies.add(technology("moved", moves=moves_of(2)))
    assert history(store, "moved", 10) == [*reversed(moves_of(2))]


def test_nobodys_moves_are_none(store: Store) -> None:
    assert store.technologies.moves("nobody", None, 10) is None


def test_the_radar_holds_what_is_on_it_by_name(known: Store) -> None:
    for each, ring in (("b", "adopt"), ("a", "hold"), ("c", "ignore"), ("d", "trial")):
        known.technologies.add(technology(each, moves=(Move(ring, NOW),)))
    assert [found.id for found in known.technologies.on_radar()] == ["a", "b", "d"]
    replace_technology(known, technology("a", name="z", moves=(Move("adopt", NOW),), version=2), 1)
    replace_technology(known, technology("b", moves=(Move("review", NOW),), version=2), 1)
    remove_technology(known, "d", 1)
    assert [(found.name, found.ring) for found in known.technologies.on_radar()] == [("z", "adopt")]


QUOTA = Quota("somebody", 2, TOMORROW)


def test_a_quota_ends_and_what_was_refused_does_not_count(known: Store) -> None:
    known.technologies.add(technology("one"), None, QUOTA)
    with pytest.raises(NameTakenError):
        known.technologies.add(technology("two", name="Taken Name"), None, QUOTA)
    known.technologies.add(technology("two"), None, QUOTA)
    with pytest.raises(QuotaExceededError):
        known.technologies.add(technology("three"), None, QUOTA)
    assert known.technologies.get("three") is None
    known.technologies.add(technology("three"), None, replace(QUOTA, key="somebody else"))


def test_a_receipt_comes_before_the_quota_and_the_quota_before_the_name(known: Store) -> None:
    used_up = Quota("somebody", 1, TOMORROW)
    known.technologies.add(technology("zero"), None, used_up)
    with pytest.raises(ReceiptExistsError):
        known.technologies.add(technology("one", name="Taken Name"), receipt("used"), used_up)
    with pytest.raises(QuotaExceededError):
        known.technologies.add(technology("one", name="Taken Name"), receipt("fresh"), used_up)
    assert known.receipts.get("fresh", NOW) is None
