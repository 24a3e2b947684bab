"""Parameters of paths, queries and headers, as components."""

from typing import Any

from chalicelib.models.project import DEVELOPMENTS, HOSTINGS, SORTS, STAGES
from chalicelib.models.technology import QUADRANTS, RINGS
from chalicelib.routes.bodies.common import UNFIT, pattern
from chalicelib.routes.contract import FILES
from chalicelib.routes.listing import DEFAULT_LIMIT, LARGEST_LIMIT
from chalicelib.routes.requests import LONGEST_PARAMETER

Parameter = dict[str, Any]
ID = {"type": "string", "pattern": "^[a-z0-9-]{1,100}$"}
TEXT = {"type": "string", "maxLength": LONGEST_PARAMETER, **pattern(f"[^{UNFIT}]*")}
# What is a word is decided by Unicode's tables: that there is one, and not ASCII's signs alone.
NO_WORD = rf"{UNFIT}\t\n\r\u0020-\u0022\u0024-\u002a\u002c-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007e"
SEARCH = pattern(f"[^{UNFIT}]*[^{NO_WORD}][^{UNFIT}]*")


def one_of(values: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def _query(name: str, description: str, schema: dict[str, Any]) -> Parameter:
    """Without an example: the page would fill it in, and ask for what nobody wants."""
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _path(name: str, description: str, schema: dict[str, Any], example: str) -> Parameter:
    return {**_query(name, description, schema), "in": "path", "required": True, "example": example}


def _header(name: str, description: str, schema: dict[str, Any]) -> Parameter:
    return {**_query(name, description, schema), "in": "header"}


LIMIT = {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT}
ALL = (
    _path("project_id", "The project's id", ID, "survey-data-exchange"),
    _path("technology_id", "The technology's id", ID, "python"),
    _path("file", "The file's name", one_of(tuple(FILES)), "page.css"),
    _query(
        "q",
        "Every word of it is the beginning of a word: of a project's name, short name or programme,"
        " of a technology's name or aliases",
        {**TEXT, **SEARCH, "minLength": 1},
    ),
    _query("technology", "An id, a name or an alias: `python`", TEXT),
    _query("programme", "The programme's whole name, in any case: `Data Collection`", TEXT),
    _query("stage", "Where in its life the project is", one_of(STAGES)),
    _query("development", "Who develops it", one_of(DEVELOPMENTS)),
    _query("hosting", "Where it runs", one_of(HOSTINGS)),
    _query("sort", "The order; `-` is descending", one_of(SORTS)),
    _query("quadrant", "The quadrant of the radar", one_of(QUADRANTS)),
    _query("ring", "The ring it is in today", one_of(RINGS)),
    _query("tag", "One of its tags, in any case: `data`", TEXT),
    _query("limit", "How many items a page holds at most", LIMIT),
    _query(
        "cursor",
        "The `next_cursor` of the page before; good for the same filters and order alone",
        {"type": "string"},
    ),
    _query("code", "What a pool's sign-in pages send back", TEXT),
    _query("state", "What they were asked with", TEXT),
    _query("error", "Why they let nobody in", TEXT),
    _query("error_description", "The same in words", TEXT),
    {
        **_header(
            "If-Match",
            "The ETag that you read, or `*`. Without it 428, and 412 where somebody else wrote first",
            {"type": "string"},
        ),
        "required": True,
        "example": "*",
    },
    _header(
        "If-None-Match",
        "The ETag that you have: 304 where nothing has changed",
        {"type": "string"},
    ),
    _header(
        "Idempotency-Key",
        "Your own name for this request, 1 to 255 printable ASCII characters",
        {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    ),
)
PARAMETERS: dict[str, Parameter] = {one["name"]: one for one in ALL}


def references(names: list[str]) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]
