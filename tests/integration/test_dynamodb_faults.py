"""A failure of any one call of any method does not change the outcome.

No write is lost or done twice, and nothing is wrongly refused. On an emulated AWS.
"""

from collections.abc import Callable, Iterator, Mapping
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
    change,
    contents,
    people,
    project,
    receipt,
    remove,
    technology,
    uses,
)
from tests.support.emulator import Emulator
from tests.support.faults import (
    Call,
    Fault,
    Faulty,
    Recording,
    Tables,
    after,
    answer_lost,
    emulated_tables,
    failing,
    half_done,
    never_sent,
    refused_with,
)

FAULTS: Mapping[str, Fault] = {
    "never sent": never_sent,
    "answer lost": answer_lost,
    **{code: refused_with(code) for code in sorted(RETRYABLE)},
}
# `make test` runs one code. test_dynamodb_client shows that the client handles all alike.
SHOWN = ("never sent", "answer lost", "ThrottlingException")
EVERY_FAULT = [
    name if name in SHOWN else pytest.param(name, marks=pytest.mark.soak) for name in FAULTS
]
LONG = " ".join(f"w{n}" for n in range(60))
OTHER_LONG = LONG.replace("w", "v")
NEW_PEOPLE = people("b@example.org")
Act = Callable[[Store], object]


def find(**query: Any) -> Act:
    return lambda store: store.projects.find(ProjectQuery(**query), None, 50)


def add(project_id: str = "new", *receipts: Any, **fields: Any) -> Act:
    return lambda store: store.projects.add(project(project_id, **fields), *receipts)


def add_technology(technology_id: str, *receipts: Any, **fields: Any) -> Act:
    return lambda store: store.technologies.add(technology(technology_id, **fields), *receipts)


def outdated(store: Store) -> None:
    store.projects.replace(project("served", version=7), project("served", version=8))


READS: Mapping[str, Act] = {
    "project": lambda store: store.projects.get("served"),
    "owner": lambda store: store.projects.owner("served well"),
    "find": lambda store: store.projects.find(ProjectQuery(), None, 1),
    "find by time": find(sort="-updated_at"),
    "find by words": find(words=("w1",)),
    "find by technology": find(technology="one"),
    "find by programme": find(programme="census"),
    "find by stage": find(stage="development"),
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
    "ping": lambda store: store.ping(),
}
WRITES: Mapping[str, Act] = {
    "add": add("new", receipt("new key"), technologies=uses("one", "two"), contacts=NEW_PEOPLE),
    "add a long one": add(name=f"{LONG} {LONG.upper()}x y z", short_name=OTHER_LONG),
    "add, name taken": add(name="served WELL"),
    "add, id taken": add("served", name="another"),
    "add, receipt known": add("new", receipt()),
    "add, technology unknown": add(technologies=uses("nobody")),
    "replace": lambda store: change(
        store.projects,
        "served",
        name="Renamed",
        technologies=uses("two"),
        updated_at=TOMORROW,
        contacts=NEW_PEOPLE,
    ),
    "replace a long one": lambda store: change(
        store.projects, "used", name=OTHER_LONG, technologies=()
    ),
    "replace, older version": outdated,
    "remove": lambda store: remove(store.projects, "used"),
    "add a technology": add_technology("new", receipt("new key"), aliases=("nuovo",)),
    "add a technology, name taken": add_technology("uno"),
    "replace a technology": lambda store: change(
        store.technologies, "one", receipt("k"), aliases=("un",), moves=(Move("adopt", NOW),)
    ),
    "replace a technology, name taken": lambda store: change(store.technologies, "one", name="two"),
    "remove a technology": lambda store: remove(store.technologies, "unused"),
    "remove a technology in use": lambda store: remove(store.technologies, "one"),
    "cursor key": lambda store: store.cursor_key() == store.cursor_key(),
}


@pytest.fixture(scope="module", params=["http", pytest.param("boto3", marks=pytest.mark.soak)])
def tables(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Tables]:
    """Faults are injected above the transport, so `make test` runs one transport."""
    with emulated_tables(emulator, request.param) as found:
        yield found


@pytest.fixture(scope="module")
def full(tables: Tables) -> str:
    """A table that the tests only read."""
    return filled(tables)


def filled(tables: Tables) -> str:
    name = tables.new()
    store = tables.open(name)
    store.technologies.add(technology("one", aliases=("uno",)))
    store.technologies.add(technology("two"))
    store.technologies.add(technology("unused", name="Not used"))
    shown = {"name": "Served well", "programme": "Census", "stage": "development"}
    ours = people("a@example.org", "b@example.org")
    add("served", receipt(), technologies=uses("one"), contacts=ours[:1], **shown)(store)
    add("used", name=f"Used {LONG}", technologies=uses("one", "two"), contacts=ours)(store)
    return name


def outcome(act: Act, store: Store) -> object:
    try:
        return act(store)
    except RegisterError as error:
        return type(error).__name__, str(error)


def told(store: Store) -> list[Any]:
    everything = [contents(store, word, "b@example.org", "new key") for word in ("new", "w1", "v1")]
    return [*everything, contents(store, "uno", "a@example.org", "k")]


def done(
    tables: Tables, write: str, wrap: Callable[[Transport], Transport] = lambda inner: inner
) -> tuple[object, ...]:
    """The answer to a write, and the contents after it, in a table of its own."""
    name = filled(tables)
    said = outcome(WRITES[write], tables.open(name, wrap(tables.transport)))
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
    wanted = done(tables, write, lambda _: recording)
    for n in range(len(recording.calls)):
        faulty = Faulty(tables.transport, {n: FAULTS[fault]})
        assert (n, *done(tables, write, lambda _, faulty=faulty: faulty)) == (n, *wanted)  # type: ignore[misc]


@pytest.mark.parametrize("reason", sorted(HELD_UP))
@pytest.mark.parametrize("write", WRITES)
def test_a_transaction_that_is_held_up_changes_no_write(
    tables: Tables, write: str, reason: str
) -> None:
    held_up = refused_with("TransactionCanceledException", "None", reason)

    pending = [held_up, held_up]

    def twice(call: Call) -> dict[str, Any]:
        return pending.pop()(call) if pending else call()

    wrapped = done(tables, write, lambda inner: failing(inner, twice, "TransactWriteItems"))
    assert wrapped == done(tables, write)


@pytest.mark.parametrize("write", WRITES)
def test_batches_half_done_change_no_write(tables: Tables, write: str) -> None:
    assert done(tables, write, half_done) == done(tables, write)


@pytest.mark.parametrize("read", READS)
def test_batches_half_done_change_no_read(tables: Tables, full: str, read: str) -> None:
    store = tables.open(full, half_done(tables.transport))
    assert outcome(READS[read], store) == outcome(READS[read], tables.open(full))


@pytest.mark.parametrize(
    "fault", [never_sent, refused_with("ThrottlingException"), refused_with("AccessDenied")]
)
@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_a_database_that_never_answers_is_unavailable(
    tables: Tables, full: str, name: str, fault: Fault
) -> None:
    act = {**READS, **WRITES}[name]
    with pytest.raises(UnavailableError) as raised:
        act(tables.open(full, failing(tables.transport, fault)))
    assert raised.value.retry_after > 0


@pytest.mark.parametrize("write", ["add", "replace", "remove", "replace a technology"])
def test_a_write_whose_answers_are_all_lost_is_done_once(tables: Tables, write: str) -> None:
    said, *left = done(
        tables, write, lambda inner: failing(inner, answer_lost, "TransactWriteItems")
    )
    assert said == ("UnavailableError", "The database is too slow: try again later")
    assert left == [*done(tables, write)][1:]


@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_is_never_carried_out_leaves_nothing_to_see(
    tables: Tables, write: str
) -> None:
    name = filled(tables)
    before = told(tables.open(name))
    never = failing(tables.transport, never_sent, "TransactWriteItems")
    outcome(WRITES[write], tables.open(name, never))
    assert told(tables.open(name)) == before


def test_of_two_first_users_one_makes_the_cursor_key(tables: Tables) -> None:
    name = tables.new()
    other = tables.open(name)
    store = tables.open(name, Faulty(tables.transport, {1: after(other.cursor_key)}))
    assert store.cursor_key() == other.cursor_key()
