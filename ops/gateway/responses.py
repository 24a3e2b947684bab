"""API Gateway's own errors, as problems like the application's, and readable by a browser."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any

from chalicelib.routes.problems import PROBLEM_URN, REALM
from ops.gateway.api import Api, Clients
from ops.retries import GATEWAY_BUSY
from ops.steps import AS_WANTED, Step, difference, is_anything_due

DESCRIPTION = "gateway responses "
BEARER = f'Bearer realm="{REALM}"'
CHALLENGE = (("WWW-Authenticate", BEARER),)
SIGN = (("WWW-Authenticate", f'AWS4-HMAC-SHA256 realm="{REALM}"'),)


@dataclass(frozen=True)
class GatewayResponse:
    """`status` 0 leaves each error of a family its own: DEFAULT_4XX with one would change them all."""

    kind: str
    status: int
    name: str
    title: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()
    types: str = PROBLEM_URN

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
            "type": self.types + self.name,
            "title": self.title,
            **({"status": self.status} if self.status else {}),
            "detail": self.detail,
            "instance": "$context.path",
            "request_id": "$context.requestId",
            "extended_request_id": "$context.extendedRequestId",
        }
        return json.dumps(problem)


NO_TOKEN = "The token is missing or expired, or comes from a user pool that may not call this"  # noqa: S105
NEEDED = "A valid token is needed"
TIMEOUT = "The answer took too long; what was asked for may have been done all the same"
FILTERED = "A rule of the firewall refused this request, or the address that it came from"
HAVE_EXPIRED = "The credentials have expired: get new ones, and sign the request again"
SIGNATURE_NEEDED = "A valid signature is needed"
NOT_ALLOWED = "Not with this token, or not by this role"
# API Gateway does not tell apart a path that there is not and a signature that is missing or wrong.
NO_PATH = (
    "There is no such path, or it does not take this method. Under /iam a request needs a signature"
)
# To a path that there is not, with a token or without: it takes the token for a signature.
NOT_FITTING = (
    "There is no such path, or it does not take this method. Under /iam: the signature does not fit"
    " the request, or is too old: sign the request again"
)
REFUSED = "The gateway refused the request. Under /iam, look at the credentials and the signature"
ENCODED = "Send the body as JSON, uncompressed"
TOO_LARGE = ("The body is too large", "It is larger than this API takes")
TOO_MANY = "More requests came in than this API takes at once. Please try again"
UNAVAILABLE = "Not available at the moment"
NO_ROOM = "The API could not be called at the moment: send the request again"
AGAIN = (("Retry-After", "1"),)
RESPONSES = (
    GatewayResponse("UNAUTHORIZED", 401, "unauthenticated", NEEDED, NO_TOKEN, CHALLENGE),
    # AWS credentials, and no token of a pool: that is UNAUTHORIZED.
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
    # Lambda had no room to run the API, or API Gateway could not call it.
    GatewayResponse("INTEGRATION_FAILURE", 503, "unavailable", UNAVAILABLE, NO_ROOM, AGAIN),
    GatewayResponse("INTEGRATION_TIMEOUT", 504, "timeout", "No answer in time", TIMEOUT),
    GatewayResponse("DEFAULT_4XX", 0, "refused", "The request was refused", REFUSED),
    GatewayResponse(
        "DEFAULT_5XX", 0, "internal", "An error on our side", "The gateway could not answer"
    ),
)


def responses_of(types: str) -> tuple[GatewayResponse, ...]:
    """All of them, whose problems have these `types` (Stage.problem_types)."""
    return tuple(replace(one, types=types) for one in RESPONSES)


def response_steps(
    clients: Clients, api: Api, responses: Sequence[GatewayResponse] = ()
) -> Iterator[Step]:
    """The `responses`, those of the API's stage if none are given, and a deployment that brings
    them to the stage."""
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
        AS_WANTED if is_deployed else "not these",
        AS_WANTED,
        partial(deploy, clients, api, wanted),
    )


def _response_step(
    clients: Clients, api: Api, known: dict[str, dict[str, Any]], response: GatewayResponse
) -> Step:
    wanted = response.settings()
    sent = {k: v for k, v in wanted.items() if k != "defaultResponse" and v is not None}
    put = partial(
        clients.gateway.put_gateway_response, restApiId=api.id, responseType=response.kind, **sent
    )
    found = difference(known.get(response.kind), wanted)
    make = partial(GATEWAY_BUSY.repeat, put, clients.sleep)
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


def deploy(clients: Clients, api: Api, description: str) -> None:
    """Waits its turn: somebody else may have deployed in the last five seconds."""
    create = partial(
        clients.gateway.create_deployment,
        restApiId=api.id,
        stageName=api.stage.gateway_stage,
        description=description,
        **api.repeated,
    )
    GATEWAY_BUSY.repeat(create, clients.sleep)
