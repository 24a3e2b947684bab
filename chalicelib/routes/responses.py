"""What a response says: JSON made here, entity tags, preconditions."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from chalice.app import Request, Response

from chalicelib.errors import VersionMismatchError
from chalicelib.routes.problems import PreconditionRequiredError
from chalicelib.routes.requests import entity_tags


def json_response(
    body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(_text(body), {"Content-Type": "application/json", **(headers or {})}, status)


def resource(
    request: Request, body: Mapping[str, Any], status: int = 200, location: str | None = None
) -> Response:
    """A single resource with its ETag; 304 where a GET's If-None-Match holds it."""
    response = json_response(body, status)
    tag = entity_tag_of(body)
    response.headers["ETag"] = f'"{tag}"'
    if location:
        response.headers["Location"] = location
    if request.method == "GET" and _is_known(request, tag):
        return Response("", {"ETag": f'"{tag}"'}, 304)
    return response


def no_content() -> Response:
    return Response("", {}, 204)


def entity_tag_of(body: Mapping[str, Any]) -> str:
    """The version, which If-Match compares, and a checksum of all that the caller sees.

    A technology's name and its count of projects change what is seen without a new version.
    """
    checksum = f"{zlib.crc32(_text(body).encode()):08x}"
    return f"{body['version']}-{checksum}" if "version" in body else checksum


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"))


def require_match(request: Request, version: int) -> None:
    """Raises PreconditionRequiredError without If-Match, VersionMismatchError unless it names `version`."""
    header = request.headers.get("if-match")
    if header is None:
        raise PreconditionRequiredError("Send If-Match with the ETag of the version you have read")
    named = {tag.partition("-")[0] for weak, tag in entity_tags(header) if not weak}
    if header.strip() != "*" and str(version) not in named:
        raise VersionMismatchError(f"It is version {version} by now: read it again")


def _is_known(request: Request, tag: str) -> bool:
    header = request.headers.get("if-none-match", "")
    return header.strip() == "*" or tag in {known for _, known in entity_tags(header)}
