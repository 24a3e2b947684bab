"""The document, put together: a route at a time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib import __version__
from openapi import answers, security
from openapi.headers import HEADERS, OF_THE_PAGE, headers
from openapi.links import links
from openapi.operations import OPERATIONS, TAGS, Operation
from openapi.parameters import PARAMETERS, references
from openapi.recording import recorded
from openapi.requests import REQUESTS
from openapi.routes import Route, deployed_routes
from openapi.schemas import SCHEMAS, schemas

DESCRIPTION = """
One API for an organisation's software **projects** and the **technologies** they use.

Errors are problem details (RFC 9457). Every path also answers `OPTIONS` for browsers on the listed
origins. A method that a path does not take is a 404 problem of the gateway, and a 405 problem on a
developer's machine; so is a path that there is not, a 404 problem.
""".strip()
BODY_SENT = {request.operation: request.body for request in REQUESTS}


def document(place: Path) -> dict[str, Any]:
    """The whole of it. `place` is an empty folder for what the examples need.

    Raises LookupError where a route has no row in OPERATIONS, or a row no route.
    """
    routes = list(deployed_routes(place))
    without = {(route.method, route.path) for route in routes} ^ OPERATIONS.keys()
    if without:
        raise LookupError(f"not both a route and in openapi/operations.py: {sorted(without)}")
    said = recorded(place)
    paths: dict[str, Any] = {}
    for route in routes:
        operation = OPERATIONS[route.method, route.path]
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, operation, said)
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": "/", "description": "Where this document came from"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": answers.components(),
            "parameters": PARAMETERS,
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
        "contact": {"name": "Whoever runs this service; say the request id"},
    }


def _operation(route: Route, operation: Operation, said: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"{operation.description}\n\n{security.who(route.action)}",
        "security": security.requirements(route.action),
    }
    parameters = _parameters(route, operation)
    if parameters:
        made["parameters"] = references(parameters)
    if operation.body:
        made["requestBody"] = _body(route, operation)
    success = _success(route, operation, said.get(operation.id))
    made["responses"] = {str(operation.status): success, **answers.of(route, operation)}
    return made


def _parameters(route: Route, operation: Operation) -> list[str]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    names += route.query
    if answers.needs_match(route, operation):
        names.append("If-Match")
    if route.method == "GET" and operation.kind in ("resource", "document"):
        names.append("If-None-Match")
    if route.method == "POST":
        names.append("Idempotency-Key")
    return names


def _body(route: Route, operation: Operation) -> dict[str, Any]:
    media = {"schema": {"$ref": SCHEMAS + str(operation.body)}, "example": BODY_SENT[operation.id]}
    # One type, the first: of two, generators of clients make two bodies, or nothing that compiles.
    return {"required": True, "content": {route.content_types[0]: media}}


def _success(route: Route, operation: Operation, said: Any) -> dict[str, Any]:
    names = []
    if operation.kind in ("resource", "document") and operation.answer:
        names.append("ETag")
    if operation.status == 201:
        names.append("Location")
    if operation.kind == "list":
        names.append("Link")
    if route.action or operation.kind == "document":
        names.append("Cache-Control")
    if operation.answer and operation.answer.startswith("text/"):
        names += OF_THE_PAGE
    made: dict[str, Any] = {"description": operation.summary, "headers": headers(*names)}
    if operation.answer:
        made["content"] = _content(operation.answer, said)
    if links(operation):
        made["links"] = links(operation)
    return made


def _content(answer: str, said: Any) -> dict[str, Any]:
    if answer == "application/json":
        return {answer: {"schema": {"type": "object"}}}
    if "/" in answer:
        return {answer: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": {"$ref": SCHEMAS + answer}, "example": said}}
