"""Parts that the answers and the examples of several resources share."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

AUDITOR = ("tech-audit-tool",)
ADMIN = ("tech-audit-tool", "Admin")
REVIEWER = ("digital-landscape", "admin", "reviewer")
MATCH = {"If-Match": "*"}


@dataclass(frozen=True)
class Request:
    """An example. `caller` is a service and the groups of its user, or None without a token.

    `values` are parameters of the path, the query and the headers by name.
    """

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
        description="The id of the record. It is made from the name at creation and never changes",
        json_schema_extra={"pattern": "^[a-z0-9-]{1,100}$"},
    ),
]
Version = Annotated[int, Field(ge=1, description="The version, which increases with each write")]
NextCursor = Annotated[
    str | None,
    Field(
        description="The `cursor` of the next page. It is null on the last page. An earlier page can be"
        " short or empty"
    ),
]
