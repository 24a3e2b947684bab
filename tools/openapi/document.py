"""The OpenAPI document, made from the routes one by one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib import __version__
from chalicelib.routes.contract import servers
from tools.openapi import parameters, problems, security
from tools.openapi.examples import REQUESTS, recorded
from tools.openapi.headers import HEADERS, OF_A_WITHDRAWAL, OF_THE_OTHER_TYPE, headers
from tools.openapi.resources import TAGS
from tools.openapi.routes import Operation, operations
from tools.openapi.schemas import SCHEMAS, schemas

DESCRIPTION = """
One API for an organisation's software **projects** and the **technologies** that they use.

**Errors** are problem details (RFC 9457). Quote the `request_id` if you report an error. An unknown
path or an unsupported method returns a 404, with or without a token. On a developer's machine, an
unsupported method returns a 405. Paths with `/api/` return a 422 for an unknown query parameter. The
other paths ignore it.

**Browsers** on the listed origins can send `OPTIONS` to every path. Every `GET` that needs no token
also supports `HEAD`, which returns the same status and headers without a body.

**Services without tokens** use the same paths under `/iam`. They sign each request with an IAM role
that the operator has listed for the service (AWS Signature Version 4, service `execute-api`). To act
for a user, add a header such as `On-Behalf-Of: rita@example.org; groups="reviewer"`. Without this
header the service calls for itself. A missing or invalid signature returns a 404; on a developer's
machine it returns a 401.

**Texts** in a request must not contain control characters, or characters that change the direction of
text. Texts of several lines can contain tabs and line ends. The patterns in this contract are short,
and match every valid value. The descriptions state the full rules.

**Later releases** can add members to an answer, and values to an enumeration in an answer. Ignore an
unknown member. Keep an unknown value as text.
""".strip()
BODY_SENT = {request.operation: request.body for request in REQUESTS}
# A placeholder, which `routes.contract` replaces with the URL of the setting or removes.
DOCUMENTATION = "https://docs.example.org/landscape-api/"
BODY, ETAG = "$response.body#", "$response.header.ETag"


def document(place: Path) -> dict[str, Any]:
    """The whole document. `place` is an empty folder for the database and keys of the examples."""
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
        "summary": "Software projects and the technologies that they use",
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
        "description": f"{operation.description}\n\n{security.allowed_callers(route.action)}",
        "security": security.requirements(route.action),
    }
    if found := parameters.parameters(operation):
        made["parameters"] = found
    if route.body:
        media = {"schema": {"$ref": SCHEMAS + route.body}, "example": BODY_SENT[operation.id]}
        # Only the first type: for two types, generators write two bodies or code that does not compile.
        made["requestBody"] = {"required": True, "content": {operation.content_types[0]: media}}
    success = _success(operation, said.get(operation.id), every)
    made["responses"] = {str(route.status): success, **problems.of(operation)}
    if route.deprecated:
        made["deprecated"] = True
        made["responses"] = {s: _withdrawn(one) for s, one in made["responses"].items()}
    return made


def _withdrawn(response: dict[str, Any]) -> dict[str, Any]:
    """A copy of a response, with the headers of a deprecated route."""
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
            made["headers"] |= OF_THE_OTHER_TYPE
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
    """The operations on the record of this answer, or on the first record of this list.

    A list has no ETag of a record, so it links to no writes.
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
