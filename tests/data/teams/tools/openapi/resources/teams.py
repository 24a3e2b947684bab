"""The teams in the contract."""

from pydantic import BaseModel, Field

from tools.openapi.common import AUDITOR, Id, NextCursor, Request, Time, Version

TAG = "The teams that maintain projects."


class TeamAnswer(BaseModel):
    """A team."""

    id: Id
    name: str = Field(description="The name of the team")
    description: str = Field(description="The work of the team")
    version: Version
    created_at: Time


class TeamListAnswer(BaseModel):
    """A page of teams."""

    items: list[TeamAnswer] = Field(description="The teams of this page")
    next_cursor: NextCursor


REQUESTS = (
    Request("createTeam", AUDITOR, {"name": "Data Collection", "description": "Surveys"}),
    Request("getTeam", None, None, {"team_id": "data-collection"}),
    Request("listTeams", None, None, {"limit": "10"}),
)
