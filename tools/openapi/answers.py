"""The schemas of problems, which every operation can return."""

from pydantic import BaseModel, Field

from chalicelib.errors import MOST_FLAWS
from tools.openapi.problem_page import TYPES


class FlawAnswer(BaseModel):
    """An invalid value in the request."""

    pointer: str = Field(
        description="The place of the invalid value: a JSON Pointer (RFC 6901), or `/` and the name of"
        " a query parameter"
    )
    detail: str = Field(description="The rule that the value breaks")


class ProblemAnswer(BaseModel):
    """An error (RFC 9457). Errors of the firewall have no `instance` and no `request_id`."""

    type: str = Field(description=TYPES, json_schema_extra={"format": "uri"})
    title: str = Field(description="The kind of problem in words")
    status: int = Field(ge=400, le=599, description="The HTTP status of the answer")
    detail: str = Field(description="The cause of this error, and the cure")
    instance: str = Field(default="", description="The path of the request")
    request_id: str = Field(
        default="",
        description="The id of the request in the log. A caller of API Gateway can set it",
    )
    extended_request_id: str = Field(
        default="",
        description="The id that API Gateway gave the request, which no caller can set. Absent without"
        " API Gateway",
    )


class InvalidProblemAnswer(ProblemAnswer):
    """An error for a request with invalid values, which `errors` lists."""

    errors: list[FlawAnswer] = Field(
        default=[],
        max_length=MOST_FLAWS,
        description=f"The invalid values of the request, at most {MOST_FLAWS} of them",
    )
