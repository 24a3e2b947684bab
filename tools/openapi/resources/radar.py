"""The radar's document, with the names that the Digital Landscape uses."""

from typing import Annotated

from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from chalicelib.routes.bodies.common import choice
from chalicelib.routes.bodies.technology import Ring
from chalicelib.services.radar import QUADRANT_IDS, RING_COLOURS
from tools.openapi.common import Id, Time

TAG = "The radar of all technologies, as a document or a drawing."
RadarQuadrantId = TypeAliasType(
    "RadarQuadrantId", Annotated[str, *choice(key for key, _ in QUADRANT_IDS.values())]
)
RadarRingId = TypeAliasType("RadarRingId", Annotated[str, *choice(RING_COLOURS)])


class RadarQuadrantAnswer(BaseModel):
    """A quarter of the radar."""

    id: RadarQuadrantId = Field(description="The id of the quadrant")
    name: str = Field(description="The name of the quadrant")


class RadarRingAnswer(BaseModel):
    """A ring of the radar."""

    id: RadarRingId = Field(description="The id of the ring")
    name: str = Field(description="The name of the ring")
    color: str = Field(description="The colour of the ring, like `#008a00`")


class RadarMoveAnswer(BaseModel):
    """A move of an entry from one ring to another."""

    moved: int = Field(
        description="The number of rings that the entry moved inward. It is negative for an outward move"
    )
    ringId: Ring = Field(  # noqa: N815 - the radar's own name
        description="The ring that the entry moved to"
    )
    date: Time = Field(description="The time of the move in UTC (RFC 3339)")
    description: str = Field(description="The reason for the move")
    author: str | None = Field(
        default=None,
        description="The e-mail address of the author, or null if no user made the move. Absent if the"
        " API did not identify the caller",
    )
    directorate: int | None = Field(
        default=None,
        ge=0,
        description="The directorate of the ring. Absent for the default directorate",
    )


class RadarEntryAnswer(BaseModel):
    """A technology on the radar."""

    id: Id
    title: str = Field(description="The name of the technology")
    description: str = Field(description="A description of the technology")
    key: str = Field(description="A copy of `id`, which the radar of the Digital Landscape needs")
    url: str = Field(description="A URL with more information, or `#`")
    quadrant: RadarQuadrantId = Field(description="The quadrant of the entry")
    tags: list[str] = Field(description="Words for filters")
    timeline: list[RadarMoveAnswer] = Field(description="The moves, the oldest first")
    links: list[str] = Field(
        description="Always empty. The radar of the Digital Landscape needs the member"
    )


class RadarLeftOutAnswer(BaseModel):
    """The parts that the document omits, because it has at most 5 MB."""

    moves: int = Field(
        ge=0, description="The number of omitted older moves. `/moves` lists them all"
    )
    entries: int = Field(ge=0, description="At least this many entries are omitted at the end")


class RadarAnswer(BaseModel):
    """The data from which the Digital Landscape draws its radar."""

    title: str = Field(description="The title of the radar")
    quadrants: list[RadarQuadrantAnswer] = Field(description="The four quadrants")
    rings: list[RadarRingAnswer] = Field(
        description="The rings, from the innermost to the outermost"
    )
    left_out: RadarLeftOutAnswer = Field(
        description="The parts that the document omits, because it has at most 5 MB"
    )
    entries: list[RadarEntryAnswer] = Field(description="The technologies by name")
