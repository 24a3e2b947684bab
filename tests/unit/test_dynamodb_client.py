"""What the client does when calls fail: what it repeats, how long, and what it says in the end."""

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.deadline import until
from chalicelib.errors import ConflictError, NameTakenError, RegisterError, UnavailableError
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
from tests.faults import Clock, Failing, Fault, Faulty, Recording, never_sent, refused_with

LONGEST_CALL_SECONDS = 7.0
TROUBLE = [
    "AccessDeniedException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
    "NoCredentialsError",
]
HELD_UP = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]


def working(_operation: str, _parameters: Mapping[str, Any], /) -> dict[str, Any]:
    return {"Responses": {}}


def client_of(transport: Any, clock: Clock) -> Client:
    return Client(transport, "table", clock, clock.sleep)


def cancelled(*reasons: str) -> Fault:
    return refused_with("TransactionCanceledException", *reasons)


def first() -> RegisterError:
    return NameTakenError("first")


def second() -> RegisterError:
    return ConflictError("second")


@pytest.mark.parametrize("code", sorted(RETRYABLE))
def test_what_may_pass_is_repeated(code: str) -> None:
    failing = Faulty(working, dict.fromkeys(range(6), refused_with(code)))
    client_of(failing, Clock()).call("GetItem")
    assert failing.calls == 7


@pytest.mark.parametrize("code", sorted(CALLERS_OWN))
def test_what_the_caller_must_know_is_not_repeated(code: str) -> None:
    clock = Clock()
    with pytest.raises(CallError, match=code):
        client_of(Failing(working, refused_with(code)), clock).call("PutItem")
    assert clock.slept == []


@pytest.mark.parametrize("code", TROUBLE)
def test_what_operators_must_end_is_named_and_not_repeated(code: str) -> None:
    clock = Clock()
    with pytest.raises(UnavailableError, match=code) as raised:
        client_of(Failing(working, refused_with(code)), clock).call("GetItem")
    assert (clock.slept, raised.value.retry_after) == ([], 5)
    assert "table" not in str(raised.value)


@pytest.mark.parametrize("fault", [never_sent, refused_with("ThrottlingException")])
def test_patience_ends(fault: Fault) -> None:
    clock = Clock()
    with pytest.raises(UnavailableError) as raised:
        client_of(Failing(working, fault), clock).call("GetItem")
    assert PATIENCE_SECONDS - LONGEST_PAUSE_SECONDS <= clock.now <= PATIENCE_SECONDS
    assert raised.value.retry_after == 5


def test_calls_that_time_out_count_as_lost() -> None:
    clock = Clock()

    def slow(_call: Any) -> dict[str, Any]:
        clock.now += LONGEST_CALL_SECONDS
        return never_sent(_call)

    with pytest.raises(UnavailableError):
        client_of(Failing(working, slow), clock).call("GetItem")
    assert clock.now <= PATIENCE_SECONDS + LONGEST_CALL_SECONDS < WINDOW_SECONDS


def test_a_request_of_many_calls_has_one_patience() -> None:
    clock = Clock()
    flaky = Faulty(working, dict.fromkeys(range(0, 2000, 2), never_sent))
    client = client_of(flaky, clock)

    def ask_often() -> None:
        for _ in range(1000):
            client.call("GetItem")

    with pytest.raises(UnavailableError):
        ask_often()
    assert clock.now <= PATIENCE_SECONDS


def test_what_was_lost_long_ago_is_forgotten() -> None:
    clock = Clock()
    flaky = Faulty(working, dict.fromkeys(range(0, 2000, 2), never_sent))
    client = client_of(flaky, clock)
    for _ in range(1000):
        client.call("GetItem")
        clock.now += 1
    assert sum(clock.slept) > PATIENCE_SECONDS


def test_pauses_grow_with_jitter_up_to_a_bound() -> None:
    clock = Clock()
    with pytest.raises(UnavailableError):
        client_of(Failing(working, never_sent), clock).call("GetItem")
    bounds = [
        min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**n) for n in range(len(clock.slept))
    ]
    assert all(0 <= slept <= bound for slept, bound in zip(clock.slept, bounds, strict=True))
    assert len(set(clock.slept)) == len(clock.slept)


@pytest.mark.parametrize("reason", HELD_UP)
def test_a_transaction_that_is_held_up_is_repeated_as_it_was(reason: str) -> None:
    recording = Recording(Faulty(working, dict.fromkeys(range(3), cancelled("None", reason))))
    client_of(recording, Clock()).transact([Action({}, first), Action({}, second)])
    assert len(recording.calls) == 4
    assert all(parameters == recording.calls[0][1] for _, parameters in recording.calls)


def test_a_transaction_that_is_always_held_up_ends() -> None:
    failing = Failing(working, cancelled("TransactionConflict"))
    with pytest.raises(UnavailableError):
        client_of(failing, Clock()).transact([Action({}, first)])


def test_every_transaction_has_a_token_of_its_own() -> None:
    recording = Recording(working)
    client = client_of(recording, Clock())
    client.transact([Action({})])
    client.transact([Action({})])
    one, other = (parameters["ClientRequestToken"] for _, parameters in recording.calls)
    assert one != other


def test_the_first_refused_action_is_named() -> None:
    failing = Failing(working, cancelled("ConditionalCheckFailed", "ConditionalCheckFailed"))
    with pytest.raises(NameTakenError):
        client_of(failing, Clock()).transact([Action({}, first), Action({}, second)])


def test_a_refusal_before_what_is_held_up_decides() -> None:
    failing = Failing(working, cancelled("ConditionalCheckFailed", "TransactionConflict"))
    with pytest.raises(NameTakenError):
        client_of(failing, Clock()).transact([Action({}, first), Action({}, second)])


def test_a_refusal_behind_what_is_held_up_is_asked_again() -> None:
    half = cancelled("TransactionConflict", "ConditionalCheckFailed")
    whole = cancelled("ConditionalCheckFailed", "ConditionalCheckFailed")
    with pytest.raises(NameTakenError):
        client_of(Faulty(working, {0: half, 1: whole}), Clock()).transact(
            [Action({}, first), Action({}, second)]
        )


@pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_a_transaction_that_can_never_be_done_is_not_repeated(reason: str) -> None:
    clock = Clock()
    with pytest.raises(CallError):
        client_of(Failing(working, cancelled(reason)), clock).transact([Action({}, first)])
    assert clock.slept == []


def test_batches_that_are_never_done_end() -> None:
    def nothing(_operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        return {"Responses": {}, "UnprocessedKeys": parameters["RequestItems"]}

    with pytest.raises(UnavailableError):
        client_of(nothing, Clock()).get_all([("a", "b")])


def test_batch_writes_that_are_never_done_end() -> None:
    def nothing(_operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        return {"UnprocessedItems": parameters["RequestItems"]}

    with pytest.raises(UnavailableError):
        client_of(nothing, Clock()).write_all([{"DeleteRequest": {"Key": {}}}])


def reason(error: BaseException) -> str:
    """What the log says: the types from the error to its first cause."""
    facts, names = error_facts(error), []
    while facts:
        names.append(facts["error"])
        facts = facts.get("cause", {})
    return " from ".join(names)


def asked(operation: str, client: Client) -> object:
    if operation == "GetItem":
        return client.get(("a", "b"))
    if operation == "BatchGetItem":
        return client.get_all([("a", "b"), ("a", "c")])
    return next(client.pages("a"))


def answered(operation: str, *keys: tuple[str, str]) -> dict[str, Any]:
    items = [item_key(key) for key in keys]
    if operation == "GetItem":
        return {"Item": items[0]}
    return {"Responses": {"table": items}} if operation == "BatchGetItem" else {"Items": items}


OWN = {
    "GetItem": item_key(("a", "b")),
    "BatchGetItem": {("a", "b"): item_key(("a", "b"))},
    "Query": [item_key(("a", "b"))],
}


@pytest.mark.parametrize("operation", OWN)
@pytest.mark.parametrize("foreign", [("z", "b"), ("z", "y")])
def test_an_answer_to_another_question_is_a_lost_one(
    operation: str, foreign: tuple[str, str]
) -> None:
    def right(_operation: str, _parameters: Mapping[str, Any], /) -> dict[str, Any]:
        return answered(operation, ("a", "b"))

    failing = Faulty(right, {0: lambda _: answered(operation, foreign)})
    assert asked(operation, client_of(failing, Clock())) == OWN[operation]
    assert failing.calls == 2


@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem"])
def test_an_item_of_another_sort_key_is_anothers(operation: str) -> None:
    def wrong(_operation: str, _parameters: Mapping[str, Any], /) -> dict[str, Any]:
        return answered(operation, ("a", "z"))

    with pytest.raises(UnavailableError):
        asked(operation, client_of(wrong, Clock()))


def test_keys_that_are_left_over_and_were_not_asked_for_are_anothers() -> None:
    def wrong(_operation: str, _parameters: Mapping[str, Any], /) -> dict[str, Any]:
        return {"Responses": {}, "UnprocessedKeys": {"table": {"Keys": [item_key(("z", "y"))]}}}

    recording = Recording(wrong)
    with pytest.raises(UnavailableError):
        client_of(recording, Clock()).get_all([("a", "b")])
    assert all(parameters == recording.calls[0][1] for _, parameters in recording.calls)


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("GetItem", {"Item": None}),
        ("GetItem", {"Item": [1]}),
        ("GetItem", {"Item": {"pk": "a", "sk": "b"}}),
        ("GetItem", {"Item": {"pk": {"S": ["a"]}, "sk": {"S": "b"}}}),
        ("BatchGetItem", {}),
        ("BatchGetItem", {"Responses": []}),
        ("BatchGetItem", {"Responses": {"table": 1}}),
        ("BatchGetItem", {"Responses": {"table": [{"pk": {"S": ["a"]}, "sk": {"S": "b"}}]}}),
        ("BatchGetItem", {"Responses": {}, "UnprocessedKeys": {"table": []}}),
        ("Query", {}),
        ("Query", {"Items": None}),
        ("Query", {"Items": [{"sk": {"S": "b"}}]}),
        ("Query", {"Items": [], "LastEvaluatedKey": None}),
        ("Query", {"Items": [], "LastEvaluatedKey": item_key(("z", "y"))}),
    ],
)
def test_an_answer_of_another_shape_is_a_lost_one(operation: str, answer: dict[str, Any]) -> None:
    with pytest.raises(UnavailableError) as raised:
        asked(operation, client_of(lambda *_: answer, Clock()))
    assert reason(raised.value).startswith("UnavailableError from ConnectionLost")


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_an_error_of_the_database_is_the_cause_of_what_is_logged(code: str) -> None:
    with pytest.raises(UnavailableError, match=code) as raised:
        client_of(Failing(working, refused_with(code)), Clock()).call("GetItem")
    assert reason(raised.value) == "UnavailableError from CallError"


def test_what_holds_a_transaction_up_is_the_cause_of_what_is_logged() -> None:
    failing = Failing(working, cancelled("TransactionConflict"))
    with pytest.raises(UnavailableError) as raised:
        client_of(failing, Clock()).transact([Action({}, first)])
    assert reason(raised.value) == "UnavailableError from CallError"


def test_a_transaction_that_can_never_be_done_keeps_its_own_cause() -> None:
    def refuse(_: Any) -> dict[str, Any]:
        raise CallError("TransactionCanceledException", ["ValidationError"]) from OSError()

    with pytest.raises(CallError) as raised:
        client_of(Failing(working, refuse), Clock()).transact([Action({}, first)])
    assert reason(raised.value) == "CallError from OSError"


def test_nothing_is_called_after_the_deadline() -> None:
    clock = Clock()
    recording = Recording(working)
    with until(clock.now), pytest.raises(UnavailableError) as raised:
        client_of(recording, clock).call("GetItem")
    assert (recording.calls, raised.value.retry_after) == ([], 5)


def test_no_pause_goes_beyond_the_deadline() -> None:
    clock = Clock()
    with until(clock.now + 1), pytest.raises(UnavailableError) as raised:
        client_of(Failing(working, never_sent), clock).call("GetItem")
    assert clock.now < 1
    assert reason(raised.value) == "UnavailableError from ConnectionLost"
