"""Threads that share the app: each request gets its own answer."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from chalice.app import Blueprint, Chalice, Request

from chalicelib.errors import UnauthenticatedError
from chalicelib.models.caller import TECH_AUDIT_TOOL, Caller
from chalicelib.routes.declaration import Entrance
from chalicelib.routes.edge import Edge
from chalicelib.routes.responses import json_response
from tests.support.api import event_at

WAIT_SECONDS = 30.0


def authenticate(request: Request) -> Caller:
    if email := request.headers.get("authorization"):
        return Caller(TECH_AUDIT_TOOL, email)
    raise UnauthenticatedError("No token was sent", code=None)


def app_behind(gate: Callable[[Mapping[str, str]], bool]) -> Chalice:
    app = Chalice(app_name="test")
    entrance = Entrance("", lambda _: None, authenticate)
    edge = Edge(app, frozenset(), (entrance,), gate=gate)
    blueprint = Blueprint("test")
    edge.route(blueprint, "GET", "/me", action="read-me")(
        lambda call: json_response({"email": call.caller.email, "query": call.query})
    )
    app.register_blueprint(blueprint)
    return app


def ask(app: Chalice, name: str, email: str = "") -> Any:
    headers = {"x-name": name, **({"authorization": email} if email else {})}
    return app(event_at(app, "GET", "/me", headers, ""), None)


@pytest.mark.parametrize("waits", ["nobody", "admin"])
def test_a_request_that_waits_in_the_gate_is_not_answered_as_another(waits: str) -> None:
    """Another request runs while it waits, and Chalice then keeps that request on the app."""
    has_come, may_go = Event(), Event()

    def gate(headers: Mapping[str, str]) -> bool:
        if headers["x-name"] == waits:
            has_come.set()
            assert may_go.wait(WAIT_SECONDS)
        return False

    app = app_behind(gate)
    emails = {"nobody": "", "admin": "admin@example.org"}
    (overtakes,) = emails.keys() - {waits}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, app, waits, emails[waits])
        assert has_come.wait(WAIT_SECONDS)
        answers = {overtakes: ask(app, overtakes, emails[overtakes])}
        may_go.set()
        answers[waits] = waiting.result(WAIT_SECONDS)
    assert {name: answer["statusCode"] for name, answer in answers.items()} == {
        "nobody": 401,
        "admin": 200,
    }
    assert "admin@example.org" in answers["admin"]["body"]
