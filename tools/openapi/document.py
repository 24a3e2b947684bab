"""The document, put together: a route at a time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib import __version__
from chalicelib.routes.contract import servers
from tools.openapi import parameters, problems, security
from tools.openapi.examples import REQUESTS, recorded
from tools.openapi.headers import HEADERS, OF_A_DRAWING, OF_A_WITHDRAWAL, headers
from tools.openapi.resources import TAGS
from tools.openapi.routes import Operation, operations
from tools.openapi.schemas import SCHEMAS, schemas

DESCRIPTION = """
One API for an organisation's software **projects** and the **technologies** they use.

Errors are problem details (RFC 9457). Every path also answers `OPTIONS` for browsers on the listed
origins, and every `GET` that needs no token answers `HEAD` too: the same status and headers, without
a body. Unknown query parameters are a 422 on paths with `/api/`, and passed over on the others. A
method that a path does not take is a 404 problem of the gateway, and a 405 problem on a developer's
machine; so is a path that there is not, a 404 problem. Where such a request has a token, AWS is thought
to take it for a signature that it cannot read; the gateway makes the same 404 problem of that.

A service without tokens signs its requests with an IAM role that the service lists (AWS Signature
Version 4, service `execute-api`), and sends them to the same paths under `/iam`. It may name the user
for whom it acts: `On-Behalf-Of: rita@example.org; groups="reviewer"`. Without that header it calls as
the service itself. The gateway answers a request without a signature, or with one that does not fit, as
it does a path that there is not, with a 404 problem.

A text that you send has no control characters, apart from tabs and line ends where several lines are
accepted, and no characters that change the direction of text. A pattern of this contract is short: it
admits all that the service accepts, and the description has the rest of the rule.

An answer may get new members, and an enumeration of an answer may get new values. Ignore a member
that you do not know, and keep a value that you do not know as the text that it is. If you report an
error, quote the request id.
""".strip()
BODY_SENT = {request.operation: request.body for request in REQUESTS}
# A placeholder: the service fills in the URL of the documentation where it has one.
DOCUMENTATION = "https://docs.example.org/landscape-api/"
BODY, ETAG = "$response.body#", "$response.header.ETag"


def document(place: Path) -> dict[str, Any]:
    """The whole of it. `place` is an empty folder for what the examples need."""
    every = [each for each in operations(place) if not each.route.path.startswith("/docs")]
    said = recorded(place, every)
    paths: dict[str, Any] = {}
    for operation in every:
        methods = paths.setdefault(operation.route.path, {})
        methods[operation.route.method.lower()] = _operation(operation, said, every)
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "externalDocs": {"description": "The documentation", "url": DOCUMENTATION},
        "servers": servers(""),
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas(every),
            "responses": problems.components(),
            "parameters": parameters.components(every),
            "headers": HEADERS,
            "securitySchemes": security.schemes(),
        },
    }


def _info() -> dict[str, Any]:
    return {
        "title": "Landscape API",
        "version": __version__,
        "summary": "Software projects and the technologies they use",
        "description": DESCRIPTION,
        "license": {"name": "MIT", "identifier": "MIT"},
        "contact": {"name": "The team that runs this service"},
    }


def _operation(
    operation: Operation, said: Mapping[str, Any], every: Sequence[Operation]
) -> dict[str, Any]:
    route = operation.route
    made: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"{operation.description}\n\n{security.who(route.action)}",
        "security": security.requirements(route.action),
    }
    if found := parameters.parameters(operation):
        made["parameters"] = found
    if route.body:
        media = {"schema": {"$ref": SCHEMAS + route.body}, "example": BODY_SENT[operation.id]}
        # One type, the first: of two, generators of clients make two bodies, or nothing that compiles.
        made["requestBody"] = {"required": True, "content": {operation.content_types[0]: media}}
    success = _success(operation, said.get(operation.id), every)
    made["responses"] = {str(route.status): success, **problems.of(operation)}
    if route.deprecated:
        made["deprecated"] = True
        made["responses"] = {s: _withdrawn(one) for s, one in made["responses"].items()}
    return made


def _withdrawn(response: dict[str, Any]) -> dict[str, Any]:
    """A response with the headers of a withdrawal; no other route shares it."""
    name = response.get("$ref", "").rpartition("/")[2]
    own = problems.components()[name] if name else response
    return {**own, "headers": {**own["headers"], **OF_A_WITHDRAWAL}}


def _success(operation: Operation, said: Any, every: Sequence[Operation]) -> dict[str, Any]:
    answer = operation.route.answer
    names = []
    if answer and (operation.is_read or operation.route.method != "GET"):
        names.append("ETag")
    if operation.route.status == 201:
        names.append("Location")
    if operation.is_list:
        names.append("Link")
    names.append("Cache-Control")
    made: dict[str, Any] = {"description": operation.summary, "headers": headers(*names)}
    if answer:
        made["content"] = _content(answer, said)
        if also := operation.route.also:
            made["content"] |= _content(also, None)
            made["headers"] |= OF_A_DRAWING
        if links := _links(answer, every):
            made["links"] = links
    return made


def _content(answer: str, said: Any) -> dict[str, Any]:
    if answer == "application/json":
        return {answer: {"schema": {"type": "object"}}}
    if "/" in answer:
        return {answer: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": {"$ref": SCHEMAS + answer}, "example": said}}


def _links(answer: str, every: Sequence[Operation]) -> dict[str, Any]:
    """What can be asked for next, below the record of this answer, or the first of this list.

    Writes need the record's ETag, which a list has not.
    """
    kind, is_list = answer.removesuffix("List"), answer.endswith("List")
    record = next((one for one in every if one.id == f"get{kind}"), None)
    if record is None or not record.is_record:
        return {}
    base, name = record.route.path, f"path.{kind.lower()}_id"
    found: dict[str, Any] = {}
    for one in every:
        if not one.route.path.startswith(base) or (is_list and one.route.method != "GET"):
            continue
        values = {name: BODY + ("/items/0/id" if is_list else "/id")}
        if one.needs_match:
            values["header.If-Match"] = ETAG
        found[one.id] = {"operationId": one.id, "parameters": values}
    return found
