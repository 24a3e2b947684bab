"""Checks each answer in a test against the contract: status, headers, media type, body, problem."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from chalicelib.routes.contract import DOCUMENT

Part = dict[str, Any]
# Headers that servers and proxies add.
TRANSPORT = re.compile(
    r"date|server|connection|content-length|content-type|transfer-.*|x-amz.*|via"
)
# API Gateway renames the first in an answer of the application, so a 401 has either.
CHALLENGES = {"www-authenticate", "x-amzn-remapped-www-authenticate"}
# Statuses outside all operations: an unknown path or method, a preflight.
OUTSIDE = {"OPTIONS": {204, 403, 404}, "else": {403, 404, 405, 415, 501}}


@cache
def contract() -> Part:
    found: Part = json.loads(DOCUMENT.read_text("utf-8"))
    return found


def hold(method: str, target: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Raises AssertionError if an answer breaks the contract. `target` may have a prefix."""
    path = target.partition("?")[0].rstrip("/") or "/"
    item = next((item for found, item in _paths() if found.fullmatch(path)), None)
    operation = (item or {}).get("get" if method == "HEAD" else method.lower())
    if method == "HEAD" and operation and {} not in operation["security"]:
        operation = None  # HEAD exists only beside a public GET
    where = f"{method} {target[:200]} answered {status}"
    if operation is None:
        is_ours = re.search("/local/token$|/docs(/[^/]+)?$", path)  # not in the contract
        assert is_ours or status in OUTSIDE.get(method, OUTSIDE["else"]), where
        return
    said = operation["responses"].get(str(status))
    assert said, f"{where}, which the contract does not know"
    said = _resolved(said)
    assert list(_flaws_of_headers(said, headers)) == [], where
    if method == "HEAD":
        assert body == b"", where
        return
    assert list(_flaws_of_body(said, headers, body)) == [], where


@cache
def _paths() -> list[tuple[re.Pattern[str], Part]]:
    """The paths as patterns. Those with parameters come last, so that an exact path matches first."""
    prefix = r"(/dev|/_aws/execute-api/[^/]+/[^/]+)?(/iam)?"
    return [
        (re.compile(prefix + re.sub(r"\{\w+\}", "[^/]+", path.rstrip("/")) + "/?"), item)
        for path, item in sorted(contract()["paths"].items(), key=lambda one: "{" in one[0])
    ]


def _resolved(part: Part) -> Part:
    while "$ref" in part:
        kind, name = part["$ref"].split("/")[-2:]
        part = contract()["components"][kind][name]
    return part


def _flaws_of_headers(said: Part, headers: Mapping[str, str]) -> Iterator[str]:
    known = {name.lower(): _resolved(header) for name, header in said["headers"].items()}
    for name, header in known.items():
        if name not in headers and header.get("required"):
            yield f"no header {name}"
        if name in headers:
            text = headers[name]
            is_number = header["schema"]["type"] == "integer" and text.isdigit()
            value: object = int(text) if is_number else text
            if not jsonschema_rs.is_valid(header["schema"], value):
                yield f"header {name}: {text}"
    if "www-authenticate" in known and not CHALLENGES & headers.keys():
        yield "no challenge"
    unknown = headers.keys() - known.keys()
    yield from (f"an undocumented header {name}" for name in unknown if not TRANSPORT.match(name))


def _flaws_of_body(said: Part, headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    content = said.get("content")
    if content is None:
        yield from ["a body"] if body else []
        return
    media_type = headers["content-type"].partition(";")[0]
    media = content.get(media_type) or content.get(f"{media_type.partition('/')[0]}/*")
    if media is None:
        yield f"content type {media_type}"
        return
    if not media_type.endswith("json"):
        return
    value = json.loads(body)
    schema = media["schema"]
    yield from (error.message for error in _validator(json.dumps(schema)).iter_errors(value))
    if media_type == "application/problem+json":
        examples = [_kind(one["value"]) for one in media["examples"].values()]
        if _kind(value) not in examples:
            yield f"no example like {_kind(value)}"


def _kind(problem: Part) -> tuple[object, ...]:
    """Compares the type's last part, because a stage without a documentation site uses a URN."""
    return re.split("[:#]", problem["type"])[-1], problem["title"], problem["status"]


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    """Refuses members and values outside the contract, although a later release may add some."""
    components = {"schemas": _closed(contract()["components"]["schemas"])}
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": components})


def _closed(part: Any) -> Any:
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {name: _closed(each) for name, each in part.items()}
    if any("enum" in each or "$ref" in each for each in made.get("anyOf", ())):
        made["anyOf"] = [each for each in made["anyOf"] if each != {"type": "string"}]
    if "properties" in part and part.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made
