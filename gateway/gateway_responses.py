"""API Gateway's own errors, as problems like the application's, and readable by a browser."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from gateway_api import Api
from gateway_retries import GATEWAY_BUSY, PAUSES, make_in_turn

from chalicelib.routes.problems import PROBLEM_TYPE, REALM
from operators.steps import AS_WANTED, Step, difference, is_anything_due

DESCRIPTION = "gateway responses "
CHALLENGE = f'Bearer realm="{REALM}"'
EXPIRED = f'{CHALLENGE}, error="invalid_token", error_description="The token has expired"'


@dataclass(frozen=True)
class GatewayResponse:
    """`status` 0 leaves each error of a family its own: DEFAULT_4XX with one would change them all."""

    kind: str
    status: int
    name: str
    title: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()

    def settings(self) -> dict[str, Any]:
        """As get_gateway_responses gives them."""
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
        """JSON in which API Gateway replaces $context…, and nothing else: it is no VTL here."""
        problem = {
            "type": PROBLEM_TYPE + self.name,
            "title": self.title,
            **({"status": self.status} if self.status else {}),
            "detail": self.detail,
            "instance": "$context.path",
            "request_id": "$context.requestId",
        }
        return json.dumps(problem)


NO_TOKEN = "The token is missing or expired, or comes from a user pool that may not call this"  # noqa: S105
TIMEOUT = "The answer took too long; what was asked for may have been done all the same"
RESPONSES = (
    GatewayResponse(
        "UNAUTHORIZED",
        401,
        "unauthenticated",
        "A valid token is needed",
        NO_TOKEN,
        (("WWW-Authenticate", CHALLENGE),),
    ),
    GatewayResponse(
        "EXPIRED_TOKEN",
        401,
        "unauthenticated",
        "A valid token is needed",
        "The token has expired",
        (("WWW-Authenticate", EXPIRED),),
    ),
    GatewayResponse("ACCESS_DENIED", 403, "forbidden", "Not allowed", "Not with this token"),
    GatewayResponse(
        "WAF_FILTERED",
        403,
        "filtered",
        "Refused by the firewall",
        "A rule of the firewall refused this request, or the address that it came from",
    ),
    GatewayResponse(
        "MISSING_AUTHENTICATION_TOKEN",
        404,
        "not-found",
        "Not found",
        "There is no such path, or it does not take this method",
    ),
    GatewayResponse(
        "REQUEST_TOO_LARGE",
        413,
        "payload-too-large",
        "The body is too large",
        "It is larger than this API takes",
    ),
    GatewayResponse(
        "THROTTLED",
        429,
        "too-many-requests",
        "Too many requests",
        "More requests came in than this API takes at once. Please try again",
        (("Retry-After", "1"),),
    ),
    GatewayResponse("INTEGRATION_TIMEOUT", 504, "timeout", "No answer in time", TIMEOUT),
    GatewayResponse(
        "DEFAULT_4XX", 0, "refused", "The request was refused", "The gateway refused the request"
    ),
    GatewayResponse(
        "DEFAULT_5XX", 0, "internal", "An error on our side", "The gateway could not answer"
    ),
)


def response_steps(
    gateway: Any, api: Api, pauses: Sequence[float] = PAUSES, responses: Any = RESPONSES
) -> Iterator[Step]:
    """The responses, and a deployment that brings them to the stage."""
    known = _known(gateway, api)
    steps = [_response_step(gateway, api, known, response, pauses) for response in responses]
    yield from steps
    wanted = description(responses)
    deployed = gateway.get_deployment(restApiId=api.id, deploymentId=api.deployment_id)
    is_deployed = deployed.get("description") == wanted and not is_anything_due(steps)
    yield Step(
        "deployment of the responses",
        AS_WANTED if is_deployed else "not these",
        AS_WANTED,
        partial(deploy, gateway, api, wanted, pauses),
    )


def _response_step(
    gateway: Any,
    api: Api,
    known: dict[str, dict[str, Any]],
    response: GatewayResponse,
    pauses: Sequence[float],
) -> Step:
    wanted = response.settings()
    sent = {k: v for k, v in wanted.items() if k != "defaultResponse" and v is not None}
    put = partial(
        gateway.put_gateway_response, restApiId=api.id, responseType=response.kind, **sent
    )
    found = difference(known.get(response.kind), wanted)
    make = partial(make_in_turn, put, GATEWAY_BUSY, pauses)
    return Step(f"gateway response {response.kind}", found, AS_WANTED, make)


def _known(gateway: Any, api: Api) -> dict[str, dict[str, Any]]:
    """By kind, those that somebody has set: API Gateway lists its own defaults too."""
    pages = gateway.get_paginator("get_gateway_responses").paginate(restApiId=api.id)
    found = [one for page in pages for one in page["items"]]
    return {one["responseType"]: one for one in found if not one.get("defaultResponse")}


def description(responses: Sequence[GatewayResponse]) -> str:
    """Tells a deployment that holds `responses` from any other, such as Chalice's next one."""
    said = json.dumps([(one.kind, one.settings()) for one in responses], sort_keys=True)
    return DESCRIPTION + sha256(said.encode()).hexdigest()[:16]


def deploy(gateway: Any, api: Api, description: str, pauses: Sequence[float] = PAUSES) -> None:
    """Waits its turn: somebody else may have deployed in the last five seconds."""
    create = partial(
        gateway.create_deployment,
        restApiId=api.id,
        stageName=api.stage.gateway_stage,
        description=description,
        **api.repeated,
    )
    make_in_turn(create, GATEWAY_BUSY, pauses)
