"""Closed until WAF is attached: on a deployed stage nothing is answered that did not come through it."""

from pathlib import Path

import pytest
from chalice.app import Chalice

from chalicelib.bootstrap import create_app
from chalicelib.firewall.names import HEADER
from chalicelib.settings import Settings
from tests.api.test_routes import concrete
from tests.support.api import ORIGIN, Api, local_environment, through_app

VALUE = "a-value-that-waf-would-never-insert"
CLOSED = (403, "urn:landscape-api:problem:closed")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    environment = local_environment(tmp_path, LANDSCAPE_STAGE="dev", LANDSCAPE_REQUIRE_WAF="true")
    return Settings.read(environment)


@pytest.fixture
def app(settings: Settings) -> Chalice:
    return create_app(settings)


def test_every_route_is_shut_with_the_header_or_without(app: Chalice, settings: Settings) -> None:
    """A method that a path does not take too: Chalice's own answer would come before ours."""
    api = Api(through_app(app), settings)
    asked = [(method, path) for path, methods in app.routes.items() for method in methods]
    assert len(asked) > 27
    for method, path in (*asked, ("PUT", "/health")):
        for headers in ({}, {HEADER: ""}, {HEADER: VALUE, "Origin": ORIGIN}):
            answer = api(method, concrete(path), None, headers)
            assert (answer.status, answer.json["type"]) == CLOSED
            assert answer.json["detail"] == "This API answers only what its firewall let in"
            assert VALUE not in answer.body.decode()
            assert answer.headers["x-request-id"] == answer.json["request_id"]
