"""Writes that are too large for one transaction: what their lists say, and what is left when they are cut short."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.errors import (
    IdTakenError,
    NameTakenError,
    NotFoundError,
    RegisterError,
    UnknownTechnologyError,
    VersionMismatchError,
)
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.models.technology import Technology
from chalicelib.stores.dynamodb.client import ACTIONS_IN_ONE_TRANSACTION
from chalicelib.stores.dynamodb.rows import project_rows, technology_rows
from chalicelib.stores.port import Store
from tests.contract.samples import (
    NOW,
    TOMORROW,
    add_project,
    count,
    ids,
    of_contact,
    people,
    project,
    projects_of,
    remove_project,
    remove_technology,
    replace_project,
    replace_technology,
    resolved,
    searched,
    searched_technologies,
    technology,
    uses,
)
from tests.dynamodb_truth import violations
from tests.emulator import Emulator
from tests.faults import Faulty, Killed, Recording, Tables, after, emulated_tables, killed

SOME = [f"t{n}" for n in range(40)]
OTHERS = [f"u{n}" for n in range(40)]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# 100 words, about what a name and a short name can hold; no word begins another's.
NAME = " ".join(f"{a}{b}" for a in LETTERS[:10] for b in LETTERS[:10])
OTHER_NAME = " ".join(f"{a}{b}" for a in LETTERS[10:20] for b in LETTERS[10:20])
LONG_AFTER = "2100-01-01T00:00:00.000Z"
IN_TIME = NOW  # of years ago: too early for the schedule to take up anything
PEOPLE = people(*(f"{n}@example.org" for n in range(20)))
LONG = project("long", name=NAME, programme="Census", technologies=uses(*SOME))
CHANGED = replace(
    LONG,
    name=OTHER_NAME,
    programme="Surveys",
    technologies=uses(*OTHERS),
    version=2,
    updated_at=TOMORROW,
)


@pytest.fixture(scope="module")
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


@pytest.fixture
def table(tables: Tables) -> str:
    name = tables.new()
    store = tables.open(name)
    for technology_id in (*SOME, *OTHERS):
        store.technologies.add(technology(technology_id))
    return name


@pytest.fixture
def store(tables: Tables, table: str) -> Store:
    return tables.open(table)


def everywhere(store: Store, wanted: Project, email: str) -> list[list[str]]:
    """What each list that should hold the project says."""
    queries = [
        ProjectQuery(sort=sort) for sort in ("name", "-name", "updated_at", "-updated_at")
    ] + [
        ProjectQuery(programme=wanted.programme_key),
        *(ProjectQuery(technology=each) for each in wanted.technology_ids),
        *(ProjectQuery(words=(word,)) for word in wanted.words),
    ]
    listed = [[found.id for found in projects_of(store, query)] for query in queries]
    return [*listed, of_contact(store, email)]


def assert_kept(store: Store, wanted: Project, email: str = "0@example.org") -> None:
    """Every list holds it once, as it is now."""
    found = store.projects.get(wanted.id)
    assert found is not None
    assert replace(found, contacts=()) == replace(wanted, contacts=())
    told = everywhere(store, wanted, email)
    assert told == [[wanted.id]] * len(told)


def assert_nowhere_else(store: Store, gone: Project) -> None:
    """No list tells of what the project no longer has."""
    assert [searched(store, word) for word in gone.words] == [[]] * len(gone.words)
    assert [projects_of(store, ProjectQuery(technology=each)) for each in gone.technology_ids] == [
        []
    ] * len(gone.technology_ids)


def technologies_too_long() -> Technology:
    aliases = tuple(" ".join(f"{a}{n}{b}" for b in LETTERS) for n, a in enumerate(LETTERS[:20]))
    return technology("many", aliases=aliases)


def test_it_is_too_long_for_one_transaction() -> None:
    assert len(project_rows(replace(LONG, contacts=PEOPLE))) > ACTIONS_IN_ONE_TRANSACTION
    assert len(technology_rows(technologies_too_long())) > ACTIONS_IN_ONE_TRANSACTION


def test_a_long_project_is_in_every_list_once(store: Store) -> None:
    add_project(store, LONG, PEOPLE)
    assert_kept(store, LONG)


def test_everything_of_a_long_project_can_be_replaced_at_once(store: Store) -> None:
    add_project(store, LONG, PEOPLE)
    replace_project(store, CHANGED, 1)
    assert_kept(store, CHANGED)
    assert_nowhere_else(store, LONG)
    assert [count(store, each) for each in (*SOME, *OTHERS)] == [0] * 40 + [1] * 40


def test_there_and_back_again(store: Store) -> None:
    add_project(store, LONG, PEOPLE)
    replace_project(store, CHANGED, 1)
    again = replace(LONG, version=3)
    replace_project(store, again, 2)
    assert_kept(store, again)
    assert_nowhere_else(store, CHANGED)


def test_a_removed_long_project_is_in_no_list(store: Store) -> None:
    add_project(store, LONG, PEOPLE)
    remove_project(store, "long", 1)
    assert projects_of(store) == []
    assert_nowhere_else(store, LONG)
    assert of_contact(store, "0@example.org") == []


def test_the_name_of_a_removed_long_project_can_be_used_again(store: Store) -> None:
    add_project(store, LONG, PEOPLE)
    remove_project(store, "long", 1)
    add_project(store, LONG, PEOPLE)
    assert_kept(store, LONG)


def test_a_technology_of_many_long_aliases_is_found_by_each_word(store: Store) -> None:
    wanted = technologies_too_long()
    store.technologies.add(wanted)
    replace_technology(store, replace(wanted, description="changed", version=2), 1)
    assert [searched_technologies(store, word) for word in ("a0a", "t19z", "k10k")] == [
        ["many"]
    ] * 3


Act = Callable[[Store], object]
# Each begins with LONG in the table, and has its own outcome: LONG, CHANGED or nothing.
LARGE_WRITES: Mapping[str, tuple[bool, Act]] = {
    "add": (False, lambda store: add_project(store, LONG, PEOPLE)),
    "replace": (True, lambda store: replace_project(store, CHANGED, 1)),
    "remove": (True, lambda store: remove_project(store, "long", 1)),
    "add a technology": (False, lambda store: store.technologies.add(technologies_too_long())),
    "remove a technology": (True, lambda store: remove_technology(store, "many", 1)),
    "rename a technology": (
        True,
        lambda store: replace_technology(store, technology("many", name="few", version=2), 1),
    ),
}


def made(tables: Tables, is_there: bool) -> tuple[str, Store]:
    """A table of its own with the technologies; with what is large where it is to be there."""
    name = tables.new()
    store = tables.open(name)
    for technology_id in (*SOME, *OTHERS):
        store.technologies.add(technology(technology_id))
    put_back(store, is_there)
    return name, store


def put_back(store: Store, is_there: bool) -> None:
    """What is large is as it was made, whatever has been done to it."""
    store.finish(LONG_AFTER)
    found = store.projects.get("long")
    if found:
        store.projects.remove(found)
    many = store.technologies.get("many")
    if many:
        store.technologies.remove(many)
    if is_there:
        add_project(store, LONG, PEOPLE)
        store.technologies.add(technologies_too_long())


def state(store: Store) -> list[object]:
    """What single reads say: the truth that lists follow."""
    return [store.projects.get("long"), store.technologies.get("many")]


@pytest.mark.parametrize("write", LARGE_WRITES)
def test_a_large_write_leaves_no_row_too_much_and_none_too_few(tables: Tables, write: str) -> None:
    is_there, act = LARGE_WRITES[write]
    name, store = made(tables, is_there)
    act(store)
    assert violations(tables.items(name)) == []


# The quick gate kills the projects' writes; a technology's take the same way.
KILLED = [
    pytest.param(name, marks=pytest.mark.soak if "technology" in name else ())
    for name in LARGE_WRITES
]


@pytest.mark.parametrize("write", KILLED)
def test_a_large_write_that_is_killed_behind_any_call_is_finished(
    tables: Tables, write: str
) -> None:
    """The record is as before or as after it; one run of the schedule makes all lists follow."""
    is_there, act = LARGE_WRITES[write]
    name, store = made(tables, is_there)
    before = state(store)
    recording = Recording(tables.transport)
    act(tables.open(name, recording))
    wanted = [before, state(store)]
    for n in range(len(recording.calls)):
        put_back(store, is_there)
        with pytest.raises(Killed):
            act(tables.open(name, Faulty(tables.transport, {n: killed})))
        found = state(store)
        assert found in wanted
        assert_lists_hold_no_other(store)
        store.finish(IN_TIME)
        store.finish(LONG_AFTER)
        assert (state(store), violations(tables.items(name))) == (found, [])


def assert_lists_hold_no_other(store: Store) -> None:
    """No list shows a project that is not there, or one that does not belong into it."""
    found = store.projects.get("long")
    for query in (ProjectQuery(words=("aa",)), ProjectQuery(technology="t0"), ProjectQuery()):
        listed = [replace(each, contacts=PEOPLE) for each in projects_of(store, query)]
        assert listed == ([found] if found and query.admits(found) else [])


@pytest.mark.parametrize("write", ["replace", "remove"])
def test_the_next_writer_finishes_what_was_killed(tables: Tables, write: str) -> None:
    is_there, act = LARGE_WRITES[write]
    recording = Recording(tables.transport)
    name, store = made(tables, is_there)
    act(tables.open(name, recording))
    for n in range(len(recording.calls)):
        put_back(store, is_there)
        with pytest.raises(Killed):
            act(tables.open(name, Faulty(tables.transport, {n: killed})))
        found = store.projects.get("long")
        if found:
            again = replace(LONG, contacts=PEOPLE, name="another", version=found.version + 1)
            store.projects.replace(found, again)
            assert violations(tables.items(name)) == []
            assert store.projects.get("long") == again


@pytest.mark.parametrize("write", ["add", "remove"])
def test_a_new_project_finishes_what_was_killed_under_its_id(tables: Tables, write: str) -> None:
    is_there, act = LARGE_WRITES[write]
    recording = Recording(tables.transport)
    name, store = made(tables, is_there)
    act(tables.open(name, recording))
    for n in range(len(recording.calls)):
        put_back(store, is_there)
        with pytest.raises(Killed):
            act(tables.open(name, Faulty(tables.transport, {n: killed})))
        if store.projects.get("long") is None:
            add_project(store, project("long", name="anew"))
            assert store.projects.get("long") == project("long", name="anew")
            store.finish(LONG_AFTER)
            assert violations(tables.items(name)) == []


def test_what_is_still_being_written_is_left_to_its_writer(tables: Tables) -> None:
    name, store = made(tables, True)
    slow = tables.open(name, Faulty(tables.transport, {2: after(lambda: store.finish(NOW))}))
    replace_project(slow, CHANGED, 1)
    assert violations(tables.items(name)) == []
    assert_kept(store, CHANGED)


REFUSED: Mapping[str, tuple[Project, type[RegisterError]]] = {
    "name taken": (replace(LONG, id="new"), NameTakenError),
    "id taken": (replace(LONG, name=OTHER_NAME), IdTakenError),
    "technology unknown": (
        replace(CHANGED, id="new", technologies=uses(*OTHERS[:39], "nobody"), version=1),
        UnknownTechnologyError,
    ),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refused_write_leaves_nothing(tables: Tables, reason: str) -> None:
    wanted, error = REFUSED[reason]
    name, store = made(tables, True)
    before = tables.rows(name)
    for _ in range(3):
        with pytest.raises(error):
            add_project(store, wanted, PEOPLE)
    assert tables.rows(name) == before
    assert violations(tables.items(name)) == []


def test_many_changes_of_a_project_leave_no_row_and_no_empty_first_page(tables: Tables) -> None:
    """As a contact may do at will: another name and other technologies each time."""
    name, store = made(tables, False)
    add_project(store, project("other", technologies=uses("t0")))
    add_project(store, LONG, PEOPLE)
    rows = len(tables.rows(name))
    for n in range(12):
        plain = LONG if n % 2 else CHANGED
        replace_project(store, replace(plain, name=f"{n} {plain.name}", version=n + 2), n + 1)
    assert abs(len(tables.rows(name)) - rows) < 10
    remove_project(store, "long", 13)
    assert violations(tables.items(name)) == []
    for query in (ProjectQuery(), ProjectQuery(technology="t0")):
        assert ids(store.projects.find(query, None, 1).items) == ["other"]


# Before each of its calls; a writer that comes too late hears of it, too.
@pytest.mark.parametrize("moment", range(14))
def test_writers_of_a_large_project_do_not_hide_it_from_each_other(
    tables: Tables, moment: int
) -> None:
    """Another writer changes all and changes all back, while this one is on its way."""
    name, store = made(tables, True)

    def meanwhile() -> None:
        for wanted in (CHANGED, LONG):
            current = store.projects.get("long")
            assert current is not None
            changed = replace(wanted, contacts=PEOPLE, version=current.version + 1)
            store.projects.replace(current, changed)

    before = store.projects.get("long")
    assert before is not None
    slow = tables.open(name, Faulty(tables.transport, {moment: after(meanwhile)}))
    with suppress(VersionMismatchError):
        slow.projects.replace(before, replace(CHANGED, contacts=PEOPLE))
    found = store.projects.get("long")
    assert found is not None
    assert violations(tables.items(name)) == []
    assert_kept(store, found)


@pytest.mark.parametrize("moment", range(12))
def test_a_project_added_while_its_name_is_freed_is_in_every_list(
    tables: Tables, moment: int
) -> None:
    """An admin removes the old project of the same name and id between two calls of the writer."""
    name, store = made(tables, True)

    def meanwhile() -> None:
        with suppress(NotFoundError):
            remove_project(store, "long", 1)

    slow = tables.open(name, Faulty(tables.transport, {moment: after(meanwhile)}))
    try:
        add_project(slow, replace(LONG, technologies=uses(*SOME[:39])), PEOPLE)
    except (NameTakenError, IdTakenError):
        meanwhile()
        add_project(store, replace(LONG, technologies=uses(*SOME[:39])), PEOPLE)
    assert violations(tables.items(name)) == []
    assert_kept(store, replace(LONG, technologies=uses(*SOME[:39]), contacts=PEOPLE))


def test_a_project_that_came_again_is_not_taken_for_the_one_that_was_read(
    tables: Tables, table: str
) -> None:
    """Its version is the same, but its name, its technologies and its rows are not."""
    store = tables.open(table)
    first = project("again", name="first name", technologies=uses("t0"))
    second = project("again", name="second name", technologies=uses("t1"))
    add_project(store, first, ())

    def meanwhile() -> None:
        remove_project(store, "again", 1)
        add_project(store, second, ())

    slow = tables.open(table, Faulty(tables.transport, {1: after(meanwhile)}))
    with pytest.raises(VersionMismatchError):
        replace_project(slow, replace(first, name="third name", version=2), 1)
    assert store.projects.get("again") == second
    assert [count(store, each) for each in ("t0", "t1")] == [0, 1]
    assert searched(store, "second") == ["again"]


def test_a_technology_that_came_again_is_not_taken_for_the_one_that_was_read(
    tables: Tables, table: str
) -> None:
    store = tables.open(table)
    store.technologies.add(technology("again", aliases=("first",)))

    def meanwhile() -> None:
        remove_technology(store, "again", 1)
        store.technologies.add(technology("again", aliases=("second",)))

    slow = tables.open(table, Faulty(tables.transport, {1: after(meanwhile)}))
    with pytest.raises(VersionMismatchError):
        remove_technology(slow, "again", 1)
    assert resolved(store, ["first", "second"]) == {"second": "again"}
