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
    str, Field(description="RFC 3339, in UTC", json_schema_extra={"format": "date-time"})
]
Id = Annotated[
    str,
    Field(
        description="Made from the name when the record is made, and never changed",
        json_schema_extra={"pattern": "^[a-z0-9-]{1,100}$"},
    ),
]
Version = Annotated[int, Field(ge=1, description="Grows with each write")]
NextCursor = Annotated[
    str | None,
    Field(
        description="Send it as `cursor` for the next page. Null, and only null, ends the list: a"
        " page before may be short, even empty."
    ),
]
