"""The radar: every technology whose ring is on it, in the Digital Landscape's own document."""

from typing import Any

from chalicelib.models.technology import HIDDEN_RINGS, RINGS, Technology
from chalicelib.services.technologies import Technologies

# The document's own ids and names; design.md's and the Digital Landscape's.
QUADRANT_IDS = {
    "languages": ("1", "Languages"),
    "frameworks": ("2", "Frameworks"),
    "supporting-tools": ("3", "Supporting Tools"),
    "infrastructure": ("4", "Infrastructure"),
}
RING_COLOURS = {"adopt": "#008a00", "trial": "#cb00b4", "assess": "#0069e5", "hold": "#de001a"}


def radar(technologies: Technologies, title: str) -> dict[str, Any]:
    """The document: title, quadrants, rings, and an entry for each technology, by name."""
    return {
        "title": title,
        "quadrants": [{"id": key, "name": name} for key, name in QUADRANT_IDS.values()],
        "rings": [
            {"id": ring, "name": ring.upper(), "color": colour}
            for ring, colour in RING_COLOURS.items()
        ],
        "entries": [
            _entry(found) for found in technologies.all() if found.ring not in HIDDEN_RINGS
        ],
    }


def _entry(technology: Technology) -> dict[str, Any]:
    quadrant_id, quadrant_name = QUADRANT_IDS[technology.quadrant]
    return {
        "id": technology.id,
        "title": technology.name,
        "description": technology.description or quadrant_name,
        "key": technology.id,
        "url": technology.link or "#",
        "quadrant": quadrant_id,
        "timeline": _timeline(technology),
        "links": [],
    }


def _timeline(technology: Technology) -> list[dict[str, Any]]:
    """`moved` counts rings, hidden ones too, inward positive; the first move moves nothing."""
    before = RINGS.index(technology.moves[0].ring)
    timeline = []
    for move in technology.moves:
        now = RINGS.index(move.ring)
        timeline.append(
            {
                "moved": now - before,
                "ringId": move.ring,
                "date": move.at,
                "description": move.note,
                "author": move.author,
            }
        )
        before = now
    return timeline
