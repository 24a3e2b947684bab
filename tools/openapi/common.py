"""What the answers and the examples of several resources are made of."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

AUDITOR = ("tech-audit-tool",)
ADMIN = ("tech-audit-tool", "Admin")
REVIEWER = ("digital-landscape", "admin", "reviewer")
MATCH = {"If-Match": "*"}


@dataclass(frozen=True)
class Request:
    """`caller` is a service and the groups of its user, None for everybody; `values` are parameters by name."""

    operation: str
    caller: tuple[str, ...] | None = None
    body: dict[str, Any] | None = None
    values: dict[str, str] = field(default_factory=dict)


Time = Annotated[
    str, Field(description="A time in UTC (RFC 3339)", json_schema_extra={"format": "date-time"})
]
Id = Annotated[
    str,
    Field(
        description="The record's id: made from the name at creation, and never changed",
        json_schema_extra={"pattern": "^[a-z0-9-]{1,100}$"},
    ),
]
Version = Annotated[int, Field(ge=1, description="A number that grows with each write")]
NextCursor = Annotated[
    str | None,
    Field(
        description="The `cursor` for the next page. Only null ends the list: an earlier page can be"
        " short or empty."
    ),
]
