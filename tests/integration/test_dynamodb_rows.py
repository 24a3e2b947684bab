"""Large records: the largest fit in DynamoDB, and writes of several transactions are atomic for readers.

The lists during a write in steps, and the rows that an interrupted write leaves.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chalicelib.errors import (
    IdTakenError,
    NameTakenError,
    NotFoundError,
    RegisterError,
    UnknownTechnologyError,
    VersionMismatchError,
)
from chalicelib.models.page import EXAMINED_BYTES
from chalicelib.models.project import LARGEST_PROJECT, SORTS, Project, ProjectQuery
from chalicelib.models.technology import SHOWN_MOVES, Move
from chalicelib.stores.dynamodb.client import ACTIONS_IN_ONE_TRANSACTION
from chalicelib.stores.dynamodb.rows import project_rows, technology_rows
from chalicelib.stores.port import Receipt, Store
from tests.contract.samples import (
    LONG_AFTER,
    NOW,
    TOMORROW,
    change,
    counts,
    ids,
    of_contact,
    pages,
    people,
    project,
    projects_of,
    remove,
    searched_technologies,
    technology,
    there,
    uses,
)
from tests.support.dynamodb_truth import violations
from tests.support.emulator import Emulator
from tests.support.faults import Faulty, Killed, Recording, Tables, after, emulated_tables, killed

SOME = [f"t{n}" for n in range(100)]
OTHERS = [f"u{n}" for n in range(100)]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# 100 words, about the most of a name and a short name. No word is a prefix of another.
NAME = " ".join(f"{a}{b}" for a in LETTERS[:10] for b in LETTERS[:10])
OTHER_NAME = " ".join(f"{a}{b}" for a in LETTERS[10:20] for b in LETTERS[10:20])
LONG = project(
    "long",
    name=NAME,
    programme="Census",
    technologies=uses(*SOME),
    contacts=people(*(f"{n}@example.org" for n in range(20))),
)
CHANGED = replace(
    LONG,
    name=OTHER_NAME,
    programme="Surveys",
    technologies=uses(*OTHERS),
    version=2,
    updated_at=TOMORROW,
)
ALIASES = tuple(" ".join(f"{a}{n}{b}" for b in LETTERS) for n, a in enumerate(LETTERS[:20]))
MANY = technology("many", aliases=ALIASES)
Act = Callable[[Store], object]
# Whether the table has LONG and MANY before the write, and the write.
LARGE_WRITES: Mapping[str, tuple[bool, Act]] = {
    "add": (False, lambda store: store.projects.add(LONG)),
    "replace": (
        True,
        lambda store: store.projects.replace(there(store.projects, "long"), CHANGED),
    ),
    "remove": (True, lambda store: remove(store.projects, "long")),
    "add a technology": (False, lambda store: store.technologies.add(MANY)),
    "remove a technology": (True, lambda store: remove(store.technologies, "many")),
    "rename a technology": (
        True,
        lambda store: change(store.technologies, "many", name="few", aliases=()),
    ),
}

WIDEST = "𝒳"  # four bytes of UTF-8
MOVE = Move("adopt", NOW, "a@example.org", WIDEST * 500)
# The most that a body and its moves may hold.
LARGEST_TECHNOLOGY = technology(
    "large",
    name=WIDEST * 200,
    aliases=tuple(f"{n:02}" + WIDEST * 198 for n in range(20)),
    tags=tuple(f"{n:02}" + WIDEST * 198 for n in range(20)),
    description=WIDEST * 5000,
    link="https://example.org/" + "a" * 2000,
    moves=(MOVE,) * SHOWN_MOVES,
)


@pytest.fixture(scope="module")
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


def opened(tables: Tables) -> tuple[str, Store]:
    name = tables.new()
    return name, tables.open(name)


def made(tables: Tables, is_there: bool) -> tuple[str, Store]:
    """A table of its own with the technologies, and with LONG and MANY if `is_there`."""
    name, store = opened(tables)
    for technology_id in (*SOME, *OTHERS):
        store.technologies.add(technology(technology_id))
    put_back(store, is_there)
    return name, store


def put_back(store: Store, is_there: bool) -> None:
    """Restores LONG and MANY after any write."""
    store.finish(LONG_AFTER)
    parts: list[tuple[Any, Any]] = [(store.projects, LONG), (store.technologies, MANY)]
    for part, record in parts:
        if part.get(record.id):
            remove(part, record.id)
        if is_there:
            part.add(record)


def state(store: Store) -> list[object]:
    """The answers of single reads, which lists must agree with."""
    return [store.projects.get("long"), store.technologies.get("many")]


def assert_kept(store: Store, wanted: Project) -> None:
    """Every list that should have the project has it once, in its current form."""
    assert store.projects.get(wanted.id) == wanted
    queries = [
        *(ProjectQuery(sort=sort) for sort in SORTS),
        ProjectQuery(programme=wanted.programme_key),
        *(ProjectQuery(technology=each) for each in wanted.technology_ids),
        *(ProjectQuery(words=(word,)) for word in wanted.words),
    ]
    listed = [projects_of(store, query) for query in queries]
    assert listed == [[replace(wanted, contacts=())]] * len(queries)
    assert of_contact(store, "0@example.org") == [wanted.id]


def assert_nowhere(store: Store, gone: Project) -> None:
    """No list has the project under its former values."""
    queries = [
        *(ProjectQuery(technology=each) for each in gone.technology_ids),
        *(ProjectQuery(words=(word,)) for word in gone.words),
    ]
    assert not any(projects_of(store, query) for query in queries)


def test_a_long_project_is_in_every_list_once_whatever_is_written(tables: Tables) -> None:
    assert len(project_rows(LONG)) > ACTIONS_IN_ONE_TRANSACTION
    _, store = made(tables, True)
    assert_kept(store, LONG)
    store.projects.replace(there(store.projects, "long"), CHANGED)
    assert_kept(store, CHANGED)
    assert_nowhere(store, LONG)
    assert counts(store, *SOME, *OTHERS) == [0] * len(SOME) + [1] * len(OTHERS)
    again = replace(LONG, version=3)
    store.projects.replace(there(store.projects, "long"), again)
    assert_kept(store, again)
    assert_nowhere(store, CHANGED)
    remove(store.projects, "long")
    assert (projects_of(store), of_contact(store, "0@example.org")) == ([], [])
    assert_nowhere(store, LONG)
    store.projects.add(LONG)
    assert_kept(store, LONG)


def test_a_technology_of_many_long_aliases_is_found_by_each_word(tables: Tables) -> None:
    assert len(technology_rows(MANY)) > ACTIONS_IN_ONE_TRANSACTION
    _, store = made(tables, True)
    change(store.technologies, "many", description="changed")
    found = [searched_technologies(store, word) for word in ("a0a", "t19z", "k10k")]
    assert found == [["many"]] * 3


@pytest.mark.parametrize("write", LARGE_WRITES)
def test_a_large_write_leaves_no_row_too_much_and_none_too_few(tables: Tables, write: str) -> None:
    is_there, act = LARGE_WRITES[write]
    name, store = made(tables, is_there)
    act(store)
    assert violations(tables.items(name)) == []


def killed_behind_each_call(tables: Tables, write: str) -> Iterator[tuple[str, Store]]:
    """Each time, the record is as before the write or as after it."""
    is_there, act = LARGE_WRITES[write]
    name, store = made(tables, is_there)
    wanted = [state(store)]
    recording = Recording(tables.transport)
    act(tables.open(name, recording))
    wanted.append(state(store))
    for n in range(len(recording.calls)):
        put_back(store, is_there)
        with pytest.raises(Killed):
            act(tables.open(name, Faulty(tables.transport, {n: killed})))
        assert state(store) in wanted
        yield name, store


# `make test` kills the writes of projects. Those of technologies use the same code.
KILLED = [
    pytest.param(name, marks=pytest.mark.soak if "technology" in name else ())
    for name in LARGE_WRITES
]


@pytest.mark.parametrize("write", KILLED)
def test_a_large_write_that_is_killed_behind_any_call_is_finished(
    tables: Tables, write: str
) -> None:
    """No list has a deleted record. One run of the scheduled function corrects all lists."""
    for name, store in killed_behind_each_call(tables, write):
        before = state(store)
        found = store.projects.get("long")
        for query in (ProjectQuery(words=("aa",)), ProjectQuery(technology="t0"), ProjectQuery()):
            listed = [replace(each, contacts=LONG.contacts) for each in projects_of(store, query)]
            assert listed == ([found] if found and query.admits(found) else [])
        store.finish(NOW)  # years ago: it finds no write that is old enough
        store.finish(LONG_AFTER)
        assert (state(store), violations(tables.items(name))) == (before, [])


@pytest.mark.parametrize("write", ["add", "replace", "remove"])
def test_the_next_writer_finishes_what_was_killed(tables: Tables, write: str) -> None:
    """The next writer of the record, or of a new one with its id."""
    for name, store in killed_behind_each_call(tables, write):
        found = store.projects.get("long")
        if found:
            wanted = replace(LONG, name="another", version=found.version + 1)
            store.projects.replace(found, wanted)
        else:
            wanted = project("long", name="new")
            store.projects.add(wanted)
            store.finish(LONG_AFTER)
        assert (store.projects.get("long"), violations(tables.items(name))) == (wanted, [])


def test_what_is_still_being_written_is_left_to_its_writer(tables: Tables) -> None:
    name, store = made(tables, True)
    slow = tables.open(name, Faulty(tables.transport, {2: after(lambda: store.finish(NOW))}))
    slow.projects.replace(there(slow.projects, "long"), CHANGED)
    assert violations(tables.items(name)) == []
    assert_kept(store, CHANGED)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (replace(LONG, id="new"), NameTakenError),
        (replace(LONG, name=OTHER_NAME), IdTakenError),
        (
            replace(CHANGED, id="new", technologies=uses(*OTHERS[:39], "nobody"), version=1),
            UnknownTechnologyError,
        ),
    ],
)
def test_a_refused_write_leaves_nothing(
    tables: Tables, wanted: Project, error: type[RegisterError]
) -> None:
    name, store = made(tables, True)
    before = tables.rows(name)
    for _ in range(3):
        with pytest.raises(error):
            store.projects.add(wanted)
    assert tables.rows(name) == before
    assert violations(tables.items(name)) == []


def test_many_changes_of_a_project_leave_no_row_and_no_empty_first_page(tables: Tables) -> None:
    """Any contact can change the name and the technologies each time."""
    name, store = made(tables, True)
    store.projects.add(project("other", technologies=uses("t0")))
    rows = len(tables.rows(name))
    for n in range(12):
        plain = LONG if n % 2 else CHANGED
        before = there(store.projects, "long")
        store.projects.replace(before, replace(plain, name=f"{n} {plain.name}", version=n + 2))
    assert abs(len(tables.rows(name)) - rows) < 10
    remove(store.projects, "long")
    assert violations(tables.items(name)) == []
    for query in (ProjectQuery(), ProjectQuery(technology="t0")):
        assert ids(store.projects.find(query, None, 1).items) == ["other"]


# Before each of its calls. A writer that is too late gets an error.
@pytest.mark.parametrize("moment", range(14))
def test_writers_of_a_large_project_do_not_hide_it_from_each_other(
    tables: Tables, moment: int
) -> None:
    """Another writer changes everything and changes it back during this write."""
    name, store = made(tables, True)

    def meanwhile() -> None:
        for wanted in (CHANGED, LONG):
            current = there(store.projects, "long")
            store.projects.replace(current, replace(wanted, version=current.version + 1))

    before = there(store.projects, "long")
    slow = tables.open(name, Faulty(tables.transport, {moment: after(meanwhile)}))
    with suppress(VersionMismatchError):
        slow.projects.replace(before, CHANGED)
    assert violations(tables.items(name)) == []
    assert_kept(store, there(store.projects, "long"))


@pytest.mark.parametrize("moment", range(12))
def test_a_project_added_while_its_name_is_freed_is_in_every_list(
    tables: Tables, moment: int
) -> None:
    """An admin deletes the old project with the same name and id between two calls of the writer."""
    name, store = made(tables, True)
    old, new = there(store.projects, "long"), replace(LONG, technologies=uses(*SOME[:39]))

    def meanwhile() -> None:
        with suppress(NotFoundError):
            store.projects.remove(old)

    try:
        tables.open(name, Faulty(tables.transport, {moment: after(meanwhile)})).projects.add(new)
    except (NameTakenError, IdTakenError):
        meanwhile()
        store.projects.add(new)
    assert violations(tables.items(name)) == []
    assert_kept(store, new)


def largest_project(letter: str) -> Project:
    """With names of one-letter words, and 20 contacts."""
    names = " ".join(chr(ord("一") + n) for n in range(100))
    return project(
        "large",
        name=names,
        short_name=names[::-1],
        programme=names,
        description=letter * ((LARGEST_PROJECT - 8000) // len(letter.encode())),
        contacts=people(*(f"{n}@example.org" for n in range(20))),
    )


@pytest.mark.parametrize("letter", ["a", "é", "統", WIDEST])
def test_the_largest_project_is_kept_with_the_largest_answer(tables: Tables, letter: str) -> None:
    name, store = opened(tables)
    wanted = largest_project(letter)
    receipt = Receipt("key", "fingerprint", letter * LARGEST_PROJECT, TOMORROW)
    store.projects.add(wanted, receipt)
    assert (store.projects.get("large"), store.receipts.get("key", NOW)) == (wanted, receipt)
    assert violations(tables.items(name)) == []


def test_the_largest_technology_is_kept_moved_and_removed(
    tables: Tables,
) -> None:
    """After any number of moves it can still be moved, changed and deleted."""
    name, store = opened(tables)
    store.technologies.add(LARGEST_TECHNOLOGY)
    for _ in range(30):
        moves = (*there(store.technologies, "large").moves, MOVE)
        change(store.technologies, "large", moves=moves)
    found = there(store.technologies, "large")
    assert (found.move_count, len(found.moves)) == (SHOWN_MOVES + 30, SHOWN_MOVES)
    remove(store.technologies, "large")
    assert tables.rows(name) <= {("RENAMES", ".")}


def test_a_technology_of_any_size_can_be_used(tables: Tables) -> None:
    _, store = opened(tables)
    store.technologies.add(LARGEST_TECHNOLOGY)
    store.projects.add(project("user", technologies=uses("large")))
    change(store.technologies, "large", name="short")
    assert counts(store, "large") == [1]


@pytest.fixture(scope="module")
def crowd(tables: Tables) -> Store:
    """40 projects of 60 KB."""
    _, store = opened(tables)
    store.technologies.add(technology("python"))
    large = project("p", description="d" * 60_000, technologies=uses("python"))
    for n in range(40):
        store.projects.add(replace(large, id=f"p{n}", name=f"p{n}"))
    return store


@pytest.mark.parametrize(
    "query",
    [
        ProjectQuery(),
        ProjectQuery(stage="unsupported"),
        ProjectQuery(technology="python"),
        ProjectQuery(technology="python", stage="unsupported"),
        ProjectQuery(words=("p",)),
    ],
    ids=str,
)
def test_a_page_examines_no_more_than_a_megabyte(crowd: Store, query: ProjectQuery) -> None:
    """A walk still reaches its end."""
    walk = [page.items for page in pages(partial(crowd.projects.find, query), 100)]
    assert (sum(map(len, walk)), len(walk)) == (0 if query.stage else 40, 3)
    for items in walk:
        assert sum(len(text.encode()) for text in items) <= EXAMINED_BYTES + LARGEST_PROJECT
