"""Every problem that can occur, with an example, and which of them an operation can answer with.

Types, titles and statuses are those of the tables in the code that answers.
"""

import json
from dataclasses import dataclass
from typing import Any

from chalicelib.routes.problems import CLOSED, PROBLEM_URN, TABLE
from chalicelib.routes.roles import NOT_SIGNED
from ops.gateway.responses import RESPONSES
from tools.openapi.headers import headers
from tools.openapi.routes import Operation
from waf.rules import NOT_LISTED, TOO_MANY, response_bodies

PATH = "/api/v1/projects/survey-data-exchange"
REQUEST_ID = "0f6f2c1e-6d0a-4a53-9d1c-0d7a5f1f4c2e"
EXTENDED_REQUEST_ID = "JKJaXmPLvHcESHA="
PROBLEM, PLAIN = "application/problem+json", "application/json"  # WAF cannot send the former

# What the application says, by the title or the last part of the type; tests/api/test_examples.py makes it say so.
DETAILS = {
    "malformed": "The body is not a JSON object",
    "unauthenticated": "No token was sent",
    "A valid signature is needed": NOT_SIGNED,
    "forbidden": "create-technology is for users of digital-landscape, not of tech-audit-tool",
    "closed": CLOSED,
    "not-found": "There is no project with this id",
    "name-taken": "The project survey-data-exchange has this name",
    "in-use": "3 projects use python",
    "conflict": "Too many writers moved this technology at once: send the request again",
    "version-mismatch": "It is version 2 by now: read it again",
    "payload-too-large": "A body has at most 262144 bytes",
    "unsupported-media-type": "Unsupported media type: text/plain",
    "invalid": "/limit: is not a whole number from 1 to 100",
    "idempotency-key-reused": "This Idempotency-Key came with another body before",
    "precondition-required": "Send If-Match with the ETag of the version you have read",
    "quota-exceeded": "Your projects have added 50 technologies to the register today:"
    " name known ones, or send the request again after midnight UTC",
    "unavailable": "The database cannot be read: OperationalError",
}
# Not in the application's table: what nobody expects.
OTHERS = ((500, "internal", "An error on our side", "It has been logged"),)
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
    """Those with a status of their own: the two families beside them have as many as there are."""
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
    """What AWS WAF answers, by the problems' names."""
    bodies = response_bodies("dev")
    return {name: json.loads(bodies[name]["Content"]) for name in (NOT_LISTED, TOO_MANY)}


def _firewalls() -> list[Example]:
    return [
        Example(value["status"], name, "firewall", PLAIN, value)
        for name, value in firewall_problems().items()
    ]


UNSIGNED = "Under `/iam`: no signature, or one that does not fit"
# By component: what a reader is told, the status, the problems, and the headers beside the usual.
ANSWERS: dict[str, tuple[str, int, tuple[str, ...], tuple[str, ...]]] = {
    "Malformed": ("The request cannot be read", 400, ("malformed",), ()),
    "Unauthenticated": (
        "No token, or none that counts; of the other service's pool a 403 on a developer's machine."
        " Under `/iam`: credentials that have expired",
        401,
        ("unauthenticated",),
        ("WWW-Authenticate", "x-amzn-Remapped-WWW-Authenticate"),
    ),
    "Refused": (
        "The firewall does not let this address in. Under `/iam`: no service lists the role",
        403,
        ("forbidden", "closed", "not-listed"),
        (),
    ),
    "Forbidden": (
        "The caller's pool or groups, or the relation to the project, do not allow it; or the"
        " firewall does not let this address in. Under `/iam`: no service lists the role",
        403,
        ("forbidden", "closed", "not-listed"),
        (),
    ),
    "NotFound": ("There is no such thing. " + UNSIGNED, 404, ("not-found",), ()),
    "Unsigned": (UNSIGNED, 404, ("not-found",), ()),
    "NameTaken": (
        "The name is taken; or another request was in the way",
        409,
        ("name-taken", "conflict"),
        (),
    ),
    "Conflict": (
        "Another request was in the way; or a record would have more than it can hold",
        409,
        ("conflict",),
        (),
    ),
    "InUse": ("Projects use it", 409, ("in-use",), ()),
    "VersionMismatch": ("Somebody else wrote first: read again", 412, ("version-mismatch",), ()),
    "PayloadTooLarge": ("A body of more than 256 KiB", 413, ("payload-too-large",), ()),
    "UnsupportedMediaType": (
        "Another type than JSON, or a `Content-Encoding`",
        415,
        ("unsupported-media-type",),
        (),
    ),
    "Invalid": ("A rule is broken; `errors` says where", 422, ("invalid",), ()),
    "InvalidOrReused": (
        "A rule is broken; or the idempotency key came with another body before",
        422,
        ("invalid", "idempotency-key-reused"),
        (),
    ),
    "PreconditionRequired": ("`If-Match` is missing", 428, ("precondition-required",), ()),
    "TooManyRequests": (
        "More than the gateway or, of one address, the firewall takes",
        429,
        ("too-many-requests",),
        ("Retry-After",),
    ),
    "QuotaExceeded": (
        "More new technologies than projects of one caller may add in a day; or more requests than"
        " the gateway or, of one address, the firewall takes",
        429,
        ("quota-exceeded", "too-many-requests"),
        ("Retry-After",),
    ),
    "Internal": ("An error on our side, which has been logged", 500, ("internal",), ()),
    "Unavailable": (
        "Not at the moment; or no room to run the service",
        503,
        ("unavailable",),
        ("Retry-After",),
    ),
    "Timeout": (
        "No answer in time; what was asked for may have been done all the same",
        504,
        ("timeout",),
        (),
    ),
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
    """The answers that are problems, and the one that has no body."""
    known = examples()
    not_modified = {
        "description": "Nothing has changed since the ETag in `If-None-Match`",
        "headers": headers("ETag", "Cache-Control"),
    }
    return {
        **{name: _component(name, known) for name in ANSWERS},
        "NotModified": not_modified,
    }


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
        key = f"{one.source}-{one.name}-{number}"
        said = {"summary": f"Said by the {one.source}", "value": one.value}
        media["examples"][key] = said
    return {"description": description, "headers": headers(*more), "content": content}


def of(operation: Operation) -> dict[str, Any]:
    """References to the problems that this operation can answer with, by status."""
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
