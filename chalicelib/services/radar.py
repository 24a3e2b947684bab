"""The radar: the technologies and their moves, in the Digital Landscape's document.

Lambda refuses an answer of more than 6 MB, so the document has at most LARGEST bytes. If it would have
more, older moves are left out, then the entries at the end. `left_out` counts both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.models.caller import without_persons
from chalicelib.models.technology import HIDDEN_RINGS, RINGS, SHOWN_MOVES, Move, Technology
from chalicelib.models.text import as_json

# The ids and names in the Digital Landscape's document.
QUADRANT_IDS = {
    "languages": ("1", "Languages"),
    "frameworks": ("2", "Frameworks"),
    "supporting-tools": ("3", "Supporting Tools"),
    "infrastructure": ("4", "Infrastructure"),
}
RING_COLOURS = {"adopt": "#008a00", "trial": "#cb00b4", "assess": "#0069e5", "hold": "#de001a"}
LARGEST = 5_000_000  # bytes
LARGEST_FRAME = 10_000  # bytes of it, for all but the entries
READ_AT_MOST = 12_000_000  # bytes of entries
# The most moves of an entry: the first of these with which all entries fit.
MOVES = (SHOWN_MOVES, 25, 12, 6, 3, 1)


@dataclass(frozen=True, slots=True)
class RadarEntry:
    """An entry as parts of JSON. `moves` are the last ones, the oldest first, of `move_count`."""

    head: str
    moves: tuple[str, ...]
    move_count: int

    def text(self, most: int) -> str:
        """With its last `most` moves."""
        return f'{self.head},"timeline":[{",".join(self.moves[-most:])}],"links":[]}}'

    def left_out(self, most: int) -> int:
        return self.move_count - min(most, len(self.moves))


def radar(
    technologies: Iterable[Technology],
    title: str,
    directorate: int | None = None,
    *,
    all_rings: bool = False,
    has_authors: bool = False,
) -> str:
    """The document as JSON. `technologies` are in order of name; hidden ones are left out.

    Without `has_authors` no move names its author. With a `directorate` an entry has only the moves of
    that directorate. If there are none, it has those of the default one.
    """
    entries, is_whole = _read(
        _entry(technology, moves_in(technology, directorate), has_authors)
        for technology in technologies
        if all_rings or technology.ring_in(directorate) not in HIDDEN_RINGS
    )
    texts, most = _fitting(entries)
    left_out = {
        "moves": sum(entry.left_out(most) for entry in entries),
        "entries": 0 if is_whole else 1,  # at least 1: the rest was not read
    }
    frame = {**frame_of(title), "left_out": left_out}
    return f'{as_json(frame)[:-1]},"entries":[{",".join(texts)}]}}'


def frame_of(title: str) -> dict[str, Any]:
    """The document without its entries."""
    return {
        "title": title,
        "quadrants": [{"id": key, "name": name} for key, name in QUADRANT_IDS.values()],
        "rings": [
            {"id": ring, "name": ring.upper(), "color": colour}
            for ring, colour in RING_COLOURS.items()
        ],
    }


def moves_in(technology: Technology, directorate: int | None) -> tuple[Move, ...]:
    """The moves that a radar shows: all, or those that decide the ring in the directorate."""
    if directorate is None:
        return technology.moves
    own = tuple(move for move in technology.moves if move.directorate == directorate)
    return own or tuple(move for move in technology.moves if move.directorate is None)


def _read(found: Iterable[RadarEntry]) -> tuple[list[RadarEntry], bool]:
    """The entries that fit with one move each, and whether these are all."""
    entries: list[RadarEntry] = []
    read = least = 0
    for entry in found:
        read += _size(entry.text(SHOWN_MOVES))
        least += _size(entry.text(1))
        if least > LARGEST - LARGEST_FRAME or read > READ_AT_MOST:
            return entries, False
        entries.append(entry)
    return entries, True


def _fitting(entries: Sequence[RadarEntry]) -> tuple[list[str], int]:
    """The entries as JSON, and the most moves of each."""
    for most in MOVES:
        texts = [entry.text(most) for entry in entries]
        if sum(map(_size, texts)) <= LARGEST - LARGEST_FRAME:
            break
    return texts, most


def _size(text: str) -> int:
    """In bytes, with the comma after it."""
    return len(text.encode()) + 1


def _entry(technology: Technology, shown: Sequence[Move], has_authors: bool) -> RadarEntry:
    timeline = timeline_of(shown)
    moves = tuple(map(as_json, timeline if has_authors else map(without_persons, timeline)))
    older = technology.move_count - len(technology.moves)
    return RadarEntry(as_json(head_of(technology))[:-1], moves, older + len(moves))


def head_of(technology: Technology) -> dict[str, Any]:
    """An entry without its timeline and links."""
    quadrant_id, quadrant_name = QUADRANT_IDS[technology.quadrant]
    return {
        "id": technology.id,
        "title": technology.name,
        "description": technology.description or quadrant_name,
        "key": technology.id,
        "url": technology.link or "#",
        "quadrant": quadrant_id,
        "tags": list(technology.tags),
    }


def timeline_of(moves: Sequence[Move]) -> list[dict[str, Any]]:
    """`moved` counts rings, hidden ones too, and is positive inwards. It is 0 for the first move.

    A directorate's first move starts in the default ring.
    """
    rings: dict[int | None, str] = {}
    timeline = []
    for move in moves:
        before = rings.get(move.directorate) or rings.get(None) or move.ring
        rings[move.directorate] = move.ring
        step = {
            "moved": RINGS.index(move.ring) - RINGS.index(before),
            "ringId": move.ring,
            "date": move.at,
            "description": move.note,
            "author": move.author,
        }
        if move.directorate is not None:
            step["directorate"] = move.directorate
        timeline.append(step)
    return timeline
