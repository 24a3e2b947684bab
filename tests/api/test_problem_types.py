"""A problem's type: a page of the documentation where one is published, otherwise a URN."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from chalice.app import Blueprint, Chalice, Response

from chalicelib.bootstrap import create_app
from chalicelib.errors import NotFoundError
from chalicelib.firewall.names import HEADER
from chalicelib.routes.declaration import Entrance
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call
from chalicelib.routes.responses import no_content
from chalicelib.settings import Settings
from ops.gateway.responses import RESPONSES
from tests.api.test_examples import PROVOKED
from tests.support.api import (
    ORIGIN,
    Answer,
    Api,
    in_lambda,
    local_environment,
    through_app,
)
from tools.openapi.problem_page import EXPLAINED, page, problems
from tools.openapi.write import PROBLEMS

SITE = "https://docs.example.org/landscape-api"
SECTIONS = re.findall(r"^## (.+)$", PROBLEMS.read_text(), re.MULTILINE)
ELSEWHERE: dict[str, Callable[[Api], Answer]] = {
    "method-not-allowed": lambda api: api("PUT", "/health"),
}


@pytest.mark.parametrize("name", [*PROVOKED, *ELSEWHERE])
@pytest.mark.parametrize("url", [SITE, f"{SITE}/"])
def test_with_documentation_each_type_is_the_url_of_a_section(
    tmp_path: Path, name: str, url: str
) -> None:
    """The API helper also checks each answer against the contract, whose examples have URNs."""
    settings = Settings.read(local_environment(tmp_path, LANDSCAPE_DOCUMENTATION_URL=url))
    api = Api(through_app(create_app(settings)), settings)
    assert (PROVOKED | ELSEWHERE)[name](api).json["type"] == f"{SITE}/problems.html#{name}"
    assert name in SECTIONS


def test_a_request_that_did_not_pass_the_firewall_has_it_too(settings: Settings) -> None:
    inside = replace(in_lambda(settings), require_waf=True, documentation=SITE, dynamodb=None)
    answer = Api(through_app(create_app(inside)), inside)("GET", "/health", None, {HEADER: "x"})
    assert answer.json["type"] == f"{SITE}/problems.html#closed"


def test_every_problem_that_anything_answers_is_explained_and_no_other() -> None:
    assert PROBLEMS.read_text() == page(), "make openapi writes it"
    assert [*problems()] == SECTIONS
    assert problems().keys() == EXPLAINED.keys() >= {one.name for one in RESPONSES}


@pytest.mark.parametrize("deprecated", [None, date(2026, 11, 26)])
def test_each_answer_of_a_deprecated_route_says_so_and_none_of_another(
    settings: Settings, deprecated: date | None
) -> None:
    app = Chalice("test")
    entrance = Entrance("", lambda _: None, lambda _: None)  # type: ignore[arg-type, return-value]
    edge = Edge(app, frozenset({ORIGIN}), (entrance,))
    routes = Blueprint("test")

    @edge.route(routes, "GET", "/old/{id}", deprecated=deprecated)
    def get_old(call: Call) -> Response:
        if call.path["id"] == "none":
            raise NotFoundError("There is no such thing")
        return no_content()

    app.register_blueprint(routes)
    send = through_app(app)
    for path, status in (("/old/1", 204), ("/old/none", 404)):
        answer = send("GET", path, {"origin": ORIGIN}, b"")
        assert answer.status == status
        told = {k: v for k, v in answer.headers.items() if k in ("deprecation", "sunset")}
        expected = {"deprecation": "@1795651200", "sunset": "Sat, 29 May 2027 00:00:00 GMT"}
        assert told == (expected if deprecated else {})
        exposed = answer.headers["access-control-expose-headers"]
        assert {"Deprecation", "Sunset"} <= {*exposed.split(", ")}
