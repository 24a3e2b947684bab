"""Bodies of the routes for technologies and their moves."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from chalicelib.models.project import CATEGORIES
from chalicelib.models.technology import MOST_ALIASES, QUADRANTS, RINGS, Move, Technology
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.common import (
    Body,
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
DirectorateId = Annotated[int, Field(ge=0, le=LARGEST_ID), BeforeValidator(whole)]


class WritableTechnology(Body):
    name: Name
    quadrant: Annotated[str, *choice(QUADRANTS)]
    aliases: list[Name] = Field(default=[], max_length=MOST_ALIASES)
    tags: list[Name] = Field(default=[], max_length=MOST_TAGS)
    categories: list[Annotated[str, *choice(CATEGORIES)]] = Field(
        default=[], max_length=len(CATEGORIES)
    )
    description: Text = ""
    link: UrlOrNothing = ""

    def to_draft(self, moves: tuple[Move, ...]) -> Technology:
        """Aliases and tags stand once each, without regard to case; no alias repeats the name."""
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
    ring: Annotated[str, *choice(RINGS)] = FIRST_RING


class TechnologyChangeBody(WritableTechnology):
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
    """The author and the time are the server's."""

    ring: Annotated[str, *choice(RINGS)]
    note: Note = ""
    directorate: DirectorateId | None = None


class MergeBody(Body):
    into: Annotated[Name, Field(description="The id of the technology that stays")]


def _each_once(names: list[Line]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name_key(name), name)
    return found
