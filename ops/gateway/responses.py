"""API Gateway's own errors, as problems like the application's that a browser may read."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chalicelib.routes.problems import PROBLEM_URN, REALM
from ops.gateway.api import Api, Clients
from ops.retries import GATEWAY_BUSY
from ops.steps import AS_WANTED, Step, difference, is_anything_due

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_apigateway.literals import GatewayResponseTypeType
    from types_boto3_apigateway.type_defs import GatewayResponseTypeDef

DESCRIPTION = "gateway responses "
BEARER = f'Bearer realm="{REALM}"'
CHALLENGE = (("WWW-Authenticate", BEARER),)
SIGN = (("WWW-Authenticate", f'AWS4-HMAC-SHA256 realm="{REALM}"'),)


@dataclass(frozen=True)
class GatewayResponse:
    """`status` 0 keeps each status of a family: one in DEFAULT_4XX would replace them all."""

    kind: "GatewayResponseTypeType"
    status: int
    name: str
    title: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()
    types: str = PROBLEM_URN

    def settings(self) -> dict[str, Any]:
        """As get_gateway_responses returns them."""
        headers = {
            "Content-Type": "'application/problem+json'",
            "Access-Control-Allow-Origin": "'*'",
            "Access-Control-Expose-Headers": "'Retry-After,X-Request-Id'",
            "X-Request-Id": "context.requestId",
            **{name: f"'{value}'" for name, value in self.headers},
        }
        return {
            "defaultResponse": False,
            "statusCode": str(self.status) if self.status else None,
            "responseParameters": {f"gatewayresponse.header.{k}": v for k, v in headers.items()},
            "responseTemplates": {"application/json": self.template()},
        }

    def template(self) -> str:
        """JSON in which API Gateway replaces $context…, and nothing else: VTL is unsupported here."""
        problem = {
            "type": self.types + self.name,
            "title": self.title,
            **({"status": self.status} if self.status else {}),
            "detail": self.detail,
            "instance": "$context.path",
            "request_id": "$context.requestId",
            "extended_request_id": "$context.extendedRequestId",
        }
        return json.dumps(problem)


NO_TOKEN = "The token is missing, expired, or of a user pool that may not call this: sign in again"  # noqa: S105
NEEDED = "A valid token is needed"
TIMEOUT = (
    "The answer took too long. The request may have taken effect: check before you send it again"
)
FILTERED = "A rule of the firewall refused this request or its address: ask the API's operator"
HAVE_EXPIRED = "The credentials have expired: get new ones, and sign the request again"
SIGNATURE_NEEDED = "A valid signature is needed"
NOT_ALLOWED = "This token or role may not call this path: use another one"
# API Gateway does not distinguish an unknown path from a missing or wrong signature.
NO_PATH = (
    "There is no such path, or it does not support this method. Under /iam a request needs a"
    " signature"
)
# Also for an unknown path with a token, which API Gateway reads as a signature.
NOT_FITTING = (
    "There is no such path, or it does not support this method. Under /iam sign the request again:"
    " the signature is wrong or too old"
)
REFUSED = "The gateway refused the request. Under /iam, check the credentials and the signature"
ENCODED = "Send the body as JSON, uncompressed"
TOO_LARGE = ("The body is too large", "Send a smaller body: 256 KiB at most")
TOO_MANY = "Too many requests came at once: send it again after the seconds in Retry-After"
UNAVAILABLE = "Not available at the moment"
NO_ROOM = "The API could not be called at the moment: send the request again"
FAILED = "The gateway could not answer: send the request again, once"
AGAIN = (("Retry-After", "1"),)
RESPONSES = (
    GatewayResponse("UNAUTHORIZED", 401, "unauthenticated", NEEDED, NO_TOKEN, CHALLENGE),
    # Of AWS credentials. An expired token of a user pool is UNAUTHORIZED.
    GatewayResponse("EXPIRED_TOKEN", 401, "unauthenticated", SIGNATURE_NEEDED, HAVE_EXPIRED, SIGN),
    GatewayResponse("ACCESS_DENIED", 403, "forbidden", "Not allowed", NOT_ALLOWED),
    GatewayResponse("WAF_FILTERED", 403, "filtered", "Refused by the firewall", FILTERED),
    GatewayResponse("MISSING_AUTHENTICATION_TOKEN", 404, "not-found", "Not found", NO_PATH),
    GatewayResponse("INVALID_SIGNATURE", 404, "not-found", "Not found", NOT_FITTING),
    GatewayResponse("REQUEST_TOO_LARGE", 413, "payload-too-large", *TOO_LARGE),
    GatewayResponse(
        "UNSUPPORTED_MEDIA_TYPE", 415, "unsupported-media-type", "Unsupported media type", ENCODED
    ),
    GatewayResponse("THROTTLED", 429, "too-many-requests", "Too many requests", TOO_MANY, AGAIN),
    # Lambda had no capacity to run the API, or API Gateway could not call it.
    GatewayResponse("INTEGRATION_FAILURE", 503, "unavailable", UNAVAILABLE, NO_ROOM, AGAIN),
    GatewayResponse("INTEGRATION_TIMEOUT", 504, "timeout", "No answer in time", TIMEOUT),
    GatewayResponse("DEFAULT_4XX", 0, "refused", "The request was refused", REFUSED),
    GatewayResponse("DEFAULT_5XX", 0, "internal", "An error on our side", FAILED),
)


def responses_of(types: str) -> tuple[GatewayResponse, ...]:
    """All responses, with these `types` of problems (Stage.problem_types)."""
    return tuple(replace(one, types=types) for one in RESPONSES)


def response_steps(
    clients: Clients, api: Api, responses: Sequence[GatewayResponse] = ()
) -> Iterator[Step]:
    """Sets the `responses`, by default those of the API's stage, and deploys them to the stage."""
    responses = responses or responses_of(api.stage.problem_types)
    gateway = clients.gateway
    known = _known(gateway, api)
    steps = [_response_step(clients, api, known, response) for response in responses]
    yield from steps
    wanted = description(responses)
    deployed = gateway.get_deployment(restApiId=api.id, deploymentId=api.deployment_id)
    is_deployed = deployed.get("description") == wanted and not is_anything_due(steps)
    yield Step(
        "deployment of the responses",
        AS_WANTED if is_deployed else "another deployment",
        AS_WANTED,
        partial(deploy, clients, api, wanted),
    )


def _response_step(
    clients: Clients,
    api: Api,
    known: "dict[GatewayResponseTypeType, GatewayResponseTypeDef]",
    response: GatewayResponse,
) -> Step:
    wanted = response.settings()
    sent = {k: v for k, v in wanted.items() if k != "defaultResponse" and v is not None}
    put = partial(
        clients.gateway.put_gateway_response, restApiId=api.id, responseType=response.kind, **sent
    )
    found = difference(known.get(response.kind), wanted)
    make = partial(GATEWAY_BUSY.repeat, put, clients.sleep)
    return Step(f"gateway response {response.kind}", found, AS_WANTED, make)


def _known(
    gateway: "APIGatewayClient", api: Api
) -> "dict[GatewayResponseTypeType, GatewayResponseTypeDef]":
    """By kind, without API Gateway's own defaults, which it lists too."""
    pages = gateway.get_paginator("get_gateway_responses").paginate(restApiId=api.id)
    found = [one for page in pages for one in page["items"]]
    return {one["responseType"]: one for one in found if not one.get("defaultResponse")}


def description(responses: Sequence[GatewayResponse]) -> str:
    """Identifies a deployment with these `responses`; Chalice's deployments have no such text."""
    said = json.dumps([(one.kind, one.settings()) for one in responses], sort_keys=True)
    return DESCRIPTION + sha256(said.encode()).hexdigest()[:16]


def deploy(clients: Clients, api: Api, description: str) -> None:
    """Retries, because API Gateway refuses a deployment within five seconds of the last."""
    create = partial(
        clients.gateway.create_deployment,
        restApiId=api.id,
        stageName=api.stage.gateway_stage,
        description=description,
        **api.repeated,
    )
    GATEWAY_BUSY.repeat(create, clients.sleep)
