"""The radar's document, whose names are the Digital Landscape's."""

from typing import Annotated

from pydantic import BaseModel, Field

from chalicelib.models import technology as technologies
from chalicelib.routes.bodies.common import choice
from chalicelib.services.radar import QUADRANT_IDS, RING_COLOURS
from tools.openapi.common import Id, Time

TAG = "The radar as the Digital Landscape draws it."


class RadarQuadrantAnswer(BaseModel):
    id: Annotated[str, *choice(key for key, _ in QUADRANT_IDS.values())]
    name: str


class RadarRingAnswer(BaseModel):
    id: Annotated[str, *choice(RING_COLOURS)]
    name: str
    color: str


class RadarMoveAnswer(BaseModel):
    moved: int = Field(description="Rings inward since the move before; outward is negative")
    ringId: Annotated[str, *choice(technologies.RINGS)]  # noqa: N815 - the radar's own name
    date: Time
    description: str
    author: str | None = Field(default=None, description="Left out without a credential")
    directorate: int | None = Field(
        default=None, ge=0, description="Left out where it is the default one's"
    )


class RadarEntryAnswer(BaseModel):
    id: Id
    title: str
    description: str
    key: str
    url: str
    quadrant: Annotated[str, *choice(key for key, _ in QUADRANT_IDS.values())]
    tags: list[str]
    timeline: list[RadarMoveAnswer]
    links: list[str]


class RadarLeftOutAnswer(BaseModel):
    """What the document does not hold, because it has at most 5 MB."""

    moves: int = Field(ge=0, description="Older moves of the entries; /moves has them")
    entries: int = Field(
        ge=0, description="Entries at the end of the order by name: at least so many"
    )


class RadarAnswer(BaseModel):
    """The document that the Digital Landscape draws its radar from."""

    title: str
    quadrants: list[RadarQuadrantAnswer]
    rings: list[RadarRingAnswer]
    left_out: RadarLeftOutAnswer
    entries: list[RadarEntryAnswer] = Field(description="By name")
