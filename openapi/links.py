"""What can be asked for next, with what an answer holds (OpenAPI's links)."""

from typing import Any

from openapi.operations import ONE_PROJECT, ONE_TECHNOLOGY, OPERATIONS, Operation

BODY, ETAG = "$response.body#", "$response.header.ETag"


def links(operation: Operation) -> dict[str, Any]:
    """By the name of the operation that they lead to."""
    if operation.answer in ("Project", "Technology"):
        return _onward(operation.answer, "/id", ETAG)
    if operation.answer in ("ProjectList", "TechnologyList"):
        return _onward(operation.answer.removesuffix("List"), "/items/0/id", None)
    return {}


def _onward(kind: str, pointer: str, tag: str | None) -> dict[str, Any]:
    """To everything below the record whose id is at `pointer`; to its writes where the ETag is known."""
    base = {"Project": ONE_PROJECT, "Technology": ONE_TECHNOLOGY}[kind]
    name = base.rpartition("/")[2][1:-1]
    found = {}
    for (method, path), operation in OPERATIONS.items():
        if not path.startswith(base) or (method != "GET" and tag is None):
            continue
        parameters = {f"path.{name}": BODY + pointer}
        if method in ("PUT", "PATCH", "DELETE"):
            parameters["header.If-Match"] = str(tag)
        found[operation.id] = {"operationId": operation.id, "parameters": parameters}
    return found
