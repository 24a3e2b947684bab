"""What the contract says of teams."""

from pydantic import BaseModel

from tools.openapi.common import AUDITOR, Id, NextCursor, Request, Time, Version

TAG = "The teams that look after projects."


class TeamAnswer(BaseModel):
    """A team."""

    id: Id
    name: str
    description: str
    version: Version
    created_at: Time


class TeamListAnswer(BaseModel):
    items: list[TeamAnswer]
    next_cursor: NextCursor


REQUESTS = (
    Request("createTeam", AUDITOR, {"name": "Data Collection", "description": "Surveys"}),
    Request("getTeam", None, None, {"team_id": "data-collection"}),
    Request("listTeams", None, None, {"limit": "10"}),
)
