"""Closed until WAF is attached: on a deployed stage nothing is answered that did not come through it."""

from pathlib import Path

import pytest
from chalice.app import Chalice

from chalicelib.bootstrap import create_app
from chalicelib.firewall.names import HEADER
from chalicelib.settings import Settings
from tests.api.test_identity import through_app
from tests.support import Api, local_environment

VALUE = "a-value-that-waf-would-never-insert"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    environment = local_environment(tmp_path, LANDSCAPE_STAGE="dev", LANDSCAPE_REQUIRE_WAF="true")
    return Settings.read(environment)


@pytest.fixture
def app(settings: Settings) -> Chalice:
    return create_app(settings)


@pytest.fixture
def api(app: Chalice, settings: Settings) -> Api:
    return Api(through_app(app), settings)


def test_every_route_is_shut_with_the_header_or_without(app: Chalice, api: Api) -> None:
    asked = [
        (method, path.replace("{", "").replace("}", ""), headers)
        for path, methods in app.routes.items()
        for method in methods
        for headers in ({}, {HEADER: ""}, {HEADER: VALUE})
    ]
    assert len(asked) > 80
    for method, path, headers in asked:
        answer = api(method, path, None, headers)
        assert (answer.status, answer.json["type"]) == (403, "urn:landscape-api:problem:closed")


def test_what_is_refused_learns_nothing_but_that(api: Api) -> None:
    answer = api(
        "DELETE", "/api/v1/projects/x", None, {HEADER: VALUE, "Origin": "https://x.example"}
    )
    assert answer.json["detail"] == "This API answers only what its firewall let in"
    assert VALUE not in answer.body.decode()
    assert answer.headers["x-request-id"] == answer.json["request_id"]


def test_a_method_that_a_path_does_not_take_is_shut_too(api: Api) -> None:
    """The gateway knows of none; Chalice's own answer would come before ours."""
    answer = api("PUT", "/health", {})
    assert (answer.status, answer.json["type"]) == (403, "urn:landscape-api:problem:closed")
