"""API Gateway's own errors as problems, and whether they are set and deployed."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.routes.problems import TABLE
from ops.gateway.responses import (
    RESPONSES,
    GatewayResponse,
    description,
    response_steps,
    responses_of,
)
from ops.package import gateway_responses
from ops.steps import StepError, carry_out
from tests.unit.test_gateway import BARE, Gateway, aws

__all__ = ["aws"]  # a fixture
BY_KIND: dict[str, GatewayResponse] = {response.kind: response for response in RESPONSES}
ONE = BY_KIND["DEFAULT_4XX"]


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
        "INVALID_SIGNATURE": "404",
        "REQUEST_TOO_LARGE": "413",
        "UNSUPPORTED_MEDIA_TYPE": "415",
        "THROTTLED": "429",
        "INTEGRATION_FAILURE": "503",
        "INTEGRATION_TIMEOUT": "504",
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
    }


@pytest.mark.parametrize("response", RESPONSES, ids=lambda one: one.kind)
def test_every_body_is_a_problem_that_a_browser_may_read(response: GatewayResponse) -> None:
    template = response.settings()["responseTemplates"]["application/json"]
    ids = {"$context.requestId", "$context.extendedRequestId"}
    assert set(re.findall(r"\$[\w.]+", template)) == {"$context.path", *ids}
    found = json.loads(template)
    assert re.fullmatch(r"urn:landscape-api:problem:[a-z-]+", found["type"])
    assert found["instance"] == "$context.path"
    assert {found["request_id"], found["extended_request_id"]} == ids
    assert found.get("status", 0) == response.status
    assert found["title"]
    assert found["detail"]
    assert header(response.kind, "Content-Type") == "'application/problem+json'"
    assert header(response.kind, "Access-Control-Allow-Origin") == "'*'"
    assert header(response.kind, "X-Request-Id") == "context.requestId"


def test_the_application_and_the_gateway_say_the_same_of_the_same_problem() -> None:
    said = {(name, status, title) for _, status, name, title in TABLE}
    names = {name for name, *_ in said}
    shared = {(one.name, one.status, one.title) for one in RESPONSES if one.name in names}
    assert {name for name, *_ in shared} >= {"unauthenticated", "forbidden", "not-found"}
    assert shared <= said


def test_who_needs_a_token_is_challenged_and_who_is_too_fast_is_told_when() -> None:
    assert header("UNAUTHORIZED", "WWW-Authenticate") == "'Bearer realm=\"landscape-api\"'"
    signature = "'AWS4-HMAC-SHA256 realm=\"landscape-api\"'"
    assert header("INVALID_SIGNATURE", "WWW-Authenticate") is None
    assert header("EXPIRED_TOKEN", "WWW-Authenticate") == signature
    assert header("ACCESS_DENIED", "WWW-Authenticate") is None
    assert (
        header("THROTTLED", "Retry-After") == header("INTEGRATION_FAILURE", "Retry-After") == "'1'"
    )


def test_a_path_that_there_is_not_says_so_with_a_token_and_without() -> None:
    """API Gateway uses both for a bad signature too, so both texts name the cure under /iam."""
    for kind in ("MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE"):
        said = json.loads(BY_KIND[kind].template())
        assert said["type"] == "urn:landscape-api:problem:not-found"
        assert re.search(r"There is no such path.* Under /iam.* signature", said["detail"])


def test_the_responses_come_first_and_are_deployed_before_anything_else(aws: Gateway) -> None:
    """Chalice's deployment removes our responses: callers get API Gateway's until this step."""
    what = [*aws.plan()]
    assert what[: len(RESPONSES) + 1] == [
        *(f"gateway response {one.kind}" for one in RESPONSES),
        "deployment of the responses",
    ]


@pytest.mark.parametrize(
    ("is_set", "differing", "deployed", "due"),
    [
        (True, {}, description([ONE]), [False, False]),
        (True, {}, "", [False, True]),  # set, but not deployed
        (False, {}, "", [True, True]),  # removed by a deploy of Chalice
        (True, {"statusCode": "400"}, description([ONE]), [True, True]),  # all 4xx get it
    ],
)
def test_responses_are_set_and_deployed_where_that_is_due(
    aws: Gateway, is_set: bool, differing: dict[str, str], deployed: str, due: list[bool]
) -> None:
    settings = {k: v for k, v in ONE.settings().items() if v is not None}
    items: list[dict[str, Any]] = [{"responseType": "THROTTLED", "defaultResponse": True}]
    if is_set:
        items.insert(0, {"responseType": ONE.kind, **settings, **differing})
    of = {"restApiId": "abc123", "deploymentId": "d1"}
    aws.answers("get_gateway_responses", {"items": items})
    aws.answers("get_deployment", {"id": "d1", "description": deployed}, of)
    assert [step.is_due for step in response_steps(aws.stage_clients, BARE, [ONE])] == due


def test_a_family_is_put_without_a_status(aws: Gateway) -> None:
    aws.answers("get_gateway_responses", {"items": []})
    aws.answers("get_deployment", {"id": "d1"})
    settings = ONE.settings()
    sent = {name: settings[name] for name in ("responseParameters", "responseTemplates")}
    of = {"restApiId": "abc123", "responseType": "DEFAULT_4XX"}
    aws.answers("put_gateway_response", {}, {**of, **sent})
    aws.refuses("create_deployment", "BadRequestException")
    with pytest.raises(StepError, match=r"deployment of the responses: .*DEFAULT_4XX"):
        carry_out([*response_steps(aws.stage_clients, BARE, [ONE])])


def test_with_documentation_each_type_is_a_url_of_it(aws: Gateway) -> None:
    """The stage's setting is the base of the URLs, also in a template. A changed base is due."""
    types = "https://docs.example.org/problems.html#"
    stage = replace(BARE.stage, problem_types=types)
    for one in responses_of(types):
        assert json.loads(one.template())["type"] == types + one.name
        said = gateway_responses(stage)[one.kind]["responseTemplates"]["application/json"]
        assert said == one.template()
    items = [{"responseType": one.kind, **one.settings()} for one in RESPONSES]
    aws.answers(
        "get_gateway_responses",
        {"items": [{k: v for k, v in each.items() if v is not None} for each in items]},
    )
    aws.answers("get_deployment", {"id": "d1", "description": description(RESPONSES)})
    steps = response_steps(aws.stage_clients, replace(BARE, stage=stage))
    assert all(step.is_due for step in steps)


def test_another_text_is_another_deployment() -> None:
    assert description(RESPONSES) != description(RESPONSES[1:])
