"""The radar as a drawing: SVG with rings above, and the numbered names below."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import cos, pi, sin

from chalicelib.models.technology import HIDDEN_RINGS, QUADRANTS, RINGS, Technology
from chalicelib.services.radar import QUADRANT_IDS

MOST = 1500  # technologies: with the longest names, the drawing stays below Lambda's limit
LONGEST_NAME = 100  # characters
# Characters that XML forbids, and those that change the direction of text.
FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)
WIDTH, CENTRE, GUTTER = 640, 330, 13
RADII = {"adopt": (18, 138), "trial": (138, 192), "assess": (192, 256), "hold": (256, 310)}
BLIP = 13  # half of its width
SPACING = 38  # from the centre of a blip to that of the next, if there is room
SIDES = {
    "languages": (-1, -1),
    "frameworks": (1, -1),
    "supporting-tools": (-1, 1),
    "infrastructure": (1, 1),
}
SHAPES = {
    "adopt": '<circle r="13"/>',
    "trial": '<rect x="-12" y="-12" width="24" height="24"/>',
    "assess": '<path d="M0-18 17 12H-17Z"/>',
    "hold": '<path d="M0-17 17 0 0 17-17 0Z"/>',
}
RINGS_END, LIST_TOP, LINE, LONGEST_LINE, MOST_LINES = 664, 712, 23, 27, 3
STYLE = """
text{font:17px system-ui,sans-serif;fill:#1a1a1a}.back{fill:#fff}.arc{fill:none;stroke:#767676}
.head{font-size:20px;font-weight:700}.ring,.scale,.number{font-weight:700}.scale,.number{font-size:16.5px}
.end{text-anchor:end}.scale,.number{text-anchor:middle}.number{fill:#fff;stroke-width:3;paint-order:stroke}
.adopt{fill:#0a7a4a;stroke:#0a7a4a}.trial{fill:#8c4a86;stroke:#8c4a86}
.assess{fill:#0f3d99;stroke:#0f3d99}.hold{fill:#8a2b0c;stroke:#8a2b0c}.blip{stroke-width:0}
@media screen and (prefers-color-scheme:dark){text{fill:#f2f2f2}.back{fill:#16181d}.arc{stroke:#9a9a9a}
.number{fill:#000}.adopt{fill:#4fe3a0;stroke:#4fe3a0}.trial{fill:#f5c4e6;stroke:#f5c4e6}
.assess{fill:#64aaff;stroke:#64aaff}.hold{fill:#f59a5c;stroke:#f59a5c}}
""".strip()


@dataclass(frozen=True, slots=True)
class Blip:
    number: int
    name: str
    quadrant: str
    ring: str


def radar_svg(
    technologies: Iterable[Technology],
    title: str,
    directorate: int | None = None,
    *,
    all_rings: bool = False,
    has_list: bool = True,
) -> str:
    """The drawing as XML. `technologies` are in order of name. It shows at most MOST of them.

    With `all_rings`, those in `review` and `ignore` are only in the list. Without `has_list`, the
    drawing ends below the rings.
    """
    shown = (
        (one, one.ring_in(directorate))
        for one in technologies
        if all_rings or one.ring_in(directorate) not in HIDDEN_RINGS
    )
    found = list(islice(shown, MOST + 1))
    blips = _numbered(found[:MOST])
    listed, height = _list(blips) if has_list else ("", RINGS_END)
    note = ""
    if len(found) > MOST:
        lines = (
            f"Only the first {MOST} technologies are drawn.",
            "Read the JSON document for all.",
        )
        note = " ".join(("", *lines))
        for line in lines:
            listed += _text(10, height + LINE, line, "ring")
            height += LINE
        height += 10
    about = f"{len(blips)} technologies in four quadrants and four rings, from Adopt at the centre to Hold.{note}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" aria-labelledby="title desc">'
        f'<title id="title">{_clean(title)}</title><desc id="desc">{about}</desc>'
        f'<style>{STYLE}</style><rect class="back" width="{WIDTH}" height="{height}"/>'
        f"{_frame()}{_segments(blips)}{listed}</svg>\n"
    )


def _numbered(found: Iterable[tuple[Technology, str]]) -> list[Blip]:
    """In order of quadrant, then of ring from the innermost, then of name."""
    ordered = sorted(
        found, key=lambda one: (QUADRANTS.index(one[0].quadrant), -RINGS.index(one[1]))
    )
    return [
        Blip(number, one.name, one.quadrant, ring) for number, (one, ring) in enumerate(ordered, 1)
    ]


def _frame() -> str:
    """The arcs, with the names of the quadrants in the corners and of the rings between the halves."""
    parts = []
    for quadrant, (x, y) in SIDES.items():
        middle = CENTRE + y * GUTTER
        for _, radius in RADII.values():
            start, top = WIDTH // 2 + x * radius, middle + y * radius
            sweep = int(x == y)
            parts.append(
                f'<path class="arc" d="M{start} {middle}A{radius} {radius} 0 0 {sweep}'
                f' {WIDTH // 2} {top}V{middle}Z"/>'
            )
        side = "head end" if x > 0 else "head"
        place = (WIDTH - 8 if x > 0 else 8, 24 if y < 0 else 2 * CENTRE - 8)
        parts.append(_text(*place, QUADRANT_IDS[quadrant][1], side))
    for ring, (inner, outer) in RADII.items():
        for x in (-1, 1):
            middle = WIDTH // 2 + x * (inner + outer) // 2
            parts.append(_text(middle, CENTRE + 5, ring.title(), "scale"))
    return "".join(parts)


def _segments(blips: Sequence[Blip]) -> str:
    parts = []
    for quadrant in QUADRANTS:
        for ring in RADII:
            inside = [b for b in blips if (b.quadrant, b.ring) == (quadrant, ring)]
            places = _places(quadrant, ring, len(inside))
            parts += [_drawn(blip, *place) for blip, place in zip(inside, places, strict=True)]
    return "".join(parts)


def _places(quadrant: str, ring: str, count: int) -> list[tuple[float, float]]:
    """The centres of `count` blips, spread over arcs of the segment by their lengths."""
    inner, outer = RADII[ring]
    most = int((outer - inner) // (2 * BLIP))
    room = pi / 4 * (inner + outer) / SPACING  # blips in one row
    rows = next((rows for rows in range(1, most) if count <= rows * room), most)
    step = (outer - inner) / rows
    radii = [outer - step * (row + 0.5) for row in range(rows)]
    whole = sum(radii)
    x, y = SIDES[quadrant]
    places: list[tuple[float, float]] = []
    covered = 0.0
    for radius in radii:
        covered += radius
        here = round(count * covered / whole) - len(places)
        margin = min((BLIP + 5) / radius, pi / 4)
        for place in range(here):
            angle = margin + (pi / 2 - 2 * margin) * (place + 0.5) / here
            if here > 1:
                angle = margin + (pi / 2 - 2 * margin) * place / (here - 1)
            across, up = radius * cos(angle), radius * sin(angle)
            places.append((WIDTH / 2 + x * across, CENTRE + y * (GUTTER + up)))
    return places


def _drawn(blip: Blip, x: float, y: float) -> str:
    quadrant = QUADRANT_IDS[blip.quadrant][1]
    title = f"{blip.number}. {_clean(blip.name)}: {quadrant}, {blip.ring.title()}"
    return (
        f'<g class="blip {blip.ring}" transform="translate({x:.1f} {y:.1f})"><title>{title}</title>'
        f'{SHAPES[blip.ring]}<text class="number" y="6">{blip.number}</text></g>'
    )


def _list(blips: Sequence[Blip]) -> tuple[str, int]:
    """The names in two columns, and the height of the drawing."""
    columns: list[list[str]] = [[], []]
    blocks = {quadrant: _rows(blips, quadrant) for quadrant in QUADRANTS}
    longest_first = sorted(QUADRANTS, key=lambda quadrant: -len(blocks[quadrant]))
    for quadrant in longest_first:
        shorter = min(columns, key=lambda column: sum(len(blocks[one]) for one in column))
        shorter.append(quadrant)
    columns = sorted(sorted(column, key=QUADRANTS.index) for column in columns)
    columns.sort(key=lambda column: QUADRANTS[0] not in column)
    parts, lowest = [], LIST_TOP
    for x, column in zip((10, WIDTH // 2 + 10), columns, strict=True):
        y = LIST_TOP
        for row in (row for quadrant in column for row in blocks[quadrant]):
            parts.append(f'<g transform="translate({x} {y})">{row}</g>')
            y += LINE
        lowest = max(lowest, y)
    return "".join(parts), lowest + 10


def _rows(blips: Sequence[Blip], quadrant: str) -> list[str]:
    """A quadrant's lines, each as SVG with its own origin."""
    rows = [_text(0, 0, QUADRANT_IDS[quadrant][1], "head")]
    for ring in reversed(RINGS):
        inside = [blip for blip in blips if (blip.quadrant, blip.ring) == (quadrant, ring)]
        if inside:
            sign = SHAPES.get(ring, "")
            mark = f'<g class="blip {ring}" transform="translate(9 -5) scale(.55)">{sign}</g>'
            rows.append(mark * bool(sign) + _text(24, 0, ring.title(), "ring"))
        for blip in inside:
            first, *more = _lines(blip.name)
            rows.append(_text(32, 0, f"{blip.number}", "end") + _text(40, 0, first))
            rows += [_text(40, 0, line) for line in more]
    return [*rows, ""]


def _lines(name: str) -> list[str]:
    """A name divided into lines, at spaces if possible."""
    lines = [""]
    for word in _fit(name).split():
        for start in range(0, len(word), LONGEST_LINE):
            part = word[start : start + LONGEST_LINE]
            joined = f"{lines[-1]} {part}".strip()
            if start == 0 and len(joined) <= LONGEST_LINE:
                lines[-1] = joined
            else:
                lines.append(part)
    lines = [line for line in lines if line] or [""]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1][: LONGEST_LINE - 1]}…"]
    return lines


def _text(x: int, y: int, text: str, style: str = "") -> str:
    styled = f' class="{style}"' if style else ""
    return f'<text x="{x}" y="{y}"{styled}>{_clean(text)}</text>'


def _fit(text: str) -> str:
    """A text without what XML forbids, at most LONGEST_NAME long."""
    return " ".join(FORBIDDEN.sub("", text).split())[:LONGEST_NAME]


def _clean(text: str) -> str:
    """A text that XML can hold, escaped."""
    escaped = _fit(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace('"', "&quot;")
