"""The radar's drawing is legible without colour vision, on a phone and at its limit."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

from chalicelib.models.technology import QUADRANTS, Move, Technology
from chalicelib.services.radar_svg import LONGEST_NAME, MOST, RADII, SHAPES, STYLE, radar_svg
from tests.support.api import ROOT

DRAWINGS = ROOT / "docs/drawings"
NAMESPACE = "{http://www.w3.org/2000/svg}"
LARGEST_ANSWER = 6 * 1024 * 1024  # bytes that a Lambda can answer; the drawing is inside JSON
Colour = tuple[float, ...]
# Linear RGB as colour-blind people see it: Machado, Oliveira and Fernandes (2009), severity 1.
SIGHTS: dict[str, tuple[Colour, Colour, Colour]] = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
SCHEMES = dict(zip(("light", "dark"), STYLE.split("@media"), strict=True))
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1, 1.089)
TOLD_APART = 20  # CIE76; people see 2.3 side by side


def fill(scheme: str, name: str) -> Colour:
    """The linear RGB of a class."""
    (digits,) = re.findall(rf"\.?\b{name}{{[^}}]*?fill:#(\w+)", SCHEMES[scheme])
    full = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    values = (int(full[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return tuple(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)


def through(matrix: tuple[Colour, ...], colour: Colour) -> Colour:
    products = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)
    return tuple(min(max(product, 0.0), 1.1) for product in products)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast by WCAG 2."""
    darker, lighter = sorted((through(XYZ, one)[1], through(XYZ, other)[1]))
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour: Colour) -> Colour:
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (value / white for value, white in zip(through(XYZ, colour), WHITE, strict=True))
    )
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("sight", SIGHTS)
def test_rings_and_numbers_stand_out_for_every_sight(scheme: str, sight: str) -> None:
    """The colours differ for each kind of colour vision. The next test covers people without any."""
    seen = {
        name: through(SIGHTS[sight], fill(scheme, name))
        for name in (*RADII, "back", "number", "text")
    }
    for ring in RADII:
        assert contrast(seen[ring], seen["number"]) >= 4.5, ring
        assert contrast(seen[ring], seen["back"]) >= 3, ring
    assert contrast(seen["text"], seen["back"]) >= 7
    for one, other in combinations(RADII, 2):
        pairs = zip(lab(seen[one]), lab(seen[other]), strict=True)
        assert sum((a - b) ** 2 for a, b in pairs) ** 0.5 >= TOLD_APART, (one, other)


def test_no_meaning_is_told_by_colour_alone() -> None:
    """A ring also has a place, a shape and a word. A quadrant has a place and a word only."""
    drawing = (DRAWINGS / "radar.svg").read_text()
    assert len({*SHAPES.values()}) == len(SHAPES) == len(RADII)
    blips = re.findall(r'<g class="blip (\w+)"[^>]*><title>([^<]+)</title>(<.+?>)<text', drawing)
    assert len(blips) == 65
    for ring, title, shape in blips:
        assert title.endswith(f", {ring.title()}")
        assert shape == SHAPES[ring]
    for ring in RADII:
        assert drawing.count(f">{ring.title()}</text>") >= 2
    classes = {*re.findall(r'class="([^"]+)"', drawing)}
    assert not [one for one in classes for quadrant in QUADRANTS if quadrant in one]


def test_dark_colours_are_for_screens() -> None:
    assert STYLE.count("@media") == 1
    assert SCHEMES["dark"].startswith(" screen and (prefers-color-scheme:dark){")


def test_the_shipped_drawings_stand_at_the_heads_and_say_what_they_show() -> None:
    whole, rings = ((DRAWINGS / name).read_text() for name in ("radar.svg", "radar-rings.svg"))
    (title,) = re.findall(r'<title id="title">([^<]+)', rings)
    (about,) = re.findall(r'<desc id="desc">([^<]+)', rings)
    image = f'<img src="docs/drawings/radar-rings.svg" width="480" alt="{title}: {about}">'
    readme, index, api = (
        (ROOT / name).read_text() for name in ("README.md", "docs/index.md", "docs/api.md")
    )
    first = r"\A# .+?\n## "
    head = re.findall(first, readme, re.DOTALL)[0]
    assert f'<a href="docs/drawings/radar.svg">{image}</a>' in head
    image = f"![{title}: {about}](drawings/radar-rings.svg)"
    assert f"[{image}](api.md#the-radar-as-a-drawing)" in re.findall(first, index, re.DOTALL)[0]
    assert "\n### The radar as a drawing\n" in api
    assert f"![{title}: {about}](drawings/radar.svg)" in api
    for drawing in (whole, rings):
        assert "<script" not in drawing
        assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
    assert "Python Flask</text>" in whole
    assert "Python Flask</text>" not in rings


def many(count: int, name: str) -> list[Technology]:
    places = [(quadrant, ring) for quadrant in QUADRANTS for ring in RADII]
    return [
        Technology(name=name, quadrant=quadrant, moves=(Move(ring, ""),))
        for quadrant, ring in (places[number % len(places)] for number in range(count))
    ]


@pytest.mark.parametrize("name", ["\U0001f4be" * 200, "&" * 200, '"' * 200, "word " * 60])
def test_the_longest_names_stay_below_the_limit_of_an_answer(name: str) -> None:
    from chalicelib.models.text import as_json

    drawing = radar_svg(many(MOST + 1, name), name, all_rings=True)
    assert len(as_json({"body": drawing}).encode()) < LARGEST_ANSWER
    titles = re.findall(r"<title>([^<]+)</title>", drawing)
    assert len(titles) == MOST
    assert max(map(len, titles)) < len("1500. : Supporting Tools, Assess") + 6 * LONGEST_NAME + 1


def test_at_its_limit_it_says_so_and_below_it_does_not() -> None:
    note = "Only the first 1500 technologies are drawn. Read the JSON document for all."
    full, over = (radar_svg(many(MOST + more, "Zig"), "Radar") for more in (0, 1))
    assert "Only the first" not in full
    root = ElementTree.fromstring(over)
    desc = root.findtext(f"{NAMESPACE}desc") or ""
    assert desc.endswith(f"to Hold. {note}")
    lines = [line for line in root.findall(f"{NAMESPACE}text") if (line.text or "") in note]
    assert " ".join(line.text or "" for line in lines[-2:]) == note
    height = int(root.attrib["height"])
    assert all(0 < int(line.attrib["y"]) <= height for line in lines)


def test_every_blip_of_a_full_drawing_is_inside_its_own_segment() -> None:
    drawing = radar_svg(many(MOST, "Zig"), "Radar")
    sides = {"Languages": (-1, -1), "Frameworks": (1, -1), "Supporting Tools": (-1, 1)}
    blip = r'translate\((\S+) (\S+)\)"><title>\d+\. Zig: ([^,]+), (\w+)<'
    found = re.findall(blip, drawing)
    assert len(found) == MOST
    for x, y, quadrant, ring in found:
        across, down = float(x) - 320, float(y) - 330
        side_x, side_y = sides.get(quadrant, (1, 1))
        assert across * side_x > 0
        assert down * side_y > 13
        inner, outer = RADII[ring.lower()]
        assert inner < abs(complex(across, abs(down) - 13)) < outer
