"""The radar as a drawing, for requests with `Accept: image/svg+xml`."""

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.models.technology import Move, Technology
from chalicelib.services.radar_svg import radar_svg
from tests.api.test_directorates import CAMPUS, DIGITAL, put
from tests.support.api import ROOT, Api, T

RADAR = "/api/v1/radar"
SVG = {"Accept": "image/svg+xml"}
NAMESPACE = "{http://www.w3.org/2000/svg}"


def titles(drawing: bytes | str) -> list[str]:
    """The titles of the blips."""
    root = ElementTree.fromstring(drawing)
    return [title.text or "" for title in root.findall(f"{NAMESPACE}g/{NAMESPACE}title")]


def test_a_drawing_has_the_technologies_of_the_document(client: Api) -> None:
    client.technology("Zig & <b>", quadrant="languages", ring="adopt")
    client.technology("Django", quadrant="frameworks", ring="hold")
    client.technology("Secret", quadrant="frameworks", ring="ignore")
    drawn = client("GET", RADAR, headers=SVG)
    assert drawn.status == 200
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert titles(drawn.body) == ["1. Zig & <b>: Languages, Adopt", "2. Django: Frameworks, Hold"]
    every = client("GET", f"{RADAR}?rings=all", headers=SVG)
    assert "Secret" in every.body.decode()
    assert len(titles(every.body)) == 2
    assert client("GET", f"{RADAR}?rings=some", headers=SVG).flaws == ["/rings"]


def test_a_drawing_has_the_rings_of_a_directorate(client: Api) -> None:
    technology = client.technology("Zig", quadrant="languages", ring="adopt").json
    assert put(client, DIGITAL, CAMPUS).status == 200
    move = {"ring": "hold", "directorate": 1}
    assert client.reviewer()("POST", f"{T}/{technology['id']}/moves", move).status == 201
    drawn = client("GET", f"{RADAR}?directorate=1", headers=SVG)
    assert titles(drawn.body) == ["1. Zig: Languages, Hold"]
    assert titles(client("GET", RADAR, headers=SVG).body) == ["1. Zig: Languages, Adopt"]


def test_a_drawing_runs_nothing_and_is_kept_apart_from_the_document(client: Api) -> None:
    client.technology("Zig", quadrant="languages", ring="adopt")
    drawn, document = client("GET", RADAR, headers=SVG), client.get(RADAR)
    policy = drawn.headers["content-security-policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert drawn.headers["x-content-type-options"] == "nosniff"
    assert drawn.etag != document.etag
    for headers, answer in ((SVG, drawn), ({}, document)):
        again = client("GET", RADAR, headers={**headers, "If-None-Match": answer.etag})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["vary"] == answer.headers["vary"] == "Origin, Accept"
    other = client("GET", RADAR, headers={**SVG, "If-None-Match": document.etag})
    assert other.status == 200
    head = client("HEAD", RADAR, headers=SVG)
    assert (head.headers["content-type"], head.etag) == ("image/svg+xml", drawn.etag)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("", "application/json"),
        ("image/svg+xml, application/json", "application/json"),
        ("text/html,application/xml;q=0.9,image/webp,*/*;q=0.8", "application/json"),
        ("image/svg+xml;q=0", "application/json"),
        ("image/svg+xml;q=high", "application/json"),
        ("image/svg+xml;q=0.5, application/json;q=0.4", "image/svg+xml"),
        ("image/avif,image/webp,IMAGE/SVG+XML,image/*,*/*;q=0.8", "image/svg+xml"),
        ("image/*", "image/svg+xml"),
    ],
)
def test_the_document_is_the_default(test_client: Api, accept: str, kind: str) -> None:
    answer = test_client("GET", RADAR, headers={"Accept": accept})
    assert answer.headers["content-type"] == kind


@given(st.text(st.characters(), max_size=300), st.text(st.characters(), max_size=300))
def test_any_name_makes_a_drawing_that_can_be_read(name: str, title: str) -> None:
    found = [
        Technology(name=name, quadrant="languages", moves=(Move(ring, ""),))
        for ring in ("adopt", "review")
    ]
    drawing = radar_svg(found, title, all_rings=True)
    root = ElementTree.fromstring(drawing.encode())
    plain = ElementTree.fromstring(radar_svg(found[:1] * 2, "x").encode())
    known = {each.tag for each in plain.iter()}
    assert {each.tag for each in root.iter()} <= known
    assert len(titles(drawing)) == 1


def test_blips_of_the_shipped_data_do_not_overlap() -> None:
    document = json.loads((ROOT / "data/ons_radar.json").read_text())
    quadrants = ("languages", "frameworks", "supporting-tools", "infrastructure")
    found = [
        Technology(
            name=entry["title"],
            quadrant=quadrants[int(entry["quadrant"]) - 1],
            moves=(Move(entry["timeline"][-1]["ringId"], ""),),
        )
        for entry in document["entries"]
    ]
    drawing = radar_svg(found, document["title"])
    assert len(titles(drawing)) == len(found)
    place = r'translate\((\S+) (\S+)\)"><title>'
    places = [complex(float(x), float(y)) for x, y in re.findall(place, drawing)]
    nearest = min(abs(a - b) for i, a in enumerate(places) for b in places[:i])
    assert nearest >= 26
