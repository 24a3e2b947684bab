"""Reading a radar document."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.bootstrap import services
from chalicelib.models.technology import rings_of
from chalicelib.services.radar import radar
from chalicelib.stores.sqlite import SqliteStore
from tests.support.api import ROOT
from tests.support.loading import entries_in, entry, timeline, told
from tools.load.command import load_file
from tools.load.register import Register

DATA = ROOT / "data"
FIXTURE = ROOT / "tests/data/ons_directorate_fixture.json"
MOVE = {"ringId": "adopt", "date": "2024-05-10"}


def draft_of(**fields: Any) -> Any:
    return entries_in(entry(**fields))[0][0].draft


def loaded(name: str, database: Path) -> dict[str, Any]:
    found = services(SqliteStore(database))
    assert load_file(DATA / name, Register(found)).is_clean
    document: dict[str, Any] = json.loads(radar(found.technologies.on_radar(), "ONS Tech Radar"))
    return document


def meaning(radar: dict[str, Any]) -> Any:
    """The content of a radar document, with moves in order of time and without ids."""
    steps = ("ringId", "moved", "description")
    entries = {
        entry["title"]: (
            *(entry[name] for name in ("description", "quadrant", "url", "links")),
            sorted(
                (_moment(step["date"]), n, *(step[name] for name in steps), step.get("author"))
                for n, step in enumerate(entry["timeline"])
            ),
        )
        for entry in radar["entries"]
    }
    return radar["title"], radar["quadrants"], radar["rings"], entries


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def test_the_shipped_radar_is_unchanged_by_a_load_and_the_raw_one_is_corrected(
    tmp_path: Path,
) -> None:
    out = loaded("ons_radar.json", tmp_path / "a.db")
    assert meaning(out) == meaning(json.loads((DATA / "ons_radar.json").read_text()))
    assert len(out["entries"]) == 65
    dates = {m["date"] for each in out["entries"] for m in each["timeline"]}
    assert all(date.endswith("T00:00:00.000Z") for date in dates)
    assert loaded("ons_radar_raw.json", tmp_path / "b.db") == out


def read(document: dict[str, Any]) -> Any:
    return entries_in(*document.pop("entries"), **document)


def test_wrong_quadrants_are_reported() -> None:
    _, report = read(json.loads((DATA / "ons_radar_raw.json").read_text()))
    assert (len(report.corrections), report.left_out) == (47, [])


def test_moves_of_one_directorate_keep_its_id_and_leave_the_default_ring() -> None:
    found, report = read(json.loads(FIXTURE.read_text())["radar"])
    rings = {each.draft.name: each.draft.ring for each in found}
    assert rings == {
        "AWS": "adopt",
        "GCP": "adopt",
        "Javascript/TypeScript": "adopt",
        "Java": "hold",
        "R": "trial",
        "PL/SQL": "trial",
        "C#": "review",
    }
    own = {each.draft.name: r for each in found if (r := rings_of(each.draft.moves))}
    assert own == {"R": {"1": "adopt"}, "PL/SQL": {"2": "adopt"}, "C#": {"1": "adopt"}}
    assert not report.left_out


SORTED = ": not in order of date: sorted"
CUT = "/0/description: 501 characters: cut to 500"
SNAKES = "\N{SNAKE}" * 501
DATES = ("2024-05-10", "2025-09-09 16:32:13", "2025-09-09T18:00:00+01:00", " 2025-09-10Z ")
UTC_DATES = ["2024-05-10T00:00:00.000Z", "2025-09-09T16:32:13.000Z", "2025-09-09T17:00:00.000Z"]
UNORDERED = (("trial", "2025-01-02"), ("hold", "2025-01-01"), ("assess", "2025-01-01"))
AUTHORS = [MOVE | {"author": "a@example.org"}, MOVE | {"author": None, "ringId": "hold"}]
NO_MOVES = (
    {"ringId": "core", "date": "2024-05-10"},
    {"ringId": ["adopt"], "date": "2024-05-10"},
    {"ringId": "adopt", "date": "10/05/2024"},
    {"ringId": "adopt", "date": "0001-01-01T00:00:00+23:00"},
    {"ringId": "adopt"},
    "adopt",
)


@pytest.mark.parametrize(
    ("moves", "field", "expected", "note"),
    [
        (
            timeline(*(("hold", d) for d in DATES)),
            "at",
            UTC_DATES,
            "/3: its date is invalid: write it like 2026-01-31",
        ),
        (timeline(*UNORDERED), "ring", ["hold", "assess", "trial"], SORTED),
        (AUTHORS, "author", ["a@example.org", None], ""),
        ([MOVE | {"description": SNAKES}], "note", [SNAKES[:500]], CUT),
        *(([MOVE, no_move], "ring", ["adopt"], "/1: .*") for no_move in NO_MOVES),
    ],
)
def test_each_form_of_a_timeline(
    moves: list[Any], field: str, expected: list[Any], note: str
) -> None:
    (found,), report = entries_in(entry(timeline=moves))
    assert [getattr(move, field) for move in found.draft.moves] == expected
    pattern = f"entries/0 Zig, timeline{note}" if note else ""
    assert re.fullmatch(pattern, told(report.left_out or report.corrections))


@pytest.mark.parametrize(
    "broken",
    [
        *({"timeline": []}, {"timeline": None}, {"title": " "}, {"title": "x" * 201}),
        *({"title": ["Zig"]}, {"description": "Nonsense", "quadrant": "9"}),
    ],
)
def test_an_invalid_entry_is_left_out_and_the_next_is_loaded(broken: Any) -> None:
    found, report = entries_in(entry() | broken, entry("Ada"))
    assert [each.draft.name for each in found] == ["Ada"]
    assert [note.place.startswith("entries/0") for note in report.left_out] == [True]


@pytest.mark.parametrize(
    ("description", "quadrant", "expected", "kept"),
    [
        ("Databases", "1", "infrastructure", "Databases"),
        ("CICD", "2", "supporting-tools", "CICD"),
        ("Supporting Tools", "1", "supporting-tools", ""),
        ("A small language", "1", "languages", "A small language"),
        ("", 4, "infrastructure", ""),
    ],
)
def test_the_description_decides_the_quadrant_where_it_names_one(
    description: str, quadrant: Any, expected: str, kept: str
) -> None:
    draft = draft_of(description=description, quadrant=quadrant)
    assert (draft.quadrant, draft.description) == (expected, kept)


def test_the_documents_own_quadrants_and_rings_are_looked_up() -> None:
    said = {"title": "Zig", "quadrant": "tools", "timeline": timeline(("r1", "2024-05-10"))}
    quadrants = [{"id": "tools", "name": "Supporting Tools"}]
    rings = [{"id": "r1", "name": "TRIAL"}]
    (found,), _ = entries_in(said, quadrants=quadrants, rings=rings)
    assert (found.draft.quadrant, found.draft.ring) == ("supporting-tools", "trial")


def test_one_name_twice_in_a_document_is_one_technology() -> None:
    found, report = entries_in(entry("JavaScript"), entry("javascript "))
    assert len(found) == 1
    assert told(report.left_out) == (
        "entries/1 javascript: has the same name as entries/0: rename or remove one"
    )


@pytest.mark.parametrize(
    ("names", "aliases"), [(["NodeJS"], [("Node.js",)]), (["NodeJS", "Node.js"], [(), ()])]
)
def test_a_name_on_the_radar_is_not_an_alias_of_its_other_spelling(
    names: list[str], aliases: list[tuple[str, ...]]
) -> None:
    found, _ = entries_in(*map(entry, names))
    assert [each.draft.aliases for each in found] == aliases


def test_an_invalid_link_is_reported_and_the_entry_is_loaded() -> None:
    (found,), report = entries_in(entry(url="javascript:alert(1)"))
    assert found.draft.link == ""
    assert report.corrections[0].place == "entries/0 Zig, url"
