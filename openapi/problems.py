"""Every problem that can occur, with an example: the application's, the gateway's, the firewall's.

Types, titles and statuses are those of the tables in the code that answers.
"""

import json
from dataclasses import dataclass
from typing import Any

from gateway_responses import RESPONSES

from chalicelib.firewall.acl import NOT_LISTED, TOO_MANY, response_bodies
from chalicelib.routes.problems import CLOSED, PROBLEM_TYPE, TABLE

PATH = "/api/v1/projects/survey-data-exchange"
REQUEST_ID = "0f6f2c1e-6d0a-4a53-9d1c-0d7a5f1f4c2e"
PROBLEM, PLAIN = "application/problem+json", "application/json"  # WAF cannot send the former

# What the application says, by the last part of the type; tests/api/test_examples.py makes it say so.
DETAILS = {
    "malformed": "The body is not a JSON object",
    "unauthenticated": "No token was sent",
    "forbidden": "create-technology is for users of digital-landscape, not of tech-audit-tool",
    "closed": CLOSED,
    "not-found": "There is no project with this id",
    "name-taken": "The project survey-data-exchange has this name",
    "in-use": "3 projects use python",
    "conflict": "Too many writers moved this technology at once: send the request again",
    "version-mismatch": "It is version 2 by now: read it again",
    "payload-too-large": "A body has at most 262144 bytes",
    "invalid": "/limit: is not a whole number from 1 to 100",
    "idempotency-key-reused": "This Idempotency-Key came with another body before",
    "precondition-required": "Send If-Match with the ETag of the version you have read",
    "quota-exceeded": "Your projects have added 50 technologies to the register today:"
    " name known ones, or send the request again after midnight UTC",
    "unavailable": "The database cannot be read: OperationalError",
}
# Not in the application's table: Chalice's own, and what nobody expects.
OTHERS = (
    (
        415,
        "unsupported-media-type",
        "Unsupported Media Type",
        "Unsupported media type: text/plain",
    ),
    (500, "internal", "An error on our side", "It has been logged"),
)
FLAWS = [{"pointer": "/limit", "detail": "is not a whole number from 1 to 100"}]


@dataclass(frozen=True)
class Example:
    """`name` is the last part of `type`; `source` is who answers: application, gateway, firewall."""

    status: int
    name: str
    source: str
    media_type: str
    value: dict[str, Any]


def examples() -> list[Example]:
    return [*_applications(), *_gateways(), *_firewalls()]


def problem_types() -> list[str]:
    """Of all problems, and of those that a method has which a path does not take."""
    types = {example.value["type"] for example in examples()}
    return sorted({*types, PROBLEM_TYPE + "method-not-allowed"})


def _applications() -> list[Example]:
    table = [(status, name, title, DETAILS[name]) for _, status, name, title in TABLE]
    return [_application(*row) for row in (*table, *OTHERS)]


def _application(status: int, name: str, title: str, detail: str) -> Example:
    value = {
        "type": PROBLEM_TYPE + name,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": PATH,
        "request_id": REQUEST_ID,
        **({"errors": FLAWS} if name == "invalid" else {}),
    }
    return Example(status, name, "application", PROBLEM, value)


def _gateways() -> list[Example]:
    """Those with a status of their own: the two families beside them have as many as there are."""
    return [
        Example(one.status, one.name, "gateway", PROBLEM, _filled(one.template()))
        for one in RESPONSES
        if one.status
    ]


def _filled(template: str) -> dict[str, Any]:
    text = template.replace("$context.path", PATH).replace("$context.requestId", REQUEST_ID)
    value: dict[str, Any] = json.loads(text)
    return value


def _firewalls() -> list[Example]:
    bodies = response_bodies("dev")
    values = {name: json.loads(bodies[name]["Content"]) for name in (NOT_LISTED, TOO_MANY)}
    return [
        Example(value["status"], name, "firewall", PLAIN, value) for name, value in values.items()
    ]
