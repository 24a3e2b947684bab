"""The technologies and their moves."""

from pydantic import BaseModel, Field

from chalicelib.models.technology import SHOWN_MOVES
from chalicelib.routes.bodies.common import Category
from chalicelib.routes.bodies.technology import Quadrant, Ring
from tools.openapi.common import Id, NextCursor, Time, Version

TAG = "The technologies that projects use, and their moves between the rings."


class MoveAnswer(BaseModel):
    """A move of a technology to a ring."""

    ring: Ring = Field(description="The ring that the technology moved to")
    at: Time = Field(description="The time of the move in UTC (RFC 3339)")
    author: str | None = Field(
        default=None,
        description="The e-mail address of the author; null where nobody decided. Absent without a"
        " credential",
    )
    note: str = Field(description="Why the technology moved")
    directorate: int | None = Field(
        ge=0,
        description="The directorate whose ring it is; null for the default directorate",
    )


class AuthoredMoveAnswer(MoveAnswer):
    """A move of a technology to a ring, with its author."""

    author: str | None = Field(
        description="The e-mail address of the author; null where nobody decided"
    )


class TechnologyAnswer(BaseModel):
    """A technology, and the moves that put it where it is on the radar."""

    id: Id
    name: str = Field(description="What the technology is called")
    quadrant: Quadrant = Field(description="The quadrant that the technology is drawn in")
    ring: Ring = Field(description="The ring of the last move in the default directorate")
    rings: dict[str, Ring] = Field(
        description="The rings of directorates with moves of their own, by the directorate's id"
    )
    aliases: list[str] = Field(description="Other names of the technology")
    tags: list[str] = Field(description="Words to filter by")
    categories: list[Category] = Field(
        description="The categories that projects use it for, and those that a reviewer set"
    )
    description: str = Field(description="What the technology is")
    link: str = Field(description="Where to read more; may be empty")
    moves: list[MoveAnswer] = Field(
        min_length=1,
        max_length=SHOWN_MOVES,
        description=f"The last {SHOWN_MOVES} moves, the oldest first",
    )
    move_count: int = Field(ge=1, description="How many moves there are in all")
    project_count: int = Field(ge=0, description="How many projects use the technology")
    version: Version
    created_at: Time = Field(description="The time of creation in UTC (RFC 3339)")
    updated_at: Time = Field(description="The time of the last write in UTC (RFC 3339)")


class MergeProgressAnswer(BaseModel):
    """How far a merge has come."""

    into: Id = Field(description="The id of the technology that remains")
    moved: int = Field(ge=0, description="How many projects this call changed")
    left: int = Field(
        ge=0, description="How many projects still name the first technology; with 0 it is deleted"
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
