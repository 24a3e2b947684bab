"""A technology, and the moves that decide its place on the radar."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chalicelib.models.caller import without_persons
from chalicelib.models.record import document_of, record_from
from chalicelib.models.text import begins_words, is_faithful, name_key, words

QUADRANTS = ("languages", "frameworks", "supporting-tools", "infrastructure")
# From the outermost to the innermost; the first two are not on the radar.
RINGS = ("ignore", "review", "hold", "assess", "trial", "adopt")
HIDDEN_RINGS = ("ignore", "review")

# The quadrant of a technology that a project creates, until a reviewer decides.
QUADRANT_OF_CATEGORY = {
    "languages": "languages",
    "frameworks": "frameworks",
    "databases": "infrastructure",
    "infrastructure": "infrastructure",
}
BORN_OF_A_PROJECT = "Named by a project"
SHOWN_MOVES = 50
MOST_ALIASES = 20


class Named(NamedTuple):
    """A technology as a project refers to it."""

    id: str
    name: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """`author` is an e-mail address, or None if the source has none or nobody decided.

    `directorate` is the id of the one whose ring it sets, None for the default one.
    """

    ring: str
    at: str
    author: str | None = None
    note: str = ""
    directorate: int | None = None
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Technology:
    """A record; without an id it is a draft. Its ring is from its last move in the default directorate.

    `rings` are those of other directorates, by id as text. `held_ring` is its ring if all moves in the
    record are of other directorates.

    `categories` are those that projects use it for, and those that a reviewer sets. A record that was
    read holds the last SHOWN_MOVES of `move_count` `moves`. `project_count` is the store's own count.
    `mark` and `rest` are as in Project.
    """

    name: str
    quadrant: str
    moves: tuple[Move, ...] = ()
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    description: str = ""
    link: str = ""
    id: str = ""
    rings: Mapping[str, str] = field(default_factory=dict)
    held_ring: str = field(default="review", compare=False, repr=False)
    project_count: int = 0
    move_count: int = 0
    version: int = 0
    created_at: str = ""
    updated_at: str = ""
    updated_by: str | None = None
    mark: str = field(default="", compare=False, repr=False)
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def ring(self) -> str:
        own = (move.ring for move in reversed(self.moves) if move.directorate is None)
        return next(own, self.held_ring)

    def ring_in(self, directorate: int | None) -> str:
        """The directorate's own ring, or the default one's if it has none."""
        return self.rings.get(str(directorate), self.ring)

    @property
    def is_on_radar(self) -> bool:
        """Whether the radar of any directorate shows it."""
        return not {self.ring, *self.rings.values()}.issubset(HIDDEN_RINGS)

    @property
    def name_key(self) -> str:
        return name_key(self.name)

    @property
    def name_keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.name_key, *map(name_key, self.aliases))))

    @property
    def keys(self) -> Mapping[str, str]:
        """The names of this technology, each with its kind. No other technology may have one of them.

        An id that is not faithful to the name is not among them: only the exact id refers to it.
        """
        ids = {self.id: "id"} if is_faithful(self.id, self.name) else {}
        return {**dict.fromkeys(self.name_keys, "alias"), **ids, self.name_key: "name"}

    @property
    def words(self) -> tuple[str, ...]:
        return words(self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class TechnologyQuery:
    """The technologies of a list: in order of rank if `words` are given, else of name."""

    words: tuple[str, ...] = ()
    quadrant: str | None = None
    ring: str | None = None
    tag: str | None = None
    category: str | None = None

    def admits(self, technology: Technology) -> bool:
        return (
            (not self.words or begins_words(self.words, technology.words))
            and self.quadrant in (None, technology.quadrant)
            and self.ring in (None, technology.ring)
            and (self.category is None or self.category in technology.categories)
            and (self.tag is None or name_key(self.tag) in map(name_key, technology.tags))
        )


def move_document(move: Move, *, stored: bool = False) -> dict[str, Any]:
    return document_of(move, stored=stored)


def move_from(document: Mapping[str, Any]) -> Move:
    return record_from(Move, document)


def rings_of(moves: Iterable[Move]) -> dict[str, str]:
    """The last ring of each directorate that has moves of its own."""
    return {str(m.directorate): m.ring for m in moves if m.directorate is not None}


def technology_document(technology: Technology, *, stored: bool = False) -> dict[str, Any]:
    """The API's document.

    `stored`: with the members that are unknown to this release, and without the count of projects,
    which changes without a write of the technology.
    """
    moves = [move_document(move, stored=stored) for move in technology.moves]
    document = {
        "id": technology.id,
        **document_of(technology, stored=stored, moves=moves),
        "ring": technology.ring,
    }
    for apart in ("updated_by", "mark", "held_ring", *(("project_count",) if stored else ())):
        del document[apart]
    return document


def without_authors(document: Mapping[str, Any]) -> dict[str, Any]:
    """A technology's document for callers without credentials: authors are e-mail addresses."""
    return {**document, "moves": [without_persons(move) for move in document["moves"]]}


def technology_from(
    document: Mapping[str, Any],
    project_count: int | None = None,
    updated_by: str | None = None,
    mark: str = "",
) -> Technology:
    """The record of a document that this or another release has stored.

    `project_count` is the current one; None if the document holds it.
    """
    known = {name: value for name, value in document.items() if name != "ring"}
    moves = tuple(map(move_from, document["moves"]))
    return record_from(
        Technology,
        known,
        moves=moves,
        move_count=document.get("move_count", len(moves)),
        held_ring=document.get("ring", "review"),
        project_count=document["project_count"] if project_count is None else project_count,
        updated_by=updated_by,
        mark=mark,
    )
