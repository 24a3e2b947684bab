"""The radar's document, whose names are the Digital Landscape's."""

from typing import Annotated

from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from chalicelib.routes.bodies.common import choice
from chalicelib.routes.bodies.technology import Ring
from chalicelib.services.radar import QUADRANT_IDS, RING_COLOURS
from tools.openapi.common import Id, Time

TAG = "The radar as the Digital Landscape draws it."
RadarQuadrantId = TypeAliasType(
    "RadarQuadrantId", Annotated[str, *choice(key for key, _ in QUADRANT_IDS.values())]
)
RadarRingId = TypeAliasType("RadarRingId", Annotated[str, *choice(RING_COLOURS)])


class RadarQuadrantAnswer(BaseModel):
    """A quarter of the radar."""

    id: RadarQuadrantId = Field(description="The quadrant's number")
    name: str = Field(description="What the quadrant is called")


class RadarRingAnswer(BaseModel):
    """A ring that the radar draws."""

    id: RadarRingId = Field(description="The ring's id")
    name: str = Field(description="What the ring is called")
    color: str = Field(description="The ring's colour, like `#008a00`")


class RadarMoveAnswer(BaseModel):
    """A move of an entry from one ring to another."""

    moved: int = Field(
        description="How many rings the entry moved inward since the move before; negative is outward"
    )
    ringId: Ring = Field(  # noqa: N815 - the radar's own name
        description="The ring that the entry moved to"
    )
    date: Time = Field(description="The time of the move in UTC (RFC 3339)")
    description: str = Field(description="Why the entry moved")
    author: str | None = Field(
        default=None,
        description="The e-mail address of the author; null where nobody decided. Absent without a"
        " credential",
    )
    directorate: int | None = Field(
        default=None,
        ge=0,
        description="The directorate whose ring it is; absent for the default directorate",
    )


class RadarEntryAnswer(BaseModel):
    """A technology on the radar."""

    id: Id
    title: str = Field(description="What the technology is called")
    description: str = Field(description="What the technology is")
    key: str = Field(description="The id again, which the radar's drawing asks for")
    url: str = Field(description="Where to read more; `#` where nobody has said")
    quadrant: RadarQuadrantId = Field(description="The quadrant that the entry is drawn in")
    tags: list[str] = Field(description="Words to filter by")
    timeline: list[RadarMoveAnswer] = Field(description="The moves, the oldest first")
    links: list[str] = Field(description="Always empty; the radar's drawing asks for the member")


class RadarLeftOutAnswer(BaseModel):
    """What the document leaves out, because it has at most 5 MB."""

    moves: int = Field(
        ge=0, description="How many older moves the document leaves out; `/moves` has them"
    )
    entries: int = Field(
        ge=0, description="How many entries, at least, the document leaves out at the end"
    )


class RadarAnswer(BaseModel):
    """The document that the Digital Landscape draws its radar from."""

    title: str = Field(description="What the radar is called")
    quadrants: list[RadarQuadrantAnswer] = Field(description="The four quadrants")
    rings: list[RadarRingAnswer] = Field(description="The rings, from the innermost out")
    left_out: RadarLeftOutAnswer = Field(
        description="What the document leaves out, because it has at most 5 MB"
    )
    entries: list[RadarEntryAnswer] = Field(description="The technologies by name")
