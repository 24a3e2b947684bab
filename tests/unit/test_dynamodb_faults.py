"""Whatever happens to any one call of any method, the outcome is the one without it.

No write is lost or done twice, nothing is refused that should not be; on an emulated AWS.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import RegisterError, UnavailableError
from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import Move, TechnologyQuery
from chalicelib.stores.dynamodb.transport import HELD_UP, RETRYABLE, Transport
from chalicelib.stores.port import Store
from tests.contract.samples import (
    NOW,
    TOMORROW,
    add_project,
    contents,
    people,
    project,
    receipt,
    remove_project,
    remove_technology,
    replace_project,
    replace_technology,
    technology,
    uses,
)
from tests.emulator import Emulator
from tests.faults import (
    Failing,
    Fault,
    Faulty,
    HalfDone,
    Recording,
    Tables,
    answer_lost,
    emulated_tables,
    never_sent,
    refused_with,
)

FAULTS: Mapping[str, Fault] = {
    "never sent": never_sent,
    "answer lost": answer_lost,
    **{code: refused_with(code) for code in sorted(RETRYABLE)},
}
# The quick gate takes one code: that all are the same to the client, test_dynamodb_client shows.
SHOWN = ("never sent", "answer lost", "ThrottlingException")
EVERY_FAULT = [
    name if name in SHOWN else pytest.param(name, marks=pytest.mark.soak) for name in FAULTS
]
LONG = " ".join(f"w{n}" for n in range(60))
SERVED = project(
    "served", name="Served well", programme="Census", technologies=uses("one"), stage="development"
)
USED_A_LOT = project("used", name=f"Used {LONG}", technologies=uses("one", "two"))
Act = Callable[[Store], object]

READS: Mapping[str, Act] = {
    "project": lambda store: store.projects.get("served"),
    "owner": lambda store: store.projects.owner("served well"),
    "find": lambda store: store.projects.find(ProjectQuery(), None, 1),
    "find by time": lambda store: store.projects.find(ProjectQuery(sort="-updated_at"), None, 50),
    "find by words": lambda store: store.projects.find(ProjectQuery(words=("w1",)), None, 50),
    "find by technology": lambda store: store.projects.find(
        ProjectQuery(technology="one"), None, 50
    ),
    "find by programme": lambda store: store.projects.find(
        ProjectQuery(programme="census"), None, 50
    ),
    "find by stage": lambda store: store.projects.find(ProjectQuery(stage="development"), None, 50),
    "of a contact": lambda store: store.projects.of_contact("a@example.org", None, 50),
    "technology": lambda store: store.technologies.get("one"),
    "resolve": lambda store: store.technologies.resolve(["one", "uno", "nobody"]),
    "moves": lambda store: store.technologies.moves("one", None, 50),
    "radar": lambda store: list(store.technologies.on_radar()),
    "technologies": lambda store: store.technologies.find(TechnologyQuery(), None, 50),
    "technologies by word": lambda store: store.technologies.find(
        TechnologyQuery(words=("uno",)), None, 50
    ),
    "receipt": lambda store: store.receipts.get("key", NOW),
    "check": lambda store: store.check(),
}
WRITES: Mapping[str, Act] = {
    "add": lambda store: add_project(
        store,
        project("new", technologies=uses("one", "two")),
        people("b@example.org"),
        receipt("new key"),
    ),
    "add a long one": lambda store: add_project(
        store,
        project("new", name=f"{LONG} {LONG.upper()}x y z", short_name=LONG.replace("w", "v")),
        (),
    ),
    "add, name taken": lambda store: add_project(store, project("new", name="served WELL"), ()),
    "add, id taken": lambda store: add_project(store, project("served", name="another"), ()),
    "add, receipt known": lambda store: add_project(store, project("new"), (), receipt()),
    "add, technology unknown": lambda store: add_project(
        store, project("new", technologies=uses("nobody")), ()
    ),
    "replace": lambda store: replace_project(
        store,
        replace(SERVED, name="Renamed", technologies=uses("two"), version=2, updated_at=TOMORROW),
        1,
        people("b@example.org"),
    ),
    "replace a long one": lambda store: replace_project(
        store, replace(USED_A_LOT, name=LONG.replace("w", "v"), technologies=(), version=2), 1
    ),
    "replace, older version": lambda store: replace_project(store, SERVED, 7),
    "remove": lambda store: remove_project(store, "used", 1),
    "add a technology": lambda store: store.technologies.add(
        technology("new", aliases=("nuovo",)), receipt("new key")
    ),
    "add a technology, name taken": lambda store: store.technologies.add(technology("uno")),
    "replace a technology": lambda store: replace_technology(
        store,
        technology("one", aliases=("un",), moves=(Move("adopt", NOW),), version=2),
        1,
        receipt("k"),
    ),
    "replace a technology, name taken": lambda store: replace_technology(
        store, technology("one", name="two", version=2), 1
    ),
    "remove a technology": lambda store: remove_technology(store, "unused", 1),
    "remove a technology in use": lambda store: remove_technology(store, "one", 1),
    "cursor key": lambda store: store.cursor_key() == store.cursor_key(),
}


@pytest.fixture(scope="module", params=["http", pytest.param("boto3", marks=pytest.mark.soak)])
def tables(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Tables]:
    """Faults lie over the seam: the quick gate takes one way below it."""
    with emulated_tables(emulator, request.param) as found:
        yield found


@pytest.fixture(scope="module")
def full(tables: Tables) -> str:
    """A table that is only read."""
    return filled(tables)


def filled(tables: Tables) -> str:
    name = tables.new()
    store = tables.open(name)
    store.technologies.add(technology("one", aliases=("uno",)))
    store.technologies.add(technology("two"))
    store.technologies.add(technology("unused", name="Not used"))
    add_project(store, SERVED, people("a@example.org"), receipt())
    add_project(store, USED_A_LOT, people("a@example.org", "b@example.org"))
    return name


def outcome(act: Act, store: Store) -> object:
    try:
        return act(store)
    except RegisterError as error:
        return type(error).__name__, str(error)


def told(store: Store) -> list[Any]:
    everything = [contents(store, word, "b@example.org", "new key") for word in ("new", "w1", "v1")]
    return [*everything, contents(store, "uno", "a@example.org", "k")]


def done(tables: Tables, act: Act, wrap: Callable[[Transport], Transport]) -> tuple[object, ...]:
    """What a write says and leaves behind, in a table of its own."""
    name = filled(tables)
    said = outcome(act, tables.open(name, wrap(tables.transport)))
    return said, told(tables.open(name)), tables.rows(name)


@pytest.mark.parametrize("fault", EVERY_FAULT)
@pytest.mark.parametrize("read", READS)
def test_a_fault_changes_no_read(tables: Tables, full: str, read: str, fault: str) -> None:
    recording = Recording(tables.transport)
    wanted = outcome(READS[read], tables.open(full, recording))
    for n in range(len(recording.calls)):
        faulty = Faulty(tables.transport, {n: FAULTS[fault]})
        assert (n, outcome(READS[read], tables.open(full, faulty))) == (n, wanted)


@pytest.mark.parametrize("fault", EVERY_FAULT)
@pytest.mark.parametrize("write", WRITES)
def test_a_fault_changes_no_write(tables: Tables, write: str, fault: str) -> None:
    recording = Recording(tables.transport)
    wanted = done(tables, WRITES[write], lambda _: recording)
    for n in range(len(recording.calls)):
        found = done(tables, WRITES[write], lambda t, n=n: Faulty(t, {n: FAULTS[fault]}))  # type: ignore[misc]
        assert (n, *found) == (n, *wanted)


@pytest.mark.parametrize("reason", sorted(HELD_UP))
@pytest.mark.parametrize("write", WRITES)
def test_a_transaction_that_is_held_up_changes_no_write(
    tables: Tables, write: str, reason: str
) -> None:
    held_up = refused_with("TransactionCanceledException", "None", reason)

    def wrap(transport: Transport) -> Transport:
        pending = [True, True]

        def call(operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
            if operation == "TransactWriteItems" and pending:
                pending.pop()
                return held_up(lambda: transport(operation, parameters))
            return transport(operation, parameters)

        return call

    assert done(tables, WRITES[write], wrap) == done(tables, WRITES[write], lambda t: t)


@pytest.mark.parametrize("write", WRITES)
def test_batches_half_done_change_no_write(tables: Tables, write: str) -> None:
    assert done(tables, WRITES[write], HalfDone) == done(tables, WRITES[write], lambda t: t)


@pytest.mark.parametrize("read", READS)
def test_batches_half_done_change_no_read(tables: Tables, full: str, read: str) -> None:
    half_done = tables.open(full, HalfDone(tables.transport))
    assert outcome(READS[read], half_done) == outcome(READS[read], tables.open(full))


@pytest.mark.parametrize(
    "fault", [never_sent, refused_with("ThrottlingException"), refused_with("AccessDenied")]
)
@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_a_database_that_never_answers_is_unavailable(
    tables: Tables, full: str, name: str, fault: Fault
) -> None:
    store = tables.open(full, Failing(tables.transport, fault))
    with pytest.raises(UnavailableError) as raised:
        (READS | WRITES)[name](store)  # type: ignore[operator]
    assert raised.value.retry_after > 0


@pytest.mark.parametrize("write", ["add", "replace", "remove", "replace a technology"])
def test_a_write_whose_answers_are_all_lost_is_done_once(tables: Tables, write: str) -> None:
    _, wanted, rows = done(tables, WRITES[write], lambda t: t)
    said, found, left = done(
        tables, WRITES[write], lambda t: Failing(t, answer_lost, "TransactWriteItems")
    )
    assert said == ("UnavailableError", "The database does not keep up")
    assert (found, left) == (wanted, rows)


@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_is_never_carried_out_leaves_nothing_to_see(
    tables: Tables, write: str
) -> None:
    name = filled(tables)
    before = told(tables.open(name))
    outcome(
        WRITES[write],
        tables.open(name, Failing(tables.transport, never_sent, "TransactWriteItems")),
    )
    assert told(tables.open(name)) == before


def test_of_two_first_users_one_makes_the_cursor_key(tables: Tables) -> None:
    name = tables.new()
    other = tables.open(name)

    def wait(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        other.cursor_key()
        return call()

    store = tables.open(name, Faulty(tables.transport, {1: wait}))
    assert store.cursor_key() == other.cursor_key()
