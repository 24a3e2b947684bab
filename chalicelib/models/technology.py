"""A technology, and the moves that put it where it is on the radar."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.models.text import begins_words, name_key, words

QUADRANTS = ("languages", "frameworks", "supporting-tools", "infrastructure")
# From the farthest out to the innermost; the first two are not on the radar.
RINGS = ("ignore", "review", "hold", "assess", "trial", "adopt")
HIDDEN_RINGS = ("ignore", "review")

# Where a technology that a project brings into being is put until a reviewer decides.
QUADRANT_OF_CATEGORY = {
    "languages": "languages",
    "frameworks": "frameworks",
    "databases": "infrastructure",
    "infrastructure": "infrastructure",
}
BORN_OF_A_PROJECT = "Named by a project"


@dataclass(frozen=True, slots=True)
class Move:
    """`author` is an e-mail address, or None where the source does not say or nobody decided."""

    ring: str
    at: str
    author: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Technology:
    """A record; without an id it is a draft. Its ring is its last move's."""

    name: str
    quadrant: str
    moves: tuple[Move, ...] = ()
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    description: str = ""
    link: str = ""
    id: str = ""
    project_count: int = 0
    version: int = 0
    created_at: str = ""
    updated_at: str = ""
    updated_by: str | None = None

    @property
    def ring(self) -> str:
        return self.moves[-1].ring

    @property
    def name_key(self) -> str:
        return name_key(self.name)

    @property
    def name_keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.name_key, *map(name_key, self.aliases))))

    @property
    def keys(self) -> tuple[str, ...]:
        """What this technology can be called by: no other may have any of them."""
        return tuple(dict.fromkeys((self.id, *self.name_keys)))

    @property
    def words(self) -> tuple[str, ...]:
        return words(self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class TechnologyQuery:
    """Which technologies a list holds: by rank where `words` are given, else by name."""

    words: tuple[str, ...] = ()
    quadrant: str | None = None
    ring: str | None = None
    tag: str | None = None

    def admits(self, technology: Technology) -> bool:
        return (
            (not self.words or begins_words(self.words, technology.words))
            and self.quadrant in (None, technology.quadrant)
            and self.ring in (None, technology.ring)
            and (self.tag is None or name_key(self.tag) in map(name_key, technology.tags))
        )


def move_document(move: Move) -> dict[str, Any]:
    return {"ring": move.ring, "at": move.at, "author": move.author, "note": move.note}


def technology_document(technology: Technology) -> dict[str, Any]:
    """The technology as JSON says it, in the API and in the stores; who wrote it last is left out."""
    return {
        "id": technology.id,
        "name": technology.name,
        "quadrant": technology.quadrant,
        "ring": technology.ring,
        "aliases": list(technology.aliases),
        "tags": list(technology.tags),
        "description": technology.description,
        "link": technology.link,
        "moves": [move_document(move) for move in technology.moves],
        "project_count": technology.project_count,
        "version": technology.version,
        "created_at": technology.created_at,
        "updated_at": technology.updated_at,
    }


def technology_from(
    document: Mapping[str, Any], project_count: int, updated_by: str | None = None
) -> Technology:
    """The record that `technology_document` wrote, with the count of its projects today."""
    fields = {key: value for key, value in document.items() if key != "ring"}
    fields["project_count"] = project_count
    for key in ("aliases", "tags"):
        fields[key] = tuple(fields[key])
    fields["moves"] = tuple(Move(**move) for move in fields["moves"])
    return Technology(**fields, updated_by=updated_by)
