"""The technologies and their moves."""

from typing import Annotated

from pydantic import BaseModel, Field

from chalicelib.models import project as projects
from chalicelib.models import technology as technologies
from chalicelib.routes.bodies.common import choice
from tools.openapi.common import Id, NextCursor, Time, Version

TAG = "The technologies that projects use, and their moves between the rings."


class MoveAnswer(BaseModel):
    ring: Annotated[str, *choice(technologies.RINGS)]
    at: Time
    author: str | None = Field(
        default=None,
        description="An e-mail address; null where nobody decided. Left out without a credential",
    )
    note: str
    directorate: int | None = Field(
        ge=0, description="Whose ring it is; null for the default directorate"
    )


class AuthoredMoveAnswer(MoveAnswer):
    author: str | None = Field(description="An e-mail address; null where nobody decided")


class TechnologyAnswer(BaseModel):
    """A technology, and the moves that put it where it is on the radar."""

    id: Id
    name: str
    quadrant: Annotated[str, *choice(technologies.QUADRANTS)]
    ring: Annotated[str, *choice(technologies.RINGS)] = Field(
        description="Of the last move in the default directorate"
    )
    rings: dict[str, Annotated[str, *choice(technologies.RINGS)]] = Field(
        description="Those of directorates with moves of their own, by id"
    )
    aliases: list[str]
    tags: list[str]
    categories: list[Annotated[str, *choice(projects.CATEGORIES)]] = Field(
        description="Those under which projects have named it, and those that a reviewer set"
    )
    description: str
    link: str
    moves: list[MoveAnswer] = Field(
        min_length=1,
        max_length=technologies.SHOWN_MOVES,
        description=f"The last {technologies.SHOWN_MOVES}, the oldest first; history is only added to",
    )
    move_count: int = Field(ge=1, description="How many moves there are")
    project_count: int = Field(ge=0, description="How many projects use it")
    version: Version
    created_at: Time
    updated_at: Time


class MergedAnswer(BaseModel):
    """How far a merge has come."""

    into: Id = Field(description="The id of the technology that stays")
    moved: int = Field(ge=0, description="How many projects this call changed")
    left: int = Field(
        ge=0, description="How many projects name the first technology yet: with 0 it is gone"
    )


class TechnologyListAnswer(BaseModel):
    items: list[TechnologyAnswer]
    next_cursor: NextCursor


class MoveListAnswer(BaseModel):
    """The newest move first."""

    items: list[MoveAnswer]
    next_cursor: NextCursor


class AuthoredMoveListAnswer(BaseModel):
    """The newest move first."""

    items: list[AuthoredMoveAnswer]
    next_cursor: NextCursor
