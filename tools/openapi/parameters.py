"""Parameters. Those of queries and headers are components; those of paths stand in the operation."""

from collections.abc import Iterable
from typing import Any

from chalicelib.routes.bodies.common import NOT_BLANK
from chalicelib.routes.bodies.technology import LARGEST_ID
from chalicelib.routes.contract import FILES
from chalicelib.routes.listing import DEFAULT_LIMIT, LARGEST_LIMIT
from chalicelib.routes.requests import LONGEST_PARAMETER, Parameter
from tools.openapi.examples import REQUESTS
from tools.openapi.routes import Operation
from tools.openapi.values import name_of

Component = dict[str, Any]
NAMED = "#/components/schemas/"
ID = {"type": "string", "pattern": "^[a-z0-9-]{1,100}$"}
TEXT = {"type": "string", "maxLength": LONGEST_PARAMETER}
# The parameters that are neither plain texts nor choices of fixed values.
SCHEMAS: dict[str, Component] = {
    "q": {**TEXT, "minLength": 1, "pattern": NOT_BLANK},
    "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": LARGEST_LIMIT,
        "default": DEFAULT_LIMIT,
    },
    "cursor": {"type": "string"},
    "directorate": {"type": "integer", "minimum": 0, "maximum": LARGEST_ID},
    "file": {"type": "string", "enum": list(FILES)},
}
EXAMPLES = {one.operation: one.values for one in REQUESTS}
FILE = {"file": "page.css"}
HEADERS: tuple[Component, ...] = (
    {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag that you read, or `*` for any version. A missing header returns a 428,"
        " and an outdated ETag a 412",
        "schema": {"type": "string"},
        "required": True,
        "example": "*",
    },
    {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of the answer that you have. The API returns a 304 if nothing has"
        " changed",
        "schema": {"type": "string"},
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A key of your choice for this request: 1 to 255 printable ASCII characters"
        " without spaces",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    },
)


def components(operations: Iterable[Operation]) -> dict[str, Component]:
    """Every parameter of queries and headers, by name."""
    found: dict[str, Any] = {}
    for operation in operations:
        found |= {one.name: _query(one) for one in operation.route.query}
    return found | {one["name"]: one for one in HEADERS}


def parameters(operation: Operation) -> list[Component]:
    route = operation.route
    names = [parameter.name for parameter in route.query]
    if operation.needs_match:
        names.append("If-Match")
    if operation.is_read:
        names.append("If-None-Match")
    if route.status == 201:
        names.append("Idempotency-Key")
    references = [{"$ref": f"#/components/parameters/{name}"} for name in names]
    examples = EXAMPLES.get(operation.id, FILE)
    return [*(_path(name, examples[name]) for name in path_names(operation)), *references]


def path_names(operation: Operation) -> list[str]:
    return [part[1:-1] for part in operation.route.path.split("/") if part.startswith("{")]


def _path(name: str, example: str) -> Component:
    said = "The name of the file" if name == "file" else f"The id of the {name.removesuffix('_id')}"
    return {
        "name": name,
        "in": "path",
        "description": said,
        "schema": SCHEMAS.get(name, ID),
        "required": True,
        "example": example,
    }


def _query(one: Parameter) -> Component:
    """A query parameter without an example: the page would fill it in and filter by it."""
    name = name_of(one.choices)
    fixed = {"$ref": NAMED + name} if name else {"type": "string", "enum": list(one.choices)}
    schema = fixed if one.choices else SCHEMAS.get(one.name, TEXT)
    return {"name": one.name, "in": "query", "description": one.about, "schema": schema}
