"""API Gateway's own errors as problems, and the one deployment in five seconds that it allows."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from gateway_api import Api
from gateway_responses import RESPONSES, GatewayResponse, deploy, description, response_steps

from chalicelib.routes.problems import TABLE
from operators.stage import Stage
from operators.steps import StepError, carry_out
from tests.unit.test_configure import client

API = Api(Stage("dev", "landscape-api", "v1"), "abc123", "landscape-api", "d1", {}, {})
DEPLOYMENT = {"restApiId": "abc123", "stageName": "v1", "description": "as wanted"}
AT_ONCE = (0.0, 0.0)  # seconds between attempts
BY_KIND = {response.kind: response for response in RESPONSES}


@pytest.fixture
def gateway() -> Iterator[tuple[Any, Stubber]]:
    made = client("apigateway")
    with Stubber(made) as stubber:
        yield made, stubber
    stubber.assert_no_pending_responses()


def busy(stubber: Stubber) -> None:
    stubber.add_client_error("create_deployment", "TooManyRequestsException", http_status_code=429)


def problem(response: GatewayResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response.settings()["responseTemplates"]["application/json"])
    return found


def header(kind: str, name: str) -> str | None:
    found: dict[str, str] = BY_KIND[kind].settings()["responseParameters"]
    return found.get(f"gatewayresponse.header.{name}")


def test_every_status_is_the_one_that_was_asked_for() -> None:
    assert {kind: one.settings()["statusCode"] for kind, one in BY_KIND.items()} == {
        "UNAUTHORIZED": "401",
        "EXPIRED_TOKEN": "401",
        "ACCESS_DENIED": "403",
        "WAF_FILTERED": "403",
        "MISSING_AUTHENTICATION_TOKEN": "404",
        "REQUEST_TOO_LARGE": "413",
        "THROTTLED": "429",
        "INTEGRATION_TIMEOUT": "504",
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
    }


@pytest.mark.parametrize("response", RESPONSES, ids=lambda one: one.kind)
def test_every_body_is_a_problem_with_its_status(response: GatewayResponse) -> None:
    found = problem(response)
    assert re.fullmatch(r"urn:landscape-api:problem:[a-z-]+", found["type"])
    assert found["instance"] == "$context.path"
    assert found["request_id"] == "$context.requestId"
    assert found.get("status", 0) == response.status
    assert found["title"]
    assert found["detail"]


@pytest.mark.parametrize("response", RESPONSES, ids=lambda one: one.kind)
def test_a_browser_may_read_every_one(response: GatewayResponse) -> None:
    assert header(response.kind, "Content-Type") == "'application/problem+json'"
    assert header(response.kind, "Access-Control-Allow-Origin") == "'*'"
    assert header(response.kind, "X-Request-Id") == "context.requestId"


@pytest.mark.parametrize("response", RESPONSES, ids=lambda one: one.kind)
def test_nothing_but_the_two_variables_can_change_a_body(response: GatewayResponse) -> None:
    template = response.settings()["responseTemplates"]["application/json"]
    assert set(re.findall(r"\$[\w.]+", template)) == {"$context.path", "$context.requestId"}


def test_the_application_and_the_gateway_say_the_same_of_the_same_problem() -> None:
    titles = {name: (status, title) for _, status, name, title in TABLE}
    shared = [one for one in RESPONSES if one.name in titles]
    assert {one.name for one in shared} >= {"unauthenticated", "forbidden", "not-found"}
    for one in shared:
        assert (one.status, one.title) == titles[one.name]


def test_who_needs_a_token_is_challenged_and_who_is_too_fast_is_told_when() -> None:
    challenge = "'Bearer realm=\"landscape-api\"'"
    assert header("UNAUTHORIZED", "WWW-Authenticate") == challenge
    assert 'error="invalid_token"' in (header("EXPIRED_TOKEN", "WWW-Authenticate") or "")
    assert header("ACCESS_DENIED", "WWW-Authenticate") is None
    assert header("THROTTLED", "Retry-After") == "'1'"


def test_a_deployment_waits_its_turn(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    busy(stubber)
    busy(stubber)
    stubber.add_response("create_deployment", {"id": "d2"}, DEPLOYMENT)
    deploy(made, API, "as wanted", AT_ONCE)


def test_a_deployment_that_never_gets_its_turn_is_an_error(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    for _ in (*AT_ONCE, "the last"):
        busy(stubber)
    with pytest.raises(made.exceptions.TooManyRequestsException):
        deploy(made, API, "as wanted", AT_ONCE)


def test_another_refusal_is_not_tried_again(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    stubber.add_client_error("create_deployment", "BadRequestException")
    with pytest.raises(made.exceptions.BadRequestException):
        deploy(made, API, "as wanted", AT_ONCE)


def responses(*found: GatewayResponse) -> dict[str, Any]:
    """As get_gateway_responses answers, a default of API Gateway's own among them."""
    settings = [{"responseType": one.kind, **one.settings()} for one in found]
    items = [{k: v for k, v in one.items() if v is not None} for one in settings]
    return {"items": [*items, {"responseType": "THROTTLED", "defaultResponse": True}]}


ONE = BY_KIND["DEFAULT_4XX"]


def due(gateway: tuple[Any, Stubber], answer: dict[str, Any], deployed: str) -> list[bool]:
    made, stubber = gateway
    stubber.add_response("get_gateway_responses", answer)
    stubber.add_response(
        "get_deployment",
        {"id": "d1", "description": deployed},
        {"restApiId": "abc123", "deploymentId": "d1"},
    )
    return [step.is_due for step in response_steps(made, API, AT_ONCE, [ONE])]


def test_responses_that_are_set_and_deployed_are_left_alone(gateway: tuple[Any, Stubber]) -> None:
    assert due(gateway, responses(ONE), description([ONE])) == [False, False]


def test_responses_that_are_set_but_not_deployed_are_deployed(
    gateway: tuple[Any, Stubber],
) -> None:
    assert due(gateway, responses(ONE), "") == [False, True]


def test_responses_that_a_redeploy_wiped_are_set_and_deployed_again(
    gateway: tuple[Any, Stubber],
) -> None:
    assert due(gateway, responses(), "") == [True, True]


def test_a_status_that_would_change_a_whole_family_is_taken_off(
    gateway: tuple[Any, Stubber],
) -> None:
    answer = responses(ONE)
    answer["items"][0]["statusCode"] = "400"
    assert due(gateway, answer, description([ONE])) == [True, True]


def test_a_family_is_put_without_a_status(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    stubber.add_response("get_gateway_responses", responses())
    stubber.add_response("get_deployment", {"id": "d1"})
    settings = ONE.settings()
    sent = {name: settings[name] for name in ("responseParameters", "responseTemplates")}
    stubber.add_response(
        "put_gateway_response",
        {},
        {"restApiId": "abc123", "responseType": "DEFAULT_4XX", **sent},
    )
    stubber.add_client_error("create_deployment", "BadRequestException")
    steps = [*response_steps(made, API, AT_ONCE, [ONE])]
    with pytest.raises(StepError, match=r"deployment of the responses: .*DEFAULT_4XX"):
        carry_out("", steps, dry_run=False)


def test_another_text_is_another_deployment() -> None:
    assert description(RESPONSES) != description(RESPONSES[1:])
