"""What the loader makes of a radar document."""

import json
from pathlib import Path
from typing import Any

import pytest
from load import load_file
from radar_document import Entry, read_radar
from register import Register
from report import Report

from chalicelib.bootstrap import services
from chalicelib.services.radar import radar
from chalicelib.stores.sqlite import SqliteStore

DATA = Path("data")
FIXTURE = Path("tests/data/ons_directorate_fixture.json")
MOVE = {"ringId": "adopt", "date": "2024-05-10"}


def entry(**fields: Any) -> dict[str, Any]:
    return {"title": "Zig", "description": "Languages", "timeline": [MOVE], **fields}


def read(*entries: Any) -> tuple[list[Entry], Report]:
    report = Report("radar.json")
    return read_radar({"entries": list(entries)}, report), report


def draft_of(**fields: Any) -> Any:
    found, _ = read(entry(**fields))
    return found[0].draft


def loaded(path: Path, database: Path) -> dict[str, Any]:
    technologies, projects = services(SqliteStore(database))
    assert load_file(path, Register(technologies, projects)).is_clean
    document: dict[str, Any] = json.loads(radar(technologies.on_radar(), "ONS Tech Radar"))
    return document


def meaning(document: dict[str, Any]) -> Any:
    """What the document says, without its ids and without the order of its entries."""
    said = []
    for each in document["entries"]:
        moves = [
            (m["moved"], m["ringId"], m["date"][:10], m["description"], m.get("author"))
            for m in each["timeline"]
        ]
        said.append((each["title"], each["quadrant"], each["description"], each["url"], moves))
    return document["title"], document["quadrants"], document["rings"], sorted(said)


def test_the_shipped_radar_comes_out_as_it_went_in(tmp_path: Path) -> None:
    shipped = json.loads((DATA / "ons_radar.json").read_text())
    out = loaded(DATA / "ons_radar.json", tmp_path / "a.db")
    assert meaning(out) == meaning(shipped)
    assert len(out["entries"]) == 65
    dates = {m["date"] for each in out["entries"] for m in each["timeline"]}
    assert all(date.endswith("T00:00:00.000Z") for date in dates)


def test_the_raw_radar_gives_the_same_as_the_corrected_one(tmp_path: Path) -> None:
    corrected = loaded(DATA / "ons_radar.json", tmp_path / "a.db")
    assert loaded(DATA / "ons_radar_raw.json", tmp_path / "b.db") == corrected


def test_wrong_quadrants_are_reported() -> None:
    report = Report("raw")
    read_radar(json.loads((DATA / "ons_radar_raw.json").read_text()), report)
    assert len(report.mends) == 47
    assert not report.left_out


def test_moves_for_one_directorate_are_left_out_and_the_others_stay() -> None:
    report = Report("fixture")
    found = read_radar(json.loads(FIXTURE.read_text())["radar"], report)
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
    assert len(report.left_out) == 4
    assert all("directorate" in note.what for note in report.left_out)


def test_dates_of_every_kind_stand_in_one_timeline() -> None:
    dates = ("2024-05-10", "2025-09-09 16:32:13", "2025-09-09T18:00:00+01:00", " 2025-09-10Z ")
    draft = draft_of(timeline=[{"ringId": "hold", "date": date} for date in dates])
    assert [move.at for move in draft.moves] == [
        "2024-05-10T00:00:00.000Z",
        "2025-09-09T16:32:13.000Z",
        "2025-09-09T17:00:00.000Z",
    ]


def test_moves_are_put_in_the_order_of_dates_then_of_the_document() -> None:
    said = [("trial", "2025-01-02"), ("hold", "2025-01-01"), ("assess", "2025-01-01")]
    found, report = read(entry(timeline=[{"ringId": r, "date": d} for r, d in said]))
    assert [move.ring for move in found[0].draft.moves] == ["hold", "assess", "trial"]
    assert [note.what for note in report.mends] == ["not in the order of dates: sorted"]


@pytest.mark.parametrize(
    "move",
    [
        {"ringId": "core", "date": "2024-05-10"},
        {"ringId": ["adopt"], "date": "2024-05-10"},
        {"ringId": "adopt", "date": "10/05/2024"},
        {"ringId": "adopt", "date": "0001-01-01T00:00:00+23:00"},
        {"ringId": "adopt"},
        "adopt",
    ],
)
def test_a_move_that_says_no_ring_or_date_is_left_out(move: Any) -> None:
    found, report = read(entry(timeline=[MOVE, move]))
    assert len(found[0].draft.moves) == 1
    assert [note.place for note in report.left_out] == ["entries/0 Zig, timeline/1"]


@pytest.mark.parametrize(
    "broken",
    [
        {"timeline": []},
        {"timeline": None},
        {"title": " "},
        {"title": "x" * 201},
        {"title": ["Zig"]},
        {"description": "Nonsense", "quadrant": "9"},
    ],
)
def test_an_entry_that_cannot_be_taken_is_left_out_and_the_next_goes_in(broken: Any) -> None:
    found, report = read(entry(**broken), entry(title="Ada"))
    assert [each.draft.name for each in found] == ["Ada"]
    assert len(report.left_out) == 1
    assert report.left_out[0].place.startswith("entries/0")


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
    document = {
        "quadrants": [{"id": "tools", "name": "Supporting Tools"}],
        "rings": [{"id": "r1", "name": "TRIAL"}],
        "entries": [
            {
                "title": "Zig",
                "quadrant": "tools",
                "timeline": [{"ringId": "r1", "date": "2024-05-10"}],
            }
        ],
    }
    (found,) = read_radar(document, Report("radar.json"))
    assert (found.draft.quadrant, found.draft.ring) == ("supporting-tools", "trial")


def test_an_author_is_kept_and_a_missing_one_is_nobody() -> None:
    said = [MOVE | {"author": "a@example.org"}, MOVE | {"author": None, "ringId": "hold"}]
    assert [move.author for move in draft_of(timeline=said).moves] == ["a@example.org", None]


def test_one_name_twice_in_a_document_is_one_technology() -> None:
    found, report = read(entry(title="JavaScript"), entry(title="javascript "))
    assert len(found) == 1
    assert [(note.place, note.what) for note in report.left_out] == [
        ("entries/1 javascript", "has the name of entries/0")
    ]


def test_a_name_on_the_radar_is_no_alias_of_its_other_spelling() -> None:
    found, _ = read(entry(title="NodeJS"))
    assert found[0].draft.aliases == ("Node.js",)
    found, _ = read(entry(title="NodeJS"), entry(title="Node.js"))
    assert [each.draft.aliases for each in found] == [(), ()]


def test_a_link_that_is_none_is_reported_and_the_entry_goes_in() -> None:
    found, report = read(entry(url="javascript:alert(1)"))
    assert found[0].draft.link == ""
    assert report.mends[0].place == "entries/0 Zig, url"


def test_a_note_is_cut_where_the_register_ends_it_and_that_is_told() -> None:
    found, report = read(entry(timeline=[MOVE | {"description": "\N{SNAKE}" * 501}]))
    assert found[0].draft.moves[0].note == "\N{SNAKE}" * 500
    assert [(note.place, note.what) for note in report.mends] == [
        ("entries/0 Zig, timeline/0/description", "501 characters: cut to 500")
    ]
