"""The parts of a response: JSON, entity tags and preconditions."""

import zlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Protocol

from chalice.app import Request, Response

from chalicelib.errors import MalformedError, VersionMismatchError
from chalicelib.models.text import as_json
from chalicelib.routes.problems import Headers, PreconditionRequiredError
from chalicelib.routes.requests import Call, entity_tags

TRIES = 20


def json_response(
    body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(as_json(body), {"Content-Type": "application/json", **(headers or {})}, status)


class Versioned(Protocol):
    """A record that writers lock by its version. Created again, it is another record."""

    @property
    def version(self) -> int: ...

    @property
    def created_at(self) -> str: ...


def resource(
    request: Request,
    body: Mapping[str, object],
    record: Versioned | None = None,
    status: int = 200,
    location: str | None = None,
) -> Response:
    """A single resource with its ETag; 304 where a read's If-None-Match lists that."""
    text = as_json(body)
    tag = entity_tag(text, record)
    if request.method in ("GET", "HEAD") and _is_known(request, tag):
        return Response("", {"ETag": f'"{tag}"'}, 304)
    headers: Headers = {"Content-Type": "application/json", "ETag": f'"{tag}"'}
    if location:
        headers["Location"] = location
    return Response(text, headers, status)


def text_resource(
    request: Request, text: str, content_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A text with its ETag; 304 where the caller has it already."""
    tag = _checksum(text)
    response = Response(text, {"Content-Type": content_type, **(headers or {})}, 200)
    if _is_known(request, tag):
        response = Response("", {}, 304)
    response.headers |= {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    return response


def no_content() -> Response:
    return Response("", {}, 204)


def entity_tag(text: str, record: Versioned | None) -> str:
    """The record's version and creation, which If-Match compares, and a checksum of the text.

    A technology's name, count of projects and categories change the text without a new version.
    """
    seen = _checksum(text)
    return f"{_lock(record)}-{seen}" if record else seen


def _lock(record: Versioned) -> str:
    return f"{record.version}-{_checksum(record.created_at)}"


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def require_match(request: Request, record: Versioned) -> None:
    """Raises PreconditionRequiredError without If-Match, VersionMismatchError unless it matches.

    A tag matches if it is of the record's version. A version alone, as in `"3"`, is enough.
    """
    header = request.headers.get("if-match")
    if header is None:
        raise PreconditionRequiredError(
            "Send the ETag that you read in If-Match, or * for any version"
        )
    if header.strip() == "*":
        return
    tags = entity_tags(header)
    if not tags:
        raise MalformedError(
            'If-Match is not * or a list of quoted entity tags, like "3-…": send the ETag as you read it'
        )
    if all(weak for weak, _ in tags):
        raise VersionMismatchError("Weak entity tags never match: send the ETag as you read it")
    fitting = (str(record.version), _lock(record))
    if not any(
        tag in fitting or tag.startswith(f"{_lock(record)}-") for weak, tag in tags if not weak
    ):
        raise VersionMismatchError(f"The record now has version {record.version}: read it again")


def until_written(handler: Callable[[Call], Response]) -> Callable[[Call], Response]:
    """Decorates a handler that writes: with `If-Match: *` it repeats after somebody else's write.

    The star matches any version (RFC 9110).
    """

    @wraps(handler)
    def repeated(call: Call) -> Response:
        is_any = call.request.headers.get("if-match", "").strip() == "*"
        for _ in range(TRIES - 1 if is_any else 0):
            try:
                return handler(call)
            except VersionMismatchError:
                continue
        return handler(call)

    return repeated


def _is_known(request: Request, tag: str) -> bool:
    """A malformed If-None-Match is ignored, because the whole answer is always correct."""
    header = request.headers.get("if-none-match", "")
    return header.strip() == "*" or tag in {known for _, known in entity_tags(header)}
