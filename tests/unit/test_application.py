"""The comparisons of a deploy before it calls Chalice. It deploys what it cannot compare."""

from typing import Any

import pytest

from ops.application.built import Built, Lambda
from ops.application.lambdas import Sdk, lambda_steps
from ops.application.rest_api import api_steps
from ops.stage import Stage
from tests.support.stubbed_aws import StubbedAws

STAGE = Stage("dev", "landscape-api", "dev")
NAME = "landscape-api-dev-expire"
ROLE = "arn:aws:iam::123456789012:role/made-elsewhere"
URI = "arn:aws:apigateway:eu-west-2:lambda:path/functions/x:function:landscape-api-dev/invocations"
WANTED = {
    "Runtime": "python3.13",
    "Handler": "app.expire",
    "MemorySize": 512,
    "Timeout": 120,
    "Architectures": ["x86_64"],
    "Role": ROLE,
}
LIVE = {**WANTED, "FunctionName": NAME, "FunctionArn": f"arn:{NAME}", "CodeSha256": "sha"}


def due_of_lambda(**more: Any) -> list[str]:
    """The lines that are due for a Lambda whose wanted configuration has only these additions."""
    wanted = Lambda("expire", {**WANTED, **more}, None)
    built = Built((wanted,), {}, {}, {})
    with StubbedAws("lambda", "apigateway", "iam", "events") as aws:
        aws.answers("get_function", {"Configuration": LIVE})
        aws.answers("get_function_configuration", {"CodeSha256": "sha"})
        return [s.line for s in lambda_steps(STAGE, built, Sdk(*aws.clients), "a") if s.is_due]


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ({}, []),
        ({"KmsKeyArn": "x"}, ["~ KmsKeyArn: cannot be compared → deployed each time"]),
        ({"Layers": ["arn:l"]}, ["~ layers: not set → ['arn:l']"]),
        ({"ReservedConcurrentExecutions": 5}, ["~ reserved concurrency: not set → 5"]),
        ({"Role": "arn:other"}, [f"~ role: {ROLE} → arn:other"]),
        ({"Environment": {"Variables": {"A": ""}}}, ["~ setting A: not set → empty"]),
        (
            {"Environment": {"Variables": {"A": "not set"}}},
            ["~ setting A: not set → another not set"],
        ),
    ],
)
def test_each_property_of_a_lambda_is_compared(more: dict[str, Any], due: list[str]) -> None:
    assert due_of_lambda(**more) == due


def test_a_scheduled_lambda_without_the_apis_is_due() -> None:
    """An interrupted first deploy leaves this state."""
    built = Built((Lambda("expire", WANTED, None),), {}, {}, {})
    with StubbedAws("lambda", "apigateway", "iam", "events") as aws:
        aws.answers("get_function", {"Configuration": LIVE})
        aws.refuses("get_function_configuration", "ResourceNotFoundException")
        due = [s.line for s in lambda_steps(STAGE, built, Sdk(*aws.clients), None) if s.is_due]
    assert due == ["~ code: differs from the API's"]


def due_of_api(security: dict[str, Any], live: dict[str, Any], **more: Any) -> list[str]:
    """The lines that are due for an API with the route GET /me."""
    method: dict[str, Any] = {"security": [{name: []} for name in security]}
    definition = {"paths": {"/me": {"get": method}}, "securityDefinitions": security}
    others = more.pop("others", ())
    built = Built((), {"EndpointConfiguration": "REGIONAL"}, {**definition, **more}, {}, others)
    found = {"methodIntegration": {"uri": URI}, **live}
    with StubbedAws("lambda", "apigateway", "iam", "events") as aws:
        aws.answers("get_rest_api", {"endpointConfiguration": {"types": ["REGIONAL"]}})
        aws.answers("get_authorizers", {"items": [{"id": "p", "providerARNs": [POOL]}]})
        items = [{"path": "/me", "resourceMethods": {"GET": found}}]
        aws.answers("get_resources", {"items": items})
        return [s.line for s in api_steps(STAGE, built, Sdk(*aws.clients), "a") if s.is_due]


POOL = "arn:aws:cognito-idp:eu-west-2:123456789012:userpool/eu-west-2_Mine"
POOLS = {"mine": {"x-amazon-apigateway-authorizer": {"providerARNs": [POOL]}}}
BY_POOL = {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "p"}
BY_ROLE = {"authorizationType": "AWS_IAM"}
OTHERS_URI = {"methodIntegration": {"uri": URI.replace("-dev/", "-prod/")}}


@pytest.mark.parametrize(
    ("security", "live", "due"),
    [
        ({}, {}, []),
        ({}, {"apiKeyRequired": True}, ["~ route GET /me: anybody with an API key → anybody"]),
        ({}, OTHERS_URI, ["~ route GET /me: calls another Lambda → anybody"]),
        (POOLS, BY_POOL, []),
        (POOLS, {}, ["~ route GET /me: anybody → user pools eu-west-2_Mine"]),
        ({"sigv4": {}}, BY_ROLE, []),
        ({"sigv4": {}}, {}, ["~ route GET /me: anybody → AWS_IAM"]),
        ({"unknown": {}}, {}, ["~ route GET /me: anybody → unknown"]),
        (
            {**POOLS, "unknown": {}},
            BY_POOL,
            ["~ route GET /me: user pools eu-west-2_Mine → user pools eu-west-2_Mine, unknown"],
        ),
    ],
)
def test_who_may_call_a_route_is_compared(
    security: dict[str, Any], live: dict[str, Any], due: list[str]
) -> None:
    assert due_of_api(security, live) == due


def test_what_cannot_be_compared_is_deployed_each_time() -> None:
    policy: dict[str, Any] = {"x-amazon-apigateway-policy": {}}
    assert due_of_api({}, {}, others=("ADomainName",), **policy) == [
        "~ ADomainName: cannot be compared → deployed each time",
        "~ x-amazon-apigateway-policy: cannot be compared → deployed each time",
    ]
