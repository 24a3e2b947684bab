"""The client when calls fail: repetitions, their time limit, and the final error."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from chalicelib.deadline import until
from chalicelib.errors import ConflictError, NameTakenError, UnavailableError
from chalicelib.routes.telemetry import error_facts
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, item_key
from chalicelib.stores.dynamodb.patience import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    PATIENCE_SECONDS,
    WINDOW_SECONDS,
)
from chalicelib.stores.dynamodb.transport import CALLERS_OWN, RETRYABLE, CallError
from tests.support.faults import Clock, Fault, Faulty, Recording, never_sent, refused_with
from tests.support.faults import failing as always

LONGEST_CALL_SECONDS = 7.0
TROUBLE = [
    "AccessDeniedException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
    "NoCredentialsError",
]
REFUSED, CONFLICT = "ConditionalCheckFailed", "TransactionConflict"
FIRST = Action({}, lambda: NameTakenError("first"))
SECOND = Action({}, lambda: ConflictError("second"))


def working(_operation: str, _parameters: Mapping[str, Any], /) -> dict[str, Any]:
    return {"Responses": {}}


def client_of(transport: Any, clock: Clock | None = None) -> Client:
    clock = clock or Clock()
    return Client(transport, "table", clock, clock.sleep)


def failing(fault: Fault, clock: Clock | None = None) -> Client:
    return client_of(always(working, fault), clock)


def cancelled(*reasons: str) -> Fault:
    return refused_with("TransactionCanceledException", *reasons)


def logged(error: BaseException) -> str:
    """The log of an error: the types from the error to its first cause."""
    facts, names = error_facts(error), []
    while facts:
        names.append(facts["error"])
        facts = facts.get("cause", {})
    return " from ".join(names)


@pytest.mark.parametrize("code", sorted(RETRYABLE))
def test_what_may_pass_is_repeated(code: str) -> None:
    transport = Faulty(working, dict.fromkeys(range(6), refused_with(code)))
    client_of(transport).call("GetItem")
    assert transport.calls == 7


@pytest.mark.parametrize("code", sorted(CALLERS_OWN))
def test_what_the_caller_must_know_is_not_repeated(code: str) -> None:
    clock = Clock()
    with pytest.raises(CallError, match=code):
        failing(refused_with(code), clock).call("PutItem")
    assert clock.slept == []


@pytest.mark.parametrize("code", TROUBLE)
def test_what_operators_must_end_is_named_and_not_repeated(code: str) -> None:
    clock = Clock()
    with pytest.raises(UnavailableError, match=code) as raised:
        failing(refused_with(code), clock).call("GetItem")
    assert (clock.slept, raised.value.retry_after) == ([], 5)
    assert "table" not in str(raised.value)
    assert logged(raised.value) == "UnavailableError from CallError"


@pytest.mark.parametrize(
    ("fault", "says", "cause"),
    [
        (never_sent, "is too slow: try again later$", "ConnectionLost"),
        (refused_with("ThrottlingException"), r"slow \(ThrottlingException\): try", "CallError"),
    ],
)
def test_patience_ends_behind_pauses_that_grow_with_jitter_up_to_a_bound(
    fault: Fault, says: str, cause: str
) -> None:
    clock = Clock()
    with pytest.raises(UnavailableError, match=says) as raised:
        failing(fault, clock).call("GetItem")
    assert PATIENCE_SECONDS - LONGEST_PAUSE_SECONDS <= clock.now <= PATIENCE_SECONDS
    assert raised.value.retry_after == 5
    assert logged(raised.value) == f"UnavailableError from {cause}"
    for n, slept in enumerate(clock.slept):
        assert 0 <= slept <= min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**n)
    assert len(set(clock.slept)) == len(clock.slept)


def test_calls_that_time_out_count_as_lost() -> None:
    clock = Clock()

    def slow(_call: Any) -> dict[str, Any]:
        clock.now += LONGEST_CALL_SECONDS
        return never_sent(_call)

    with pytest.raises(UnavailableError):
        failing(slow, clock).call("GetItem")
    assert clock.now <= PATIENCE_SECONDS + LONGEST_CALL_SECONDS < WINDOW_SECONDS


def test_a_request_of_many_calls_has_one_patience_and_what_was_lost_long_ago_is_forgotten() -> None:
    clock = Clock()
    client = client_of(Faulty(working, dict.fromkeys(range(0, 10_000, 2), never_sent)), clock)
    for _ in range(1000):
        client.call("GetItem")
        clock.now += 1
    assert sum(clock.slept) > PATIENCE_SECONDS
    begun = clock.now = clock.now + WINDOW_SECONDS + 1
    with pytest.raises(UnavailableError):
        list(map(client.call, ["GetItem"] * 1000))
    assert clock.now - begun <= PATIENCE_SECONDS


@pytest.mark.parametrize(
    "reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_a_transaction_that_is_held_up_is_repeated_as_it_was(reason: str) -> None:
    recording = Recording(Faulty(working, dict.fromkeys(range(3), cancelled("None", reason))))
    client_of(recording).transact([FIRST, SECOND])
    assert recording.calls == recording.calls[:1] * 4


def test_every_transaction_has_a_token_of_its_own() -> None:
    recording = Recording(working)
    client = client_of(recording)
    client.transact([Action({})])
    client.transact([Action({})])
    one, other = (parameters["ClientRequestToken"] for _, parameters in recording.calls)
    assert one != other


@pytest.mark.parametrize(
    "answers",
    [[(REFUSED, REFUSED)], [(REFUSED, CONFLICT)], [(CONFLICT, REFUSED), (REFUSED, REFUSED)]],
    ids=["the first is named", "held up behind it", "held up before it: it is asked again"],
)
def test_the_first_refused_action_decides(answers: list[tuple[str, str]]) -> None:
    transport = Faulty(working, {n: cancelled(*reasons) for n, reasons in enumerate(answers)})
    with pytest.raises(NameTakenError):
        client_of(transport).transact([FIRST, SECOND])
    assert transport.calls == len(answers)


@pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_a_transaction_that_can_never_be_done_is_not_repeated_and_keeps_its_cause(
    reason: str,
) -> None:
    def refuse(_: Any) -> dict[str, Any]:
        raise CallError("TransactionCanceledException", [reason]) from OSError()

    clock = Clock()
    with pytest.raises(CallError) as raised:
        failing(refuse, clock).transact([FIRST])
    assert (clock.slept, logged(raised.value)) == ([], "CallError from OSError")


Ask = Callable[[Client], object]


def left_over(_operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
    left = parameters["RequestItems"]
    return {"Responses": {}, "UnprocessedKeys": left, "UnprocessedItems": left}


@pytest.mark.parametrize(
    ("transport", "ask", "log"),
    [
        (left_over, lambda client: client.get_all([("a", "b")]), ""),
        (left_over, lambda client: client.write_all([{"DeleteRequest": {"Key": {}}}]), ""),
        (
            always(working, cancelled(CONFLICT)),
            lambda client: client.transact([FIRST]),
            " from CallError",
        ),
    ],
    ids=["reads", "writes", "a transaction that is held up"],
)
def test_what_is_never_done_ends(transport: Any, ask: Ask, log: str) -> None:
    with pytest.raises(UnavailableError) as raised:
        ask(client_of(transport))
    assert logged(raised.value) == f"UnavailableError{log}"


OWN = item_key(("a", "b"))
# For each read: the call for a key, the answer that has an item, and the result of the right answer.
READS: Mapping[str, tuple[Ask, Callable[[Any], dict[str, Any]], object]] = {
    "GetItem": (lambda client: client.get(("a", "b")), lambda item: {"Item": item}, OWN),
    "BatchGetItem": (
        lambda client: client.get_all([("a", "b"), ("a", "c")]),
        lambda item: {"Responses": {"table": [item]}},
        {("a", "b"): OWN},
    ),
    "Query": (lambda client: next(client.pages("a")), lambda item: {"Items": [item]}, [OWN]),
}


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("foreign", [("z", "b"), ("z", "y")])
def test_an_answer_to_another_question_is_a_lost_one(
    operation: str, foreign: tuple[str, str]
) -> None:
    ask, answer, wanted = READS[operation]
    transport = Faulty(lambda *_: answer(OWN), {0: lambda _: answer(item_key(foreign))})
    assert ask(client_of(transport)) == wanted
    assert transport.calls == 2


NO_KEY = {"pk": {"S": ["a"]}, "sk": {"S": "b"}}
MALFORMED: Mapping[str, Iterable[dict[str, Any]]] = {
    "GetItem": [
        {"Item": None},
        {"Item": [1]},
        {"Item": {"pk": "a", "sk": "b"}},
        {"Item": NO_KEY},
        {"Item": item_key(("a", "z"))},
    ],
    "BatchGetItem": [
        {},
        {"Responses": []},
        {"Responses": {"table": 1}},
        {"Responses": {"table": [NO_KEY]}},
        {"Responses": {"table": [item_key(("a", "z"))]}},
        {"Responses": {}, "UnprocessedKeys": {"table": []}},
        {"Responses": {}, "UnprocessedKeys": {"table": {"Keys": [item_key(("z", "y"))]}}},
    ],
    "Query": [
        {},
        {"Items": None},
        {"Items": [{"sk": {"S": "b"}}]},
        {"Items": [], "LastEvaluatedKey": None},
        {"Items": [], "LastEvaluatedKey": item_key(("z", "y"))},
    ],
}


@pytest.mark.parametrize(
    ("operation", "answer"), [(name, each) for name, some in MALFORMED.items() for each in some]
)
def test_an_answer_of_another_shape_or_item_is_a_lost_one(
    operation: str, answer: dict[str, Any]
) -> None:
    asked: list[object] = []

    def wrong(*call: object) -> dict[str, Any]:
        asked.append(call)
        return answer

    with pytest.raises(UnavailableError) as raised:
        READS[operation][0](client_of(wrong))
    assert logged(raised.value).startswith("UnavailableError from ConnectionLost")
    assert asked == asked[:1] * len(asked)


def test_nothing_is_called_after_the_deadline() -> None:
    clock, recording = Clock(), Recording(working)
    with until(clock.now), pytest.raises(UnavailableError) as raised:
        client_of(recording, clock).call("GetItem")
    assert (recording.calls, raised.value.retry_after) == ([], 5)


def test_no_pause_goes_beyond_the_deadline() -> None:
    clock = Clock()
    with until(clock.now + 1), pytest.raises(UnavailableError) as raised:
        failing(never_sent, clock).call("GetItem")
    assert clock.now < 1
    assert logged(raised.value) == "UnavailableError from ConnectionLost"
