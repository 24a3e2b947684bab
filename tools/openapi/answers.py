"""The schemas of problems, which every operation can answer with."""

from pydantic import BaseModel, Field

from chalicelib.errors import MOST_FLAWS
from tools.openapi.problem_page import TYPES


class FlawAnswer(BaseModel):
    """A flaw of the request."""

    pointer: str = Field(
        description="Where the flaw is: a JSON Pointer; for a query parameter, `/` and its name"
    )
    detail: str = Field(description="What is wrong there")


class ProblemAnswer(BaseModel):
    """What went wrong (RFC 9457). The firewall's own answers have no instance and no request_id."""

    type: str = Field(description=TYPES, json_schema_extra={"format": "uri"})
    title: str = Field(description="The kind of problem in words")
    status: int = Field(ge=400, le=599, description="The HTTP status again")
    detail: str = Field(description="What went wrong this time")
    instance: str = Field(default="", description="The path that was asked for")
    request_id: str = Field(
        default="",
        description="For whoever looks it up in the log; a caller of the gateway can set it",
    )
    extended_request_id: str = Field(
        default="", description="The gateway's, where there is one; no caller can set it"
    )


class InvalidProblemAnswer(ProblemAnswer):
    """A request that can be read and breaks a rule: up to 50 flaws."""

    errors: list[FlawAnswer] = Field(
        default=[], max_length=MOST_FLAWS, description="The flaws of the request"
    )
