"""Compares a stage's REST API in this checkout with the one on AWS: routes and their callers."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ops.application.built import Built
from ops.application.lambdas import Sdk, cannot_compare, step
from ops.stage import Stage
from ops.steps import GONE, MISSING, Step

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_apigateway.type_defs import MethodTypeDef

METHODS = ("get", "post", "put", "patch", "delete", "options", "head")
BINARY = "x-amazon-apigateway-binary-media-types"
AUTHORIZER = "x-amazon-apigateway-authorizer"
# Keys of the definition that are ignored, and those that are compared.
PASSED_OVER = {"swagger", "info", "schemes", "definitions"}
COMPARED = {*PASSED_OVER, "paths", "securityDefinitions", BINARY}
OF_THE_API = {"EndpointConfiguration", "StageName", "MinimumCompressionSize"}
SIGNED = "sigv4"  # Chalice's name of IAM
ANYBODY, IAM = "anybody", "AWS_IAM"


def api_steps(stage: Stage, built: Built, sdk: Sdk, api_id: str | None) -> Iterator[Step]:
    """For an API that does not exist yet, one step with the number of its routes."""
    wanted = dict(_wanted_routes(built.definition))
    if api_id is None:
        yield step(f"REST API with {len(wanted)} routes", MISSING, "there")
        return
    found = sdk.gateway.get_rest_api(restApiId=api_id)
    live = dict(_live_routes(stage, sdk.gateway, api_id))
    for route in sorted(wanted.keys() | live.keys()):
        yield step(f"route {route}", live.get(route, MISSING), wanted.get(route, GONE))
    kinds = ", ".join(found.get("endpointConfiguration", {}).get("types", []))
    yield step("endpoint", kinds, built.api.get("EndpointConfiguration"))
    size = found.get("minimumCompressionSize")
    yield step("minimum size to compress, in bytes", size, built.api.get("MinimumCompressionSize"))
    types = (found.get("binaryMediaTypes", []), built.definition.get(BINARY, []))
    yield step("binary media types", *(", ".join(sorted(each)) for each in types))
    others = {
        *(built.api.keys() - OF_THE_API),
        *(built.definition.keys() - COMPARED),
        *built.others,
    }
    yield from map(cannot_compare, sorted(others))


def _wanted_routes(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each route, with its callers."""
    pools = {
        name: each.get(AUTHORIZER, {}).get("providerARNs", [])
        for name, each in definition.get("securityDefinitions", {}).items()
    }
    for path, methods in definition["paths"].items():
        for method in METHODS:
            if method in methods:
                names = [name for one in methods[method].get("security", []) for name in one]
                yield f"{method.upper()} {path}", _who(names, pools)


def _who(names: list[str], pools: Mapping[str, list[str]]) -> str:
    """Names an authorizer of another kind, which no live route has."""
    if names == [SIGNED]:
        return IAM
    arns = [arn for name in names for arn in pools.get(name, [])]
    others = [name for name in names if not pools.get(name)]
    return ", ".join([_pools(arns)] * bool(arns) + others) or ANYBODY


def _pools(arns: list[str]) -> str:
    return f"user pools {', '.join(sorted(arn.rpartition('/')[2] for arn in arns))}"


def _live_routes(
    stage: Stage, gateway: "APIGatewayClient", api_id: str
) -> Iterator[tuple[str, str]]:
    authorizers = gateway.get_authorizers(restApiId=api_id, limit=500)["items"]
    pools = {each["id"]: each.get("providerARNs", []) for each in authorizers}
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    for page in pages:
        for resource in page["items"]:
            for method, found in resource.get("resourceMethods", {}).items():
                yield f"{method} {resource['path']}", _found_as(stage, found, pools)


def _found_as(stage: Stage, method: "MethodTypeDef", pools: Mapping[str, list[str]]) -> str:
    uri = method.get("methodIntegration", {}).get("uri", "")
    if f":function:{stage.full_name}/invocations" not in uri:
        return "calls another Lambda"
    kind = method.get("authorizationType", "NONE")
    if kind == "COGNITO_USER_POOLS":
        return _pools(pools.get(method.get("authorizerId", ""), []))
    key = " with an API key" if method.get("apiKeyRequired") else ""
    return f"{ANYBODY if kind == 'NONE' else kind}{key}"
