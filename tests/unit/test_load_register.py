"""Writes of a load: no duplicates, no change of edited records, and additions to histories."""

from collections.abc import Callable
from dataclasses import replace
from json import loads
from pathlib import Path
from typing import Any

import pytest

from chalicelib.bootstrap import Services, services
from chalicelib.models.caller import TECH_AUDIT_TOOL, Caller
from chalicelib.models.directorate import Directorate, Directorates
from chalicelib.models.project import Project, ProjectQuery, project_from
from chalicelib.models.technology import SHOWN_MOVES, Technology, TechnologyQuery, technology_from
from chalicelib.services.technologies import Technologies
from chalicelib.stores.sqlite import SqliteStore
from tests.support.api import ROOT
from tests.support.loading import (
    ADOPTED,
    entry,
    load_projects,
    load_radar,
    project,
    projects_in,
    told,
)
from tools.load.command import load_file
from tools.load.register import Register, everything
from tools.load.report import Report

RADAR, PROJECTS = "ons_radar.json", "ons_projects.json"
CALLER = Caller(TECH_AUDIT_TOOL, "a@example.org")
WRITTEN: dict[str, Any] = {"version": 0, "created_at": "", "updated_at": ""}


@pytest.fixture
def parts(tmp_path: Path) -> Services:
    return services(SqliteStore(tmp_path / "landscape.db"))


def load_shipped(parts: Services, *names: str) -> list[Report]:
    return [load_file(ROOT / "data" / name, Register(parts)) for name in names]


def technologies_of(parts: Services) -> list[Technology]:
    return [
        technology_from(loads(t)) for t in everything(parts.technologies.find, TechnologyQuery())
    ]


def projects_of(parts: Services) -> list[Project]:
    return [project_from(loads(text)) for text in everything(parts.projects.find, ProjectQuery())]


def technology(parts: Services, name: str) -> Technology:
    return parts.technologies.get(parts.technologies.id_of(name) or "")


def moves_of(parts: Services, name: str) -> list[tuple[str, str]]:
    """All moves, oldest first."""
    newest_first = everything(parts.technologies.moves, technology(parts, name).id)
    return [(move.ring, move.at[:10]) for move in newest_first][::-1]


def test_a_load_reports_what_it_creates_and_a_second_load_changes_nothing(parts: Services) -> None:
    reports = load_shipped(parts, RADAR, PROJECTS)
    assert all(report.is_clean for report in reports)
    created = reports[1].created.keys()
    assert {technology(parts, name).ring for name in created} == {"review"}
    assert len(created) == 25
    assert {"Trello", "Confluence", "Jira", "SQLite"} <= created
    before = technologies_of(parts), projects_of(parts)
    reports = load_shipped(parts, RADAR, PROJECTS, "ons_projects_raw.csv", "ons_radar_raw.json")
    assert (technologies_of(parts), projects_of(parts)) == before
    assert (len(before[0]), len(before[1])) == (90, 20)
    counts = [(r.added, r.changed, r.already_there) for r in reports]
    assert counts == [(0, 0, n) for n in (65, 20, 20, 65)]


def test_the_order_of_radar_and_projects_does_not_matter(tmp_path: Path) -> None:
    def loaded(*names: str) -> tuple[list[Any], list[Any]]:
        parts = services(SqliteStore(tmp_path / f"{names[0]}.db"))
        load_shipped(parts, *names)
        said = [
            (replace(t, moves=(), **WRITTEN), [(m.ring, m.note) for m in t.moves])
            for t in technologies_of(parts)
        ]
        return said, [replace(p, **WRITTEN) for p in projects_of(parts)]

    assert loaded(RADAR, PROJECTS) == loaded(PROJECTS, RADAR)


def test_a_project_that_a_team_has_edited_is_unchanged(parts: Services) -> None:
    load_projects(parts, project(main=["Python"]))
    current = parts.projects.get("zebra")
    edited = parts.projects.replace(current, replace(current, description="ours"), CALLER)
    assert load_projects(parts, project(main=["Rust"])).already_there == 1
    assert parts.projects.get(edited.id) == edited
    assert parts.technologies.id_of("Rust") is None


def test_missing_moves_are_added_in_their_order_and_the_others_stay(parts: Services) -> None:
    load_radar(parts, entry("Zig", ("trial", "2025-01-02"), url="#"))
    before = technology(parts, "Zig")
    ours = replace(before, description="ours", tags=("new",))
    edited = parts.technologies.replace(before, ours, None)
    moves = [("assess", "2025-01-01"), ("trial", "2025-01-02"), ("hold", "2025-01-02")]
    report = load_radar(parts, entry("zig", *moves, url="https://example.org"))
    assert (moves_of(parts, "Zig"), report.changed) == (moves, 1)
    unlike: dict[str, Any] = {"moves": (), "move_count": 0, **WRITTEN}
    assert replace(technology(parts, "Zig"), **unlike) == replace(edited, **unlike)


def days(first: int, last: int) -> list[tuple[str, str]]:
    """A move a day, in turn to two rings."""
    return [
        (("trial", "hold")[n % 2], f"2025-{n // 28 + 1:02}-{n % 28 + 1:02}")
        for n in range(first, last)
    ]


def test_a_long_history_is_loaded_whole_and_a_second_load_changes_nothing(parts: Services) -> None:
    load_radar(parts, entry("Zig", *days(0, 120)))
    found = technology(parts, "Zig")
    assert (len(found.moves), found.move_count) == (SHOWN_MOVES, 120)
    assert moves_of(parts, "Zig") == days(0, 120)
    report = load_radar(parts, entry("Zig", *days(0, 120)))
    assert (report.already_there, report.is_clean) == (1, True)
    assert technology(parts, "Zig") == found


def test_a_missing_move_before_the_last_fifty_is_left_out(parts: Services) -> None:
    load_radar(parts, entry("Zig", *days(1, 60), *days(61, 100)))
    report = load_radar(parts, entry("Zig", *days(0, 101)))
    assert "trial of 2025-01-01 is older than the last 50 moves" in told(report.left_out)
    assert report.changed == 1
    assert moves_of(parts, "Zig") == days(1, 101)


def test_the_radar_replaces_the_history_that_a_project_created(parts: Services) -> None:
    load_projects(parts, project(main=["Node.js"]))
    created = technology(parts, "Node.js")
    said = entry("NodeJS", url="https://example.org", description="Frameworks")
    load_radar(parts, said)
    grown = technology(parts, "NodeJS")
    assert (grown.id, grown.project_count) == (created.id, 1)
    assert (grown.name, grown.aliases, grown.quadrant) == ("NodeJS", ("Node.js",), "frameworks")
    assert moves_of(parts, "NodeJS") == [ADOPTED]


def test_a_technology_that_a_reviewer_moved_keeps_that_move(parts: Services) -> None:
    load_projects(parts, project(main=["Zig"]))
    parts.technologies.move("zig", "hold", "mind", CALLER)
    load_radar(parts, entry("Zig"))
    assert [move.ring for move in technology(parts, "Zig").moves] == ["adopt", "review", "hold"]


@pytest.mark.parametrize(
    ("known", "named"),
    [("NodeJS", "Node.js"), ("Postgres", "postgresql"), ("DynamoDB", "AWS DynamoDB")],
)
def test_other_spellings_name_the_technology_of_the_radar(
    parts: Services, known: str, named: str
) -> None:
    load_radar(parts, entry(known))
    assert not load_projects(parts, project(main=[named])).created
    assert technology(parts, known).project_count == 1


def test_the_name_of_another_technology_is_not_stored_as_an_alias(parts: Services) -> None:
    load_radar(parts, entry("Node.js"))
    taken = technology(parts, "Node.js")
    parts.technologies.replace(taken, replace(taken, aliases=()), None)
    report = load_radar(parts, entry("NodeJS"))
    assert technology(parts, "NodeJS").aliases == ()
    assert "Node.js is another technology: not stored as an alias" in told(report.corrections)


def test_two_entries_that_are_one_technology_in_the_register(parts: Services) -> None:
    load_radar(parts, entry("NodeJS"))
    report = load_radar(parts, entry("NodeJS"), entry("Node.js"))
    assert told(report.left_out) == (
        "entries/1 Node.js: is the same technology as entries/0: merge the two entries"
    )


MANY = [f"L{n}" for n in range(102)]


@pytest.mark.parametrize(
    ("known", "languages", "stored", "corrections", "left_out"),
    [
        ("NodeJS", {"main": ["Node.js"], "others": ["NodeJS", "nodejs"]}, ["nodejs"], 2, []),
        ("Zig", {"main": ["C++", "c-plus-plus"]}, ["c-plus-plus"], 1, []),  # a name and its id
        ("Zig", {"main": MANY}, [f"l{n}" for n in range(100)], 0, MANY[100:]),
    ],
)
def test_one_technology_is_one_main_use_and_the_first_hundred_are_kept(
    parts: Services,
    known: str,
    languages: Any,
    stored: list[str],
    corrections: int,
    left_out: list[str],
) -> None:
    load_radar(parts, entry(known))
    report = load_projects(parts, project(**languages))
    uses = projects_of(parts)[0].technologies
    assert [(use.technology, use.main) for use in uses] == [(each, True) for each in stored]
    assert len(report.corrections) == corrections
    assert [note.detail for note in report.left_out] == left_out


def test_a_load_may_create_more_technologies_than_a_caller_in_a_day(parts: Services) -> None:
    for n in range(2):
        names = [f"Tool {n} {m}" for m in range(40)]
        assert load_projects(parts, project(f"Zebra {n}", main=names)).is_clean
    assert len(technologies_of(parts)) == 80


def test_a_project_that_is_too_large_is_left_out_and_the_next_is_stored_with_its_contacts(
    parts: Services,
) -> None:
    links = [f"https://example.org/{'x' * 2000}/{n}" for n in range(50)]
    large = {"details": {"name": "Zebra", "documentation_link": links}}
    report = load_projects(parts, large, project("Yak") | {"user": ["a@example.org"]})
    assert [each.name for each in projects_of(parts)] == ["Yak"]
    assert "at most 65536" in report.left_out[0].what
    assert parts.projects.get("yak").contacts[0].email == "a@example.org"


def test_a_project_that_another_writer_adds_meanwhile_is_unchanged(parts: Services) -> None:
    (yak, zebra), report = projects_in(project("Yak"), project("Zebra"))
    register = Register(parts)
    register.take_project(yak)
    parts.projects.create(Project("zebra"), CALLER)
    register.take_project(zebra)
    assert (report.added, report.already_there) == (1, 1)


def test_a_register_is_empty_only_without_projects_and_technologies(parts: Services) -> None:
    assert Register(parts).is_empty()
    load_radar(parts, entry("Zig"))
    assert not Register(parts).is_empty()


class _Interrupting(Technologies):
    """Lets another writer change the record between a read and its write, three times."""

    def __init__(self, inner: Technologies, write: Callable[[Technology], None]) -> None:
        self.__dict__ |= inner.__dict__
        self.interrupt = write
        self.left = 3

    def get(self, technology_id: str) -> Technology:
        found = super().get(technology_id)
        if self.left:
            self.left -= 1
            self.interrupt(found)
        return found


def test_a_move_made_meanwhile_is_not_lost(parts: Services) -> None:
    load_radar(parts, entry("Zig", ("assess", "2024-05-10")))

    def reviewer(current: Technology) -> None:
        parts.technologies.move(current.id, "hold", f"{current.version}", CALLER)

    busy = _Interrupting(parts.technologies, reviewer)
    load_radar(replace(parts, technologies=busy), entry("Zig", ("trial", "2024-06-10")))
    rings = [move.ring for move in technology(parts, "Zig").moves]
    assert rings == ["assess", "trial", "hold", "hold", "hold"]


def test_moves_belong_to_the_directorates_of_the_register(parts: Services) -> None:
    items = tuple(Directorate(n, f"D{n}", "#1f77b4", default=n == 3) for n in (0, 3))
    parts.directorates.replace(Directorates(), Directorates(items))
    moves = [
        {"ringId": ring, "date": f"2025-01-0{n}", "directorate": n}
        for n, ring in ((3, "hold"), (4, "adopt"))
    ]
    moves.append({"ringId": "trial", "date": "2025-01-05", "directorate": 0})
    report = load_radar(parts, entry("R") | {"timeline": moves})
    found = technology(parts, "R")
    assert (found.ring, found.rings) == ("hold", {"4": "adopt", "0": "trial"})
    assert told(report.corrections).endswith(
        "the register has no directorate 4: load the list of directorates first"
    )
