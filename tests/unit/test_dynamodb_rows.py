"""Index rows of records that are too long for one transaction, and rows that are left over."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.errors import UnavailableError, VersionMismatchError
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.client import ACTIONS_IN_ONE_TRANSACTION
from chalicelib.stores.port import Store
from tests.contract.samples import (
    TOMORROW,
    count,
    of_contact,
    people,
    project,
    projects_of,
    searched,
    searched_technologies,
    technology,
    uses,
)
from tests.emulator import Emulator
from tests.faults import Failing, Faulty, Recording, Tables, after, emulated_tables, never_sent

SOME = [f"t{n}" for n in range(40)]
OTHERS = [f"u{n}" for n in range(40)]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# 100 words, about what a name and a short name can hold; no word begins another's.
NAME = " ".join(f"{a}{b}" for a in LETTERS[:10] for b in LETTERS[:10])
OTHER_NAME = " ".join(f"{a}{b}" for a in LETTERS[10:20] for b in LETTERS[10:20])
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
    assert store.projects.get(wanted.id) == wanted
    told = everywhere(store, wanted, email)
    assert told == [[wanted.id]] * len(told)


def assert_nowhere_else(store: Store, gone: Project) -> None:
    """No list tells of what the project no longer has."""
    assert [searched(store, word) for word in gone.words] == [[]] * len(gone.words)
    assert [projects_of(store, ProjectQuery(technology=each)) for each in gone.technology_ids] == [
        []
    ] * len(gone.technology_ids)


def rows_of(wanted: Project) -> set[tuple[str, str]]:
    return set(keys.project_rows(wanted, PEOPLE))


def test_it_is_too_long_for_one_transaction() -> None:
    assert len(rows_of(LONG)) > ACTIONS_IN_ONE_TRANSACTION


def test_a_long_project_is_in_every_list_once(store: Store) -> None:
    store.projects.add(LONG, PEOPLE)
    assert_kept(store, LONG)


def test_everything_of_a_long_project_can_be_replaced_at_once(store: Store) -> None:
    store.projects.add(LONG, PEOPLE)
    store.projects.replace(CHANGED, 1)
    assert_kept(store, CHANGED)
    assert_nowhere_else(store, LONG)
    assert [count(store, each) for each in (*SOME, *OTHERS)] == [0] * 40 + [1] * 40


def test_there_and_back_again(store: Store) -> None:
    store.projects.add(LONG, PEOPLE)
    store.projects.replace(CHANGED, 1)
    again = replace(LONG, version=3)
    store.projects.replace(again, 2)
    assert_kept(store, again)
    assert_nowhere_else(store, CHANGED)


def test_a_removed_long_project_is_in_no_list(store: Store) -> None:
    store.projects.add(LONG, PEOPLE)
    store.projects.remove("long", 1)
    assert projects_of(store) == []
    assert_nowhere_else(store, LONG)
    assert of_contact(store, "0@example.org") == []


def test_the_name_of_a_removed_long_project_can_be_used_again(store: Store) -> None:
    store.projects.add(LONG, PEOPLE)
    store.projects.remove("long", 1)
    store.projects.add(LONG, PEOPLE)
    assert_kept(store, LONG)


def test_a_technology_of_many_long_aliases_is_found_by_each_word(store: Store) -> None:
    aliases = tuple(" ".join(f"{a}{n}{b}" for b in LETTERS) for n, a in enumerate(LETTERS[:20]))
    wanted = technology("many", aliases=aliases)
    store.technologies.add(wanted)
    store.technologies.replace(replace(wanted, description="changed", version=2), 1)
    assert [searched_technologies(store, word) for word in ("a0a", "t19z", "k10k")] == [
        ["many"]
    ] * 3


def test_rows_left_by_a_write_that_failed_are_passed_over(tables: Tables, table: str) -> None:
    """Those that do not fit are written first; then the transaction never comes."""
    store = tables.open(table)
    store.projects.add(LONG, PEOPLE)
    before = tables.rows(table)
    failing = Failing(tables.transport, never_sent, "TransactWriteItems")
    with pytest.raises(UnavailableError):
        tables.open(table, failing).projects.replace(CHANGED, 1)
    assert before < tables.rows(table)
    assert_kept(store, LONG)
    assert_nowhere_else(store, CHANGED)


def test_rows_left_by_a_project_that_never_came_are_passed_over(tables: Tables, table: str) -> None:
    failing = Failing(tables.transport, never_sent, "TransactWriteItems")
    with pytest.raises(UnavailableError):
        tables.open(table, failing).projects.add(LONG, PEOPLE)
    store = tables.open(table)
    assert projects_of(store) == []
    assert_nowhere_else(store, LONG)


def test_a_write_that_failed_can_be_repeated(tables: Tables, table: str) -> None:
    store = tables.open(table)
    store.projects.add(LONG, PEOPLE)
    failing = Failing(tables.transport, never_sent, "TransactWriteItems")
    with pytest.raises(UnavailableError):
        tables.open(table, failing).projects.replace(CHANGED, 1)
    store.projects.replace(CHANGED, 1)
    assert_kept(store, CHANGED)
    assert_nowhere_else(store, LONG)


def test_rows_are_deleted_only_together_with_a_change_of_their_record(
    tables: Tables, table: str
) -> None:
    """Deleted later, a row might be one that the next writer has just added."""
    recording = Recording(tables.transport)
    store = tables.open(table, recording)
    store.projects.add(LONG, PEOPLE)
    recording.forget()
    store.projects.replace(CHANGED, 1)
    assert recording.operations[-1] == "TransactWriteItems"
    assert all(
        "PutRequest" in write
        for operation, parameters in recording.calls
        if operation == "BatchWriteItem"
        for write in parameters["RequestItems"][table]
    )


def test_a_real_project_leaves_no_row_behind(tables: Tables, table: str) -> None:
    """Forty technologies, twenty contacts and a name of eight words, renamed."""
    store = tables.open(table)
    wanted = project(
        "real", name="one two three four five six seven eight", technologies=uses(*SOME)
    )
    store.projects.add(wanted, PEOPLE)
    renamed = replace(wanted, name="another name", version=2, updated_at=TOMORROW)
    store.projects.replace(renamed, 1)
    assert not (rows_of(wanted) - rows_of(renamed)) & tables.rows(table)


# Before its read, its rows, and its transaction; a writer that comes too late hears of it, too.
@pytest.mark.parametrize("moment", range(7))
def test_writers_of_a_long_project_do_not_hide_it_from_each_other(
    tables: Tables, table: str, moment: int
) -> None:
    """Another writer changes all and changes all back, while this one is on its way."""
    store = tables.open(table)
    store.projects.add(LONG, PEOPLE)
    back = replace(LONG, version=3)

    def meanwhile() -> None:
        store.projects.replace(CHANGED, 1)
        store.projects.replace(back, 2)

    slow = tables.open(table, Faulty(tables.transport, {moment: after(meanwhile)}))
    with pytest.raises(VersionMismatchError):
        slow.projects.replace(CHANGED, 1)
    assert_kept(store, back)
    assert_nowhere_else(store, CHANGED)


@pytest.mark.parametrize("moment", range(9))
def test_no_writer_takes_away_what_the_next_one_has_added(
    tables: Tables, table: str, moment: int
) -> None:
    """The next writer comes before, between or behind the calls of the one before it."""
    store = tables.open(table)
    store.projects.add(LONG, PEOPLE)

    def meanwhile() -> None:
        current = store.projects.get("long")
        assert current is not None
        store.projects.replace(replace(LONG, version=current.version + 1), current.version)

    slow = tables.open(table, Faulty(tables.transport, {moment: after(meanwhile)}))
    with suppress(VersionMismatchError):
        slow.projects.replace(CHANGED, 1)
    found = store.projects.get("long")
    assert found is not None
    assert_kept(store, found)


def test_a_project_that_came_again_is_not_taken_for_the_one_that_was_read(
    tables: Tables, table: str
) -> None:
    """Its version is the same, but its name, its technologies and its rows are not."""
    store = tables.open(table)
    first = project("again", name="first name", technologies=uses("t0"))
    second = project("again", name="second name", technologies=uses("t1"))
    store.projects.add(first, ())

    def meanwhile() -> None:
        store.projects.remove("again", 1)
        store.projects.add(second, ())

    slow = tables.open(table, Faulty(tables.transport, {1: after(meanwhile)}))
    with pytest.raises(VersionMismatchError):
        slow.projects.replace(replace(first, name="third name", version=2), 1)
    assert store.projects.get("again") == second
    assert [count(store, each) for each in ("t0", "t1")] == [0, 1]
    assert searched(store, "second") == ["again"]


def test_a_technology_that_came_again_is_not_taken_for_the_one_that_was_read(
    tables: Tables, table: str
) -> None:
    store = tables.open(table)
    store.technologies.add(technology("again", aliases=("first",)))

    def meanwhile() -> None:
        store.technologies.remove("again", 1)
        store.technologies.add(technology("again", aliases=("second",)))

    slow = tables.open(table, Faulty(tables.transport, {1: after(meanwhile)}))
    with pytest.raises(VersionMismatchError):
        slow.technologies.remove("again", 1)
    assert store.technologies.resolve(["first", "second"]) == {"second": "again"}
