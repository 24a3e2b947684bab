"""The contract of merges: the second has all data of the first, which exists nowhere else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from chalicelib.errors import (
    ConflictError,
    InUseError,
    NameTakenError,
    NotFoundError,
    RegisterError,
    VersionMismatchError,
)
from chalicelib.models.caller import DIGITAL_LANDSCAPE, Caller
from chalicelib.models.page import Page, Position
from chalicelib.models.project import ProjectQuery, Use
from chalicelib.models.technology import SHOWN_MOVES, Move, TechnologyQuery
from chalicelib.services.clock import utc_now
from chalicelib.services.merging import MOST_PROJECTS, Merged, Merging
from chalicelib.stores.port import Store
from tests.contract.samples import (
    LATER,
    NOW,
    TOMORROW,
    change,
    contents,
    counts,
    everything,
    project,
    projects_of,
    remove,
    resolved,
    searched_technologies,
    technologies_of,
    technology,
    there,
    uses,
)

CALLER = Caller(DIGITAL_LANDSCAPE, "reviewer@example.org", frozenset({"reviewer"}))
SHARP = technology(
    "c-sharp",
    name="C#",
    aliases=("CSharp", "シーシャープ"),
    categories=("languages", "frameworks"),
    moves=(Move("review", NOW), Move("adopt", LATER, "a@example.org", "Adopted")),
)
NET = technology(
    "net",
    name=".NET",
    aliases=("dotnet",),
    categories=("languages", "cicd"),
    moves=(Move("review", NOW), Move("trial", TOMORROW, "b@example.org", "Tried")),
)
NAMES = ["C#", "c-sharp", "csharp", "シーシャープ", ".NET", "net", "DotNet"]
Act = Callable[[Store], object]


def merge(store: Store, first: str, second: str, most: int = MOST_PROJECTS) -> Merged:
    merging = Merging(store.technologies, store.projects, utc_now, most)
    return merging.merge(first, second, CALLER)


def history(store: Store, technology_id: str) -> list[Move]:
    """The moves, the oldest first."""

    def find(after: Position | None, limit: int) -> Page[Move]:
        found = store.technologies.moves(technology_id, after, limit)
        assert found
        return found

    return everything(find)[::-1]


@pytest.fixture
def two(store: Store) -> Store:
    store.technologies.add(SHARP)
    store.technologies.add(NET)
    return store


def absorb(store: Store, *aliases: str) -> None:
    """Merges into `net`, which gets these aliases."""
    before, first = there(store.technologies, "net"), there(store.technologies, "c-sharp")
    store.technologies.absorb(before, first, replace(before, aliases=aliases, version=2))


def test_the_second_has_all_that_the_first_had(two: Store) -> None:
    two.projects.add(project("sdx", technologies=uses("c-sharp")))
    two.projects.add(project("other", technologies=uses("net")))
    assert merge(two, "c-sharp", "net") == Merged("net", 1, 0)
    found = there(two.technologies, "net")
    assert found.aliases == ("dotnet", "C#", "CSharp", "シーシャープ", "c-sharp")
    assert found.categories == ("languages", "cicd", "frameworks")
    assert (found.version, found.updated_by, found.project_count) == (2, CALLER.email, 2)
    assert resolved(two, NAMES) == dict.fromkeys(NAMES, "net")
    assert two.technologies.get("c-sharp") is None
    assert two.technologies.moves("c-sharp", None, 10) is None
    assert [each.id for each in projects_of(two, ProjectQuery(technology="net"))] == [
        "other",
        "sdx",
    ]
    assert projects_of(two, ProjectQuery(technology="c-sharp")) == []
    assert technologies_of(two) == [replace(found, updated_by=None)]
    for query in (TechnologyQuery(category="frameworks"), TechnologyQuery(ring="trial")):
        assert [each.id for each in technologies_of(two, query)] == ["net"]
    assert [each.id for each in two.technologies.on_radar()] == ["net"]
    for word in ("c#", "csharp", "net", "dotnet", "c"):
        assert searched_technologies(two, word) == ["net"]


def test_a_moved_project_is_a_version_on_by_the_caller(two: Store) -> None:
    made = project("sdx", technologies=uses("c-sharp"), updated_by="somebody@example.org")
    two.projects.add(made)
    merge(two, "c-sharp", "net")
    found = there(two.projects, "sdx")
    assert (found.version, found.updated_by) == (2, CALLER.email)
    assert [(use.technology, use.name) for use in found.technologies] == [("net", ".NET")]
    assert found.updated_at > made.updated_at


def test_the_moves_of_both_stand_in_order_and_the_ring_stays(two: Store) -> None:
    merge(two, "c-sharp", "net")
    *moves, last = there(two.technologies, "net").moves
    assert moves == [NET.moves[0], NET.moves[1], SHARP.moves[1]]
    assert (last.ring, last.author, last.note) == ("trial", CALLER.email, "Merged with C#")
    assert history(two, "net") == [*moves, last]


def test_no_move_is_lost_however_many_there_are(store: Store) -> None:
    """Also moves that the first no longer shows, or that the second can no longer show."""
    many = tuple(Move("adopt", f"2026-01-05T00:{n:02}:00.000Z", None, f"{n}") for n in range(60))
    others = tuple(Move("hold", f"2026-01-06T00:{n:02}:00.000Z", None, f"{n}") for n in range(60))
    for each, moves in (("first", many), ("second", others)):
        store.technologies.add(technology(each, moves=moves[:1]))
        for start in range(1, 60, 20):
            shown = there(store.technologies, each).moves
            change(store.technologies, each, moves=(*shown, *moves[start : start + 20]))
    merge(store, "first", "second")
    found, told = there(store.technologies, "second"), history(store, "second")
    assert (found.move_count, len(found.moves), found.ring) == (121, SHOWN_MOVES, "hold")
    assert sorted(told[:-1], key=lambda move: move.at) == [*many, *others]
    assert told[-SHOWN_MOVES:] == list(found.moves) == [*others[11:], told[-1]]


def test_the_rings_of_the_second_stay_whatever_the_first_has(store: Store) -> None:
    """Also if its last move is a directorate's, and the first does not show all of its own."""
    own = (Move("adopt", "2026-01-01T00:00:00.000Z"),)
    of_one = Move("trial", "2026-03-01T00:00:00.000Z", directorate=1)
    moves = [
        Move("hold", f"2026-02-05T00:{n:02}:00.000Z", None, f"{n}", 2 if n % 2 else None)
        for n in range(60)
    ]
    second = technology("second", moves=(*own, of_one), rings={"1": "trial"})
    store.technologies.add(second)
    store.technologies.add(technology("first", moves=tuple(moves[:30]), rings={"2": "hold"}))
    shown = there(store.technologies, "first").moves
    change(store.technologies, "first", moves=(*shown, *moves[30:]))
    merge(store, "first", "second")
    found = there(store.technologies, "second")
    assert (found.ring, found.rings) == ("adopt", {"1": "trial", "2": "hold"})
    assert found.move_count == 63


def test_a_project_that_uses_both_keeps_one_of_each_category(two: Store) -> None:
    used = (
        Use("net", "languages", name=".NET"),
        Use("c-sharp", "cicd", name="C#"),
        Use("c-sharp", "languages", main=True, name="C#"),
    )
    two.projects.add(project("sdx", technologies=used))
    merge(two, "c-sharp", "net")
    kept = (Use("net", "languages", main=True), Use("net", "cicd"))
    assert there(two.projects, "sdx").technologies == kept
    assert counts(two, "net") == [1]


def test_a_repeated_merge_changes_nothing(two: Store) -> None:
    merge(two, "c-sharp", "net")
    before = contents(two, "net", "", "")
    assert merge(two, "c-sharp", "net") == Merged("net", 0, 0)
    assert merge(two, "net", "c-sharp") == Merged("net", 0, 0)
    assert contents(two, "net", "", "") == before


def test_an_id_made_by_dropping_signs_stays_its_names_owner(store: Store) -> None:
    """`F*` has the id f. Another technology may have been renamed to F."""
    store.technologies.add(technology("f", name="F*"))
    store.technologies.add(technology("f-2", name="F"))
    store.technologies.add(technology("net"))
    merge(store, "f", "net")
    wanted = {"F*": "net", "F": "f-2", "f": "f-2", "net": "net"}
    assert resolved(store, wanted) == wanted
    assert there(store.technologies, "net").aliases == ("F*",)


def test_names_of_the_merged_are_taken_until_they_are_given_up(two: Store) -> None:
    merge(two, "c-sharp", "net")
    for each in ("C#", "c-sharp", "CSharp"):
        with pytest.raises(NameTakenError):
            two.technologies.add(technology("new", name=each))
    change(two.technologies, "net", aliases=())
    two.technologies.add(SHARP)
    assert resolved(two, ["C#", "c-sharp"]) == {"C#": "c-sharp", "c-sharp": "c-sharp"}
    remove(two.technologies, "net")
    assert resolved(two, NAMES) == dict.fromkeys(NAMES[:4], "c-sharp")


def test_names_that_the_second_does_not_take_are_free(two: Store) -> None:
    absorb(two)
    assert resolved(two, NAMES) == {".NET": "net", "net": "net"}
    two.technologies.add(SHARP)


def use_first(store: Store) -> None:
    store.projects.add(project("sdx", technologies=uses("c-sharp")))


def change_both(store: Store) -> None:
    use_first(store)
    change(store.technologies, "net")


REFUSALS: list[tuple[Act, Act, type[RegisterError]]] = [
    (use_first, absorb, InUseError),
    (
        lambda store: store.technologies.add(technology("go")),
        lambda store: absorb(store, "Go"),
        NameTakenError,
    ),
]


@pytest.mark.parametrize(("prepare", "act", "error"), REFUSALS)
def test_a_refused_end_changes_nothing(
    two: Store, prepare: Act, act: Act, error: type[RegisterError]
) -> None:
    prepare(two)
    before = contents(two, "c#", "", "")
    with pytest.raises(error):
        act(two)
    assert contents(two, "c#", "", "") == before


@pytest.mark.parametrize(
    ("happening", "error"),
    [
        (lambda store: change(store.technologies, "net"), VersionMismatchError),
        (lambda store: change(store.technologies, "c-sharp"), VersionMismatchError),
        (lambda store: remove(store.technologies, "net"), NotFoundError),
        (lambda store: remove(store.technologies, "c-sharp"), NotFoundError),
        (change_both, VersionMismatchError),
    ],
)
def test_an_end_takes_what_was_read(two: Store, happening: Act, error: type[RegisterError]) -> None:
    before, first = there(two.technologies, "net"), there(two.technologies, "c-sharp")
    happening(two)
    told = contents(two, "c#", "", "")
    with pytest.raises(error):
        two.technologies.absorb(before, first, replace(before, aliases=("C#",), version=2))
    assert contents(two, "c#", "", "") == told


def test_what_a_project_names_after_the_end_is_the_second(two: Store) -> None:
    merge(two, "c-sharp", "net")
    with pytest.raises(RegisterError):
        two.projects.add(project("late", technologies=uses("c-sharp")))
    assert resolved(two, ["c-sharp"]) == {"c-sharp": "net"}


def until_none_is_left(store: Store, most: int, first: str, second: str) -> None:
    """Or until the service refuses it because of the opposite merge."""
    with suppress(ConflictError):
        while merge(store, first, second, most).left:
            pass


@pytest.mark.parametrize("most", [1, 3, 100])
def test_merges_that_cross_end_with_one_technology(two: Store, most: int) -> None:
    made = [project(f"p{n}", technologies=uses("net" if n % 2 else "c-sharp")) for n in range(8)]
    for each in made:
        two.projects.add(each)
    go_on = partial(until_none_is_left, two, most)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(go_on, ("c-sharp", "net"), ("net", "c-sharp")))
    (only,) = technologies_of(two)
    assert resolved(two, NAMES) == dict.fromkeys(NAMES, only.id)
    assert only.project_count == 8
    assert set(only.categories) == {"languages", "frameworks", "cicd"}
    listed = projects_of(two, ProjectQuery(technology=only.id))
    assert [each.id for each in listed] == [each.id for each in made]
    assert {*SHARP.moves, *NET.moves} <= set(history(two, only.id))


def test_of_merges_that_cross_one_goes_on(two: Store) -> None:
    for n in range(4):
        two.projects.add(project(f"a{n}", technologies=uses("c-sharp")))
        two.projects.add(project(f"b{n}", technologies=uses("net")))
    assert merge(two, "c-sharp", "net", 2) == Merged("net", 2, 2)
    with pytest.raises(ConflictError, match="continue that merge"):
        merge(two, "net", "c-sharp", 2)
    assert merge(two, "c-sharp", "net", 2) == Merged("net", 2, 0)
    assert there(two.technologies, "net").rest == {}


def test_two_hundred_and_fifty_projects_take_three_calls(two: Store) -> None:
    """After it, names, aliases, counts and lists are those of one technology."""
    ids = [f"p{n:03}" for n in range(250)]
    for each in ids:
        two.projects.add(project(each, technologies=uses("c-sharp")))
    told = [merge(two, "c-sharp", "net") for _ in range(3)]
    assert [(each.moved, each.left) for each in told] == [(100, 150), (100, 50), (50, 0)]
    names = there(two.technologies, "net").keys
    assert set(resolved(two, ["c-sharp", "net", *names]).values()) == {"net"}
    users = projects_of(two, ProjectQuery(technology="net"))
    assert ([each.id for each in users], counts(two, "net")) == (ids, [250])
    assert projects_of(two, ProjectQuery(technology="c-sharp")) == []
    assert [each.id for each in technologies_of(two)] == ["net"]
