"""The technologies and their moves."""

from pydantic import BaseModel, Field

from chalicelib.models.technology import SHOWN_MOVES
from chalicelib.routes.bodies.common import Category
from chalicelib.routes.bodies.technology import Quadrant, Ring
from tools.openapi.common import Id, NextCursor, Time, Version

TAG = "Technologies, and their moves between the rings of the radar."


class MoveAnswer(BaseModel):
    """A move of a technology to a ring."""

    ring: Ring = Field(description="The ring that the technology moved to")
    at: Time = Field(description="The time of the move in UTC (RFC 3339)")
    author: str | None = Field(
        default=None,
        description="The e-mail address of the author, or null if no user made the move. Absent if the"
        " API did not identify the caller",
    )
    note: str = Field(description="The reason for the move")
    directorate: int | None = Field(
        ge=0,
        description="The directorate of the ring, or null for the default directorate",
    )


class AuthoredMoveAnswer(MoveAnswer):
    """A move of a technology to a ring, with its author."""

    author: str | None = Field(
        description="The e-mail address of the author, or null if no user made the move"
    )


class TechnologyAnswer(BaseModel):
    """A technology with its latest moves."""

    id: Id
    name: str = Field(description="The name of the technology")
    quadrant: Quadrant = Field(description="The quadrant of the technology")
    ring: Ring = Field(description="The ring of the last move in the default directorate")
    rings: dict[str, Ring] = Field(
        description="The rings in other directorates, by the directorate's id"
    )
    aliases: list[str] = Field(description="Other names of the technology")
    tags: list[str] = Field(description="Words for filters")
    categories: list[Category] = Field(
        description="The categories in which projects use the technology, and those that a reviewer"
        " has added"
    )
    description: str = Field(description="A description of the technology")
    link: str = Field(description="A URL with more information, or empty")
    moves: list[MoveAnswer] = Field(
        min_length=1,
        max_length=SHOWN_MOVES,
        description=f"The last {SHOWN_MOVES} moves, the oldest first",
    )
    move_count: int = Field(ge=1, description="The number of all moves")
    project_count: int = Field(ge=0, description="The number of projects that use the technology")
    version: Version
    created_at: Time = Field(description="The time of creation in UTC (RFC 3339)")
    updated_at: Time = Field(description="The time of the last write in UTC (RFC 3339)")


class MergeProgressAnswer(BaseModel):
    """The progress of a merge."""

    into: Id = Field(description="The id of the technology that remains")
    moved: int = Field(ge=0, description="The number of projects that this call changed")
    left: int = Field(
        ge=0,
        description="The number of projects that still use the first technology. At 0 the API has"
        " deleted it",
    )


class TechnologyListAnswer(BaseModel):
    """A page of technologies."""

    items: list[TechnologyAnswer] = Field(description="The technologies of this page")
    next_cursor: NextCursor


class MoveListAnswer(BaseModel):
    """A page of moves, the newest first."""

    items: list[MoveAnswer] = Field(description="The moves of this page")
    next_cursor: NextCursor


class AuthoredMoveListAnswer(BaseModel):
    """A page of moves with their authors, the newest first."""

    items: list[AuthoredMoveAnswer] = Field(description="The moves of this page")
    next_cursor: NextCursor
