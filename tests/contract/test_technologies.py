"""The contract of technologies: one name space, conditional writes, counts of projects."""

from collections.abc import Callable
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
from chalicelib.models.technology import SHOWN_MOVES, Move, Named, Technology
from chalicelib.models.text import name_key
from chalicelib.stores.port import Quota, Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    NOW,
    TOMORROW,
    change,
    contents,
    counts,
    everything,
    project,
    projects_of,
    read_as,
    receipt,
    remove,
    resolved,
    searched_technologies,
    technology,
    there,
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
TAKEN = technology("taken-name", name="Taken Name", aliases=("Nickname",))
OF_REFUSED = ("refused", "", "fresh")


@pytest.fixture
def known(store: Store) -> Store:
    """A store with a technology by name, one by alias, and a receipt."""
    store.technologies.add(TAKEN)
    store.technologies.add(technology("mine"), receipt("used"))
    return store


@pytest.fixture
def used(known: Store) -> Store:
    """With a project that uses the first technology."""
    known.projects.add(project("sdx", technologies=uses("taken-name", "mine")))
    return known


def test_every_field_comes_back(store: Store, reopen: Opening) -> None:
    store.technologies.add(FULL)
    assert [store.technologies.get("c-sharp"), reopen().technologies.get("c-sharp")] == [FULL, FULL]


def test_every_field_is_replaced(store: Store) -> None:
    store.technologies.add(technology("c-sharp"))
    store.technologies.replace(there(store.technologies, "c-sharp"), FULL)
    assert store.technologies.get("c-sharp") == FULL


def test_of_what_nobody_added_there_is_nothing(store: Store) -> None:
    assert store.technologies.get("nobody") is None
    assert store.technologies.moves("nobody", None, 10) is None
    assert resolved(store, []) == {}


def add(store: Store, key: str = "fresh", **changes: Any) -> None:
    store.technologies.add(technology("refused", **changes), receipt(key))


def rewrite(
    store: Store, technology_id: str, version: int, name: str = "Taken Name", key: str = "fresh"
) -> None:
    read = read_as(store.technologies, technology(technology_id, version=version))
    refused = replace(read, name=name, aliases=("refused",), version=version + 1)
    store.technologies.replace(read, refused, receipt(key))


def remove_as(store: Store, technology_id: str, version: int) -> None:
    store.technologies.remove(
        read_as(store.technologies, technology(technology_id, version=version))
    )


Write = Callable[[Store], object]
REFUSED: list[tuple[type[RegisterError], Write]] = [
    (ReceiptExistsError, lambda store: add(store, "used", id="taken-name", name="taken name")),
    (NameTakenError, lambda store: add(store, id="taken-name", name=" TAKEN  name")),
    (NameTakenError, lambda store: add(store, name="nickNAME")),
    (NameTakenError, lambda store: add(store, name="Taken-Name")),
    (NameTakenError, lambda store: add(store, aliases=("Other", "Taken Name"))),
    (NameTakenError, lambda store: add(store, aliases=("nickname",))),
    (NameTakenError, lambda store: add(store, aliases=("taken-name",))),
    (IdTakenError, lambda store: add(store, id="taken-name")),
    (IdTakenError, lambda store: add(store, id="nickname")),
    (ReceiptExistsError, lambda store: rewrite(store, "nobody", 7, key="used")),
    (NotFoundError, lambda store: rewrite(store, "nobody", 7)),
    (VersionMismatchError, lambda store: rewrite(store, "mine", 7)),
    (VersionMismatchError, lambda store: rewrite(store, "mine", 0, "refused")),
    (NameTakenError, lambda store: rewrite(store, "mine", 1, "taken  NAME")),
    (NameTakenError, lambda store: rewrite(store, "mine", 1, "NICKNAME")),
    (NameTakenError, lambda store: rewrite(store, "mine", 1, "taken-name")),
    (NotFoundError, lambda store: remove_as(store, "nobody", 7)),
    (VersionMismatchError, lambda store: remove_as(store, "taken-name", 2)),
    (InUseError, lambda store: remove_as(store, "taken-name", 1)),
]


@pytest.mark.parametrize(("error", "write"), REFUSED)
def test_a_write_is_refused_for_its_first_fault_and_changes_nothing(
    used: Store, error: type[RegisterError], write: Write
) -> None:
    before = contents(used, *OF_REFUSED), contents(used, "taken-name", "", "")
    with pytest.raises(error):
        write(used)
    assert (contents(used, *OF_REFUSED), contents(used, "taken-name", "", "")) == before


def test_a_technology_may_be_replaced_under_its_own_names(known: Store) -> None:
    change(known.technologies, "taken-name", name="NICKNAME", aliases=("taken-name", "Taken Name"))
    assert set(resolved(known, ["nickname", "taken-name", "taken name"]).values()) == {"taken-name"}


def test_names_that_were_given_up_are_free(known: Store) -> None:
    change(known.technologies, "taken-name", name="Another", aliases=())
    known.technologies.add(replace(TAKEN, id="new"))
    assert resolved(known, ["nickname"]) == {"nickname": "new"}


def test_a_removed_technology_is_gone_and_its_names_are_free(known: Store) -> None:
    remove(known.technologies, "taken-name")
    assert contents(known, "taken-name", "", "")[2:5] == ([technology("mine")], [], [])
    known.technologies.add(TAKEN)
    assert known.technologies.get("taken-name") == TAKEN


def test_what_a_search_finds_follows_the_name_and_the_aliases(known: Store) -> None:
    change(known.technologies, "taken-name", name="Renamed", aliases=("Moniker",))
    found = [searched_technologies(known, word) for word in ("name", "nick", "renam", "moni")]
    assert found == [[], [], ["taken-name"], ["taken-name"]]


def test_a_technology_can_be_removed_once_no_project_uses_it(used: Store) -> None:
    change(used.projects, "sdx", technologies=())
    remove(used.technologies, "taken-name")
    assert used.technologies.get("taken-name") is None


def test_the_count_a_writer_says_is_not_written(used: Store) -> None:
    used.technologies.add(technology("new", project_count=7))
    change(used.technologies, "taken-name", project_count=7)
    assert counts(used, "new", "taken-name") == [0, 1]


def test_resolve_knows_ids_names_and_aliases_and_leaves_out_what_nobody_has(store: Store) -> None:
    store.technologies.add(FULL)
    keys = ["c-sharp", name_key("c# —  STRASSE"), "csharp", name_key("シーシャープ")]
    assert resolved(store, [*keys, "nobody"]) == dict.fromkeys(keys, "c-sharp")


def test_a_project_says_todays_names_of_its_technologies(used: Store) -> None:
    """The renaming does not write the project."""
    before = there(used.projects, "sdx")
    change(used.technologies, "taken-name", name="Renamed")
    after = there(used.projects, "sdx")
    for found in (after, *projects_of(used)):
        assert [use.name for use in found.technologies] == ["Renamed", "mine"]
    assert (after, after.mark) == (before, before.mark)


def test_a_reference_says_todays_name(known: Store) -> None:
    before = known.technologies.resolve(["taken-name", "nickname"])
    assert set(before.values()) == {Named("taken-name", "Taken Name")}
    change(known.technologies, "taken-name", name="Renamed")
    after = known.technologies.resolve(["taken-name", "nickname", "renamed", "taken name"])
    assert after == dict.fromkeys(
        ["taken-name", "nickname", "renamed"], Named("taken-name", "Renamed")
    )


def test_more_keys_than_one_query_takes(known: Store) -> None:
    for n in range(1100):
        known.technologies.add(technology(f"t{n}", name=f"Technology {n}"))
    many = [*(f"nobody {n}" for n in range(1500)), *(f"technology {n}" for n in range(1100))]
    assert resolved(known, iter(many)) == {f"technology {n}": f"t{n}" for n in range(1100)}


def moves_of(number: int, first: int = 0) -> tuple[Move, ...]:
    return tuple(
        Move(("trial", "hold")[n % 2], f"2026-01-01T00:00:00.{n:03}Z", None, f"{n}")
        for n in range(first, first + number)
    )


def assert_moved(store: Store, number: int, limit: int) -> None:
    """The technology shows its last moves. Its list has all of them, the newest first."""

    def find(after: Position | None, limit: int) -> Page[Move]:
        page = store.technologies.moves("moved", after, limit)
        assert page is not None
        return page

    found = there(store.technologies, "moved")
    assert (found.moves, found.move_count) == (moves_of(number)[-SHOWN_MOVES:], number)
    assert everything(find, limit) == [*reversed(moves_of(number))]


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
@pytest.mark.parametrize("number", [1, 49, 50, 51, 130])
def test_a_technology_shows_its_last_moves_and_a_list_has_all(
    store: Store, number: int, limit: int
) -> None:
    store.technologies.add(technology("moved", moves=moves_of(1)))
    for n in range(1, number):
        moves = (*there(store.technologies, "moved").moves, *moves_of(1, n))
        change(store.technologies, "moved", moves=moves)
    assert_moved(store, number, limit)


def test_a_technology_may_come_with_more_moves_than_it_shows_and_takes_them_along(
    store: Store,
) -> None:
    store.technologies.add(technology("moved", moves=moves_of(230)))
    assert_moved(store, 230, 100)
    remove(store.technologies, "moved")
    assert store.technologies.moves("moved", None, 10) is None
    store.technologies.add(technology("moved", moves=moves_of(2)))
    assert_moved(store, 2, 10)


def test_the_radar_holds_what_is_on_it_by_name(known: Store) -> None:
    for each, ring in (("b", "adopt"), ("a", "hold"), ("c", "ignore"), ("d", "trial")):
        known.technologies.add(technology(each, moves=(Move(ring, NOW),)))
    assert [found.id for found in known.technologies.on_radar()] == ["a", "b", "d"]
    change(known.technologies, "a", name="z", moves=(Move("adopt", NOW),))
    change(known.technologies, "b", moves=(Move("review", NOW),))
    remove(known.technologies, "d")
    assert [(found.name, found.ring) for found in known.technologies.on_radar()] == [("z", "adopt")]


def test_the_radar_keeps_no_read_open(known: Store) -> None:
    change(known.technologies, "taken-name", moves=(Move("adopt", NOW),))
    for found in known.technologies.on_radar():
        change(known.technologies, found.id, description="written")
    assert there(known.technologies, "taken-name").description == "written"


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


@pytest.mark.parametrize(
    "write",
    [
        lambda store, read: store.technologies.replace(read, replace(read, version=2)),
        lambda store, read: store.technologies.remove(read),
    ],
)
def test_a_technology_that_came_again_is_not_the_one_that_was_read(
    known: Store, write: Callable[[Store, Technology], None]
) -> None:
    """It has the same version, with other aliases."""
    read = there(known.technologies, "taken-name")
    known.technologies.remove(read)
    known.technologies.add(replace(TAKEN, aliases=("second",)))
    with pytest.raises(VersionMismatchError, match="version 1"):
        write(known, read)
    assert resolved(known, ["nickname", "second"]) == {"second": "taken-name"}
