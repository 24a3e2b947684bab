"""Problem details (RFC 9457), and the table that maps errors to them."""

from collections.abc import Mapping
from typing import Any

from chalice.app import Request, Response

from chalicelib import errors
from chalicelib.models.text import as_json
from chalicelib.routes.requests import path_of, request_ids

REALM = "landscape-api"
PROBLEM_URN = "urn:landscape-api:problem:"
CLOSED = "The request did not pass the firewall: use the address that the operator has published"
# An unexpected error: its title and detail.
INTERNAL = ("An error on our side", "The error is in the log: report the request_id to an operator")
# The cures for Chalice's own errors, by status.
CURES = {
    405: ". Use a method that the header Allow lists",
    415: ". Send Content-Type: application/json",
}

Headers = dict[str, str | list[str]]


class PayloadTooLargeError(errors.RegisterError):
    pass


class EncodedBodyError(errors.RegisterError):
    """A body with a Content-Encoding, or with a wrong media type that Chalice accepts."""


class PreconditionRequiredError(errors.RegisterError):
    pass


# The first row with a matching class applies: (class, status, the last part of `type`, title).
TABLE: tuple[tuple[type[errors.RegisterError], int, str, str], ...] = (
    (errors.MalformedError, 400, "malformed", "The request cannot be read"),
    (errors.UnsignedError, 401, "unauthenticated", "A valid signature is needed"),
    (errors.UnauthenticatedError, 401, "unauthenticated", "A valid token is needed"),
    (errors.ForbiddenError, 403, "forbidden", "Not allowed"),
    (errors.ClosedError, 403, "closed", "The request did not pass the firewall"),
    (errors.NotFoundError, 404, "not-found", "Not found"),
    (errors.NameTakenError, 409, "name-taken", "The name is taken"),
    (errors.InUseError, 409, "in-use", "Still in use"),
    (errors.ConflictError, 409, "conflict", "Conflict with the state of the record"),
    (errors.VersionMismatchError, 412, "version-mismatch", "The record has changed"),
    (PayloadTooLargeError, 413, "payload-too-large", "The body is too large"),
    (EncodedBodyError, 415, "unsupported-media-type", "Unsupported media type"),
    (errors.InvalidError, 422, "invalid", "The request has invalid values"),
    (
        errors.ReceiptMismatchError,
        422,
        "idempotency-key-reused",
        "The idempotency key has been used",
    ),
    (PreconditionRequiredError, 428, "precondition-required", "If-Match is missing"),
    (errors.QuotaExceededError, 429, "quota-exceeded", "The daily limit is reached"),
    (errors.UnavailableError, 503, "unavailable", "Not available at the moment"),
)


def problem_types(documentation: str) -> str:
    """The beginning of every problem's `type`: a page of the documentation, or a URN without one."""
    return f"{documentation}/problems.html#" if documentation else PROBLEM_URN


def problem_of(request: Request, error: Exception, types: str) -> Response:
    """The answer to `error`. An error that is not in the table is a 500 without its text.

    `types` is the beginning of `type`.
    """
    for kind, status, name, title in TABLE:
        if isinstance(error, kind):
            detail = CLOSED if kind is errors.ClosedError else str(error)
            more, headers = _more(error), _headers(error)
            return problem(request, status, types + name, title, detail, more, headers)
    return problem(request, 500, f"{types}internal", *INTERNAL)


def problem(
    request: Request,
    status: int,
    type_: str,
    title: str,
    detail: str,
    more: Mapping[str, Any] | None = None,
    headers: Headers | None = None,
) -> Response:
    body = {
        "type": type_,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": path_of(request),
        **request_ids(request),
        **(more or {}),
    }
    return Response(
        as_json(body),
        {"Content-Type": "application/problem+json", **(headers or {})},
        status,
    )


def own_error(request: Request, response: Response, types: str) -> Response:
    """Chalice's own `{"Code", "Message"}` answers (405, 415, 500) as problems."""
    from http import HTTPStatus  # it takes 1 ms, and only Chalice's own errors need its titles

    status = HTTPStatus(response.status_code)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem_of(request, RuntimeError(), types)
    name = status.phrase.lower().replace(" ", "-")
    kept = {key: value for key, value in response.headers.items() if key == "Allow"}
    text = response.body["Message"] + CURES.get(status, "")
    return problem(request, status, types + name, status.phrase.capitalize(), text, headers=kept)


def _more(error: Exception) -> dict[str, Any]:
    if not isinstance(error, errors.InvalidError):
        return {}
    return {"errors": [{"pointer": f.pointer, "detail": f.detail} for f in error.flaws]}


def _headers(error: Exception) -> Headers:
    if isinstance(error, errors.UnavailableError | errors.QuotaExceededError):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, errors.UnsignedError):
        return {"WWW-Authenticate": f'AWS4-HMAC-SHA256 realm="{REALM}"'}
    if isinstance(error, errors.UnauthenticatedError):
        challenge = f'Bearer realm="{REALM}"'
        if error.code:
            challenge += f', error="{error.code}", error_description="{error}"'
        return {"WWW-Authenticate": challenge}
    return {}
