"""Every problem with an example, and the problems that each operation can return.

Types, titles and statuses come from the tables in the code that answers.
"""

import json
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import InUseError, NameTakenError
from chalicelib.routes.caller import NO_TOKEN
from chalicelib.routes.problems import CLOSED, CURES, INTERNAL, PROBLEM_URN, TABLE
from chalicelib.routes.roles import NOT_SIGNED
from ops.gateway.responses import RESPONSES
from tools.openapi.headers import headers
from tools.openapi.routes import Operation
from waf.rules import NOT_LISTED, TOO_MANY, response_bodies

PATH = "/api/v1/projects/survey-data-exchange"
REQUEST_ID = "0f6f2c1e-6d0a-4a53-9d1c-0d7a5f1f4c2e"
EXTENDED_REQUEST_ID = "JKJaXmPLvHcESHA="
PROBLEM, PLAIN = "application/problem+json", "application/json"  # WAF can send only the second

# The API's details by title or by name of the problem; tests/api/test_examples.py compares them.
DETAILS = {
    "malformed": "The body must be a JSON object",
    "unauthenticated": NO_TOKEN,
    "A valid signature is needed": NOT_SIGNED,
    "forbidden": "create-technology needs a caller of digital-landscape, not of tech-audit-tool",
    "closed": CLOSED,
    "not-found": "There is no project with this id: GET /api/v1/projects lists them",
    "name-taken": str(NameTakenError.by("project survey-data-exchange")),
    "in-use": str(InUseError("python", 3)),
    "conflict": "Other requests moved this technology at the same time: send the request again",
    "version-mismatch": "The record now has version 2: read it again",
    "payload-too-large": "The body has more than 262144 bytes: send less",
    "unsupported-media-type": f"Unsupported media type: text/plain{CURES[415]}",
    "invalid": "/limit: must be a whole number from 1 to 100",
    "idempotency-key-reused": "This Idempotency-Key was sent with another body before: use a new key",
    "precondition-required": "Send the ETag that you read in If-Match, or * for any version",
    "quota-exceeded": "Your projects have added 50 technologies to the register today:"
    " use existing ones, or send the request again after midnight UTC",
    "unavailable": "The database cannot be read (OperationalError): send the request again later",
}
# The problem that is not in the application's table: an unexpected error.
OTHERS = ((500, "internal", *INTERNAL),)
FLAWS = [{"pointer": "/limit", "detail": "must be a whole number from 1 to 100"}]


@dataclass(frozen=True)
class Example:
    """`name` is the last part of `type`; `source` is application, gateway or firewall."""

    status: int
    name: str
    source: str
    media_type: str
    value: dict[str, Any]


def examples() -> list[Example]:
    return [*_applications(), *_gateways(), *_firewalls()]


def _applications() -> list[Example]:
    table = [
        (status, name, title, DETAILS.get(title, DETAILS[name])) for _, status, name, title in TABLE
    ]
    return [_application(*row) for row in (*table, *OTHERS)]


def _application(status: int, name: str, title: str, detail: str) -> Example:
    value = {
        "type": PROBLEM_URN + name,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": PATH,
        "request_id": REQUEST_ID,
        **({"errors": FLAWS} if name == "invalid" else {}),
    }
    return Example(status, name, "application", PROBLEM, value)


def _gateways() -> list[Example]:
    """The gateway's problems with one status. The two families, with several, have no example."""
    return [
        Example(one.status, one.name, "gateway", PROBLEM, _filled(one.template()))
        for one in RESPONSES
        if one.status
    ]


def _filled(template: str) -> dict[str, Any]:
    text = template.replace("$context.path", PATH).replace("$context.requestId", REQUEST_ID)
    text = text.replace("$context.extendedRequestId", EXTENDED_REQUEST_ID)
    value: dict[str, Any] = json.loads(text)
    return value


def firewall_problems() -> dict[str, Any]:
    """The answers of AWS WAF, by the problems' names."""
    bodies = response_bodies("dev")
    return {name: json.loads(bodies[name]["Content"]) for name in (NOT_LISTED, TOO_MANY)}


def _firewalls() -> list[Example]:
    return [
        Example(value["status"], name, "firewall", PLAIN, value)
        for name, value in firewall_problems().items()
    ]


UNSIGNED = "Under `/iam`: the signature is missing or invalid"
NO_SERVICE = "Under `/iam`: no service lists the IAM role"
# By component: its description, the status, the problems, and the additional headers.
ANSWERS: dict[str, tuple[str, int, tuple[str, ...], tuple[str, ...]]] = {
    "Malformed": ("The request cannot be read", 400, ("malformed",), ()),
    "Unauthenticated": (
        "The token is missing, invalid or expired, or the operation does not accept its user pool. On a"
        " developer's machine the last is a 403. Under `/iam`: the credentials have expired",
        401,
        ("unauthenticated",),
        ("WWW-Authenticate", "x-amzn-Remapped-WWW-Authenticate"),
    ),
    "Refused": (
        "The firewall blocked the address. " + NO_SERVICE,
        403,
        ("forbidden", "closed", "not-listed"),
        (),
    ),
    "Forbidden": (
        "The caller's user pool, groups or relation to the project do not allow the request, or the"
        f" firewall blocked the address. {NO_SERVICE}",
        403,
        ("forbidden", "closed", "not-listed"),
        (),
    ),
    "NotFound": ("The record does not exist. " + UNSIGNED, 404, ("not-found",), ()),
    "Unsigned": (UNSIGNED, 404, ("not-found",), ()),
    "NameTaken": (
        "Another record has the name, or another request changed the same record",
        409,
        ("name-taken", "conflict"),
        (),
    ),
    "Conflict": (
        "Another request changed the same record, or the record has reached a limit",
        409,
        ("conflict",),
        (),
    ),
    "InUse": ("Projects use the technology", 409, ("in-use",), ()),
    "VersionMismatch": ("The record has changed: read it again", 412, ("version-mismatch",), ()),
    "PayloadTooLarge": ("The body is larger than 256 KiB", 413, ("payload-too-large",), ()),
    "UnsupportedMediaType": (
        "The body is not JSON, or it has a `Content-Encoding`",
        415,
        ("unsupported-media-type",),
        (),
    ),
    "Invalid": ("The request has invalid values, which `errors` lists", 422, ("invalid",), ()),
    "InvalidOrReused": (
        "The request has invalid values, or the idempotency key was sent with another body before",
        422,
        ("invalid", "idempotency-key-reused"),
        (),
    ),
    "PreconditionRequired": ("`If-Match` is missing", 428, ("precondition-required",), ()),
    "TooManyRequests": (
        "The caller, or all callers together, sent too many requests",
        429,
        ("too-many-requests",),
        ("Retry-After",),
    ),
    "QuotaExceeded": (
        "The caller's projects have added the most new technologies of a day, or there were too many"
        " requests",
        429,
        ("quota-exceeded", "too-many-requests"),
        ("Retry-After",),
    ),
    "Internal": ("The API has a fault, which is in its log", 500, ("internal",), ()),
    "Unavailable": ("Temporarily unavailable", 503, ("unavailable",), ("Retry-After",)),
    "Timeout": ("No answer in time. The request may have taken effect", 504, ("timeout",), ()),
}
EVERYWHERE = (
    "Malformed",
    "Unauthenticated",
    "PayloadTooLarge",
    "TooManyRequests",
    "Internal",
    "Unavailable",
    "Timeout",
)


def components() -> dict[str, Any]:
    """The responses for problems, and the response for 304."""
    known = examples()
    unchanged = {
        "description": "The answer is unchanged since the ETag in `If-None-Match`",
        "headers": headers("ETag", "Cache-Control"),
    }
    return {**{name: _component(name, known) for name in ANSWERS}, "NotModified": unchanged}


def _component(name: str, known: list[Example]) -> dict[str, Any]:
    description, status, names, more = ANSWERS[name]
    fitting = [one for one in known if one.status == status and one.name in names]
    schema = "InvalidProblem" if "invalid" in names else "Problem"
    content: dict[str, Any] = {}
    for number, one in enumerate(fitting, 1):
        media = content.setdefault(
            one.media_type,
            {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": {}},
        )
        shown = {"summary": f"From the {one.source}", "value": one.value}
        media["examples"][f"{one.source}-{one.name}-{number}"] = shown
    return {"description": description, "headers": headers(*more), "content": content}


def of(operation: Operation) -> dict[str, Any]:
    """References to the problems that this operation can return, by status."""
    route = operation.route
    names = [*EVERYWHERE, "Forbidden" if route.action else "Refused"]
    if not route.takes_any_query:
        names.append("InvalidOrReused" if route.status == 201 else "Invalid")
    names.append("NotFound" if "{" in route.path else "Unsigned")
    if route.body:
        names.append("UnsupportedMediaType")
    if operation.needs_match:
        names += ["VersionMismatch", "PreconditionRequired"]
    if "quota-exceeded" in route.errors:
        names.append("QuotaExceeded")
    conflicts = tuple(name for name in route.errors if name != "quota-exceeded")
    names += [name for name, row in ANSWERS.items() if row[1:3] == (409, conflicts)]
    found = {str(ANSWERS[name][1]): _reference(name) for name in names}
    if operation.is_read:
        found["304"] = _reference("NotModified")
    return dict(sorted(found.items()))


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{name}"}
