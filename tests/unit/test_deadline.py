"""One deadline for all database calls of a request. Scripts have none."""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from math import inf
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from chalice.app import Blueprint, Chalice, Response

from chalicelib.deadline import (
    MARGIN_SECONDS,
    REQUEST_SECONDS,
    request_seconds,
    seconds_left,
    until,
)
from chalicelib.routes.declaration import Entrance
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call
from chalicelib.routes.telemetry import Telemetry
from chalicelib.stores.dynamodb.client import Client
from chalicelib.stores.dynamodb.transport import ConnectionLost
from tests.support.api import event_at
from tests.support.faults import Clock


def lambda_context(milliseconds: int) -> object:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: milliseconds)


class Slow:
    """Takes `seconds` for each call, or the rest of the deadline, then answers or fails."""

    def __init__(self, seconds: float, answer: dict[str, Any] | None) -> None:
        self.clock = Clock(time.monotonic())
        self.calls = 0
        self._seconds = seconds
        self._answer = answer

    def __call__(self, _operation: str, _parameters: Mapping[str, Any], /) -> dict[str, Any]:
        self.calls += 1
        self.clock.now += min(self._seconds, seconds_left(self.clock))
        if self._answer is None:
            raise ConnectionLost("TimeoutError")
        return self._answer


def nobody(_: object) -> NoReturn:
    pytest.fail("a public route authenticates nobody")


def answer(slow: Slow, reads: int, context: object) -> Any:
    """The answer of an app whose only route makes `reads` reads."""
    app = Chalice(app_name="test")
    entrance = Entrance("", lambda _: None, nobody)
    edge = Edge(app, frozenset(), (entrance,), Telemetry("test"))
    client = Client(slow, "table", slow.clock, slow.clock.sleep)
    blueprint = Blueprint("test")

    def read(_: Call) -> Response:
        for n in range(reads):
            client.get(("a", str(n)))
        return Response(json.dumps({"left": seconds_left(slow.clock)}))

    edge.route(blueprint, "GET", "/read")(read)
    app.register_blueprint(blueprint)
    return app(event_at(app, "GET", "/read", {}, ""), context)


@pytest.mark.parametrize(
    ("gives", "reads", "cause"),
    [(None, 1, "ConnectionLost"), ({}, 100, None)],
    ids=["no answer", "slow answers"],
)
def test_a_request_is_answered_and_logged_before_lambda_ends_it(
    capsys: pytest.CaptureFixture[str], gives: dict[str, Any] | None, reads: int, cause: str | None
) -> None:
    slow = Slow(4.0, gives)
    begun = slow.clock.now
    response = answer(slow, reads, lambda_context(10_000))
    line = json.loads(capsys.readouterr().out)
    assert (response["statusCode"], response["headers"]["Retry-After"]) == (503, "5")
    assert json.loads(response["body"])["type"] == "urn:landscape-api:problem:unavailable"
    assert (line["status"], line["error"]) == (503, "UnavailableError")
    assert line.get("cause", {}).get("error") == cause
    assert slow.calls == 3
    assert slow.clock.now - begun < 10
    assert seconds_left() == inf


def test_a_request_without_lambda_has_a_deadline_too() -> None:
    left = json.loads(answer(Slow(0.0, {}), 1, None)["body"])["left"]
    assert REQUEST_SECONDS <= left < REQUEST_SECONDS + MARGIN_SECONDS


def test_lambdas_time_is_the_requests_save_what_the_log_line_takes() -> None:
    assert request_seconds(lambda_context(28_000)) == 28 - MARGIN_SECONDS


def test_a_deadline_is_one_threads_and_ends_with_its_block() -> None:
    with ThreadPoolExecutor(1) as pool, until(5):
        assert seconds_left(lambda: 3) == 2
        with until(4):
            assert seconds_left(lambda: 3) == 1
        assert seconds_left(lambda: 3) == 2
        assert pool.submit(seconds_left).result() == inf
    assert seconds_left() == inf
