"""Bodies of the routes for technologies and their moves."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from typing_extensions import TypeAliasType

from chalicelib.models.project import CATEGORIES
from chalicelib.models.technology import MOST_ALIASES, QUADRANTS, RINGS, Move, Technology
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.common import (
    Body,
    Category,
    Line,
    Name,
    Note,
    ReadOnly,
    Text,
    UrlOrNothing,
    choice,
    whole,
)

MOST_TAGS = 20
FIRST_RING = "review"
LARGEST_ID = 9999
Ring = TypeAliasType("Ring", Annotated[str, *choice(RINGS)])
Quadrant = TypeAliasType("Quadrant", Annotated[str, *choice(QUADRANTS)])
DirectorateId = Annotated[int, Field(ge=0, le=LARGEST_ID), BeforeValidator(whole)]


class WritableTechnology(Body):
    name: Name
    quadrant: Quadrant
    aliases: list[Name] = Field(default=[], max_length=MOST_ALIASES)
    tags: list[Name] = Field(default=[], max_length=MOST_TAGS)
    categories: list[Category] = Field(default=[], max_length=len(CATEGORIES))
    description: Text = ""
    link: UrlOrNothing = ""

    def to_draft(self, moves: tuple[Move, ...]) -> Technology:
        """The technology. Aliases and tags are unique in any case, and no alias repeats the name."""
        aliases = _each_once(self.aliases)
        aliases.pop(name_key(self.name), None)
        return Technology(
            name=self.name,
            quadrant=self.quadrant,
            moves=moves,
            aliases=tuple(aliases.values()),
            tags=tuple(_each_once(self.tags).values()),
            categories=tuple(dict.fromkeys(self.categories)),
            description=self.description,
            link=self.link,
        )


class NewTechnologyBody(WritableTechnology):
    """A technology to create."""

    ring: Ring = Field(
        default=FIRST_RING, description="For a new technology, the ring of its first move"
    )


class TechnologyChangeBody(WritableTechnology):
    """The whole of a technology. An absent member becomes empty."""

    id: ReadOnly = None
    ring: ReadOnly = None
    moves: ReadOnly = None
    rings: ReadOnly = None
    move_count: ReadOnly = None
    project_count: ReadOnly = None
    version: ReadOnly = None
    created_at: ReadOnly = None
    updated_at: ReadOnly = None


class NewMoveBody(Body):
    """A move of a technology to a ring. The API adds the author and the time."""

    ring: Ring
    note: Note = ""
    directorate: DirectorateId | None = None


class TechnologyMergeBody(Body):
    """The target of a merge."""

    into: Annotated[Name, Field(description="The id of the technology that remains")]


def _each_once(names: list[Line]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name_key(name), name)
    return found
