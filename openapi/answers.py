"""The answers that are problems, as components, and which of them an operation can give."""

from typing import Any

from openapi.headers import headers
from openapi.operations import Operation
from openapi.problems import Example, examples
from openapi.routes import Route

# By component: what a reader is told, the status, the problems, and the headers beside the usual.
ANSWERS: dict[str, tuple[str, int, tuple[str, ...], tuple[str, ...]]] = {
    "Malformed": ("The request cannot be read", 400, ("malformed",), ()),
    "Unauthenticated": (
        "No token, or none that counts; of the other service's pool a 403 on a developer's machine",
        401,
        ("unauthenticated",),
        ("WWW-Authenticate",),
    ),
    "Refused": ("The firewall does not let this address in", 403, ("closed", "not-listed"), ()),
    "Forbidden": (
        "The token's pool or groups, or your relation to the project, do not allow it; or the"
        " firewall does not let this address in",
        403,
        ("forbidden", "closed", "not-listed"),
        (),
    ),
    "NotFound": ("There is no such thing", 404, ("not-found",), ()),
    "NameTaken": (
        "The name is taken; or another request was in the way",
        409,
        ("name-taken", "conflict"),
        (),
    ),
    "Conflict": ("Another request was in the way", 409, ("conflict",), ()),
    "InUse": ("Projects use it", 409, ("in-use",), ()),
    "VersionMismatch": ("Somebody else wrote first: read again", 412, ("version-mismatch",), ()),
    "PayloadTooLarge": ("A body of more than 256 KiB", 413, ("payload-too-large",), ()),
    "UnsupportedMediaType": ("Another type than JSON", 415, ("unsupported-media-type",), ()),
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
    "Unavailable": ("Not at the moment", 503, ("unavailable",), ("Retry-After",)),
    "Timeout": (
        "No answer in time; what was asked for may have been done all the same",
        504,
        ("timeout",),
        (),
    ),
}
EVERYWHERE = (
    "Malformed",
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


def of(route: Route, operation: Operation) -> dict[str, Any]:
    """References to the problems that this operation can answer with, by status."""
    names = [*EVERYWHERE, "Forbidden" if route.action else "Refused"]
    names.append("InvalidOrReused" if route.method == "POST" else "Invalid")
    if route.action:
        names.append("Unauthenticated")
    if "{" in route.path:
        names.append("NotFound")
    if operation.body:
        names.append("UnsupportedMediaType")
    if needs_match(route, operation):
        names += ["VersionMismatch", "PreconditionRequired"]
    if operation.body and operation.answer == "Project":
        names.append("QuotaExceeded")
    if operation.conflicts:
        names += [name for name, row in ANSWERS.items() if row[1:3] == (409, operation.conflicts)]
    found = {str(ANSWERS[name][1]): _reference(name) for name in names}
    if route.method == "GET" and operation.kind in ("resource", "document"):
        found["304"] = _reference("NotModified")
    return dict(sorted(found.items()))


def needs_match(route: Route, operation: Operation) -> bool:
    """Whether a write asks for the version that was read."""
    return operation.kind == "resource" and route.method in ("PUT", "PATCH", "DELETE")


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{name}"}
