"""What a load writes: nothing twice, nothing that teams have edited, history only added to."""

from collections.abc import Callable
from dataclasses import replace
from json import loads
from pathlib import Path
from typing import Any

import pytest
from load import load_file
from projects_document import places, read_projects
from radar_document import read_radar
from register import Register, everything
from report import Report

from chalicelib.bootstrap import services
from chalicelib.models.caller import TECH_AUDIT_TOOL, Caller
from chalicelib.models.project import Project, ProjectQuery, project_from
from chalicelib.models.technology import SHOWN_MOVES, Technology, TechnologyQuery, technology_from
from chalicelib.services.projects import Projects
from chalicelib.services.technologies import Technologies
from chalicelib.stores.sqlite import SqliteStore

SHIPPED = ("ons_radar.json", "ons_projects.json", "ons_projects_raw.csv", "ons_radar_raw.json")
CALLER = Caller(TECH_AUDIT_TOOL, "a@example.org")
Services = tuple[Technologies, Projects]


@pytest.fixture
def parts(tmp_path: Path) -> Services:
    return services(SqliteStore(tmp_path / "landscape.db"))


def load_radar(parts: Services, *entries: dict[str, Any]) -> Report:
    report = Report("radar.json")
    register = Register(*parts)
    for entry in read_radar({"entries": list(entries)}, report):
        register.take_technology(entry)
    return report


def load_projects(parts: Services, *projects: dict[str, Any]) -> Report:
    report = Report("projects.json")
    register = Register(*parts)
    for record in read_projects(places(list(projects), report), report):
        register.take_project(record)
    return report


def project(name: str = "Zebra", **languages: list[str]) -> dict[str, Any]:
    return {"details": {"name": name}, "architecture": {"languages": languages}}


def entry(title: str, *moves: tuple[str, str], **fields: Any) -> dict[str, Any]:
    timeline = [{"ringId": ring, "date": date} for ring, date in moves]
    return {"title": title, "description": "Languages", "timeline": timeline, **fields}


def whole(parts: Services) -> tuple[list[Technology], list[Project]]:
    technologies, projects = parts
    return (
        [technology_from(loads(text)) for text in everything(technologies.find, TechnologyQuery())],
        [project_from(loads(text)) for text in everything(projects.find, ProjectQuery())],
    )


def technology(parts: Services, name: str) -> Technology:
    return parts[0].get(parts[0].id_of(name) or "")


def test_loading_everything_again_changes_nothing(parts: Services) -> None:
    for name in SHIPPED[:2]:
        assert load_file(Path("data", name), Register(*parts)).is_clean
    before = whole(parts)
    reports = [load_file(Path("data", name), Register(*parts)) for name in SHIPPED]
    assert whole(parts) == before
    assert (len(before[0]), len(before[1])) == (90, 20)
    assert [(r.added, r.changed, r.already_there) for r in reports] == [
        (0, 0, 65),
        (0, 0, 20),
        (0, 0, 20),
        (0, 0, 65),
    ]


def test_technologies_that_projects_brought_into_being_are_told(parts: Services) -> None:
    load_file(Path("data/ons_radar.json"), Register(*parts))
    report = load_file(Path("data/ons_projects.json"), Register(*parts))
    assert len(report.born) == 25
    assert {"Trello", "Confluence", "Jira", "SQLite"} <= report.born.keys()
    assert all(technology(parts, name).ring == "review" for name in report.born)


def test_the_order_of_radar_and_projects_does_not_matter(tmp_path: Path) -> None:
    def loaded(*names: str) -> tuple[list[Any], list[Any]]:
        parts = services(SqliteStore(tmp_path / f"{names[0]}.db"))
        for name in names:
            load_file(Path("data", name), Register(*parts))
        technologies, projects = whole(parts)
        unlike: dict[str, Any] = {"moves": (), "version": 0, "created_at": "", "updated_at": ""}
        said = [(replace(t, **unlike), [(m.ring, m.note) for m in t.moves]) for t in technologies]
        unlike.pop("moves")
        return said, [replace(p, **unlike) for p in projects]

    assert loaded(*SHIPPED[:2]) == loaded(*SHIPPED[1::-1])


def test_a_project_that_a_team_has_edited_is_left_as_it_is(parts: Services) -> None:
    load_projects(parts, project(main=["Python"]))
    current = parts[1].get("zebra")
    edited = parts[1].replace(current, replace(current, description="ours"), CALLER)
    assert load_projects(parts, project(main=["Rust"])).already_there == 1
    assert parts[1].get(edited.id) == edited
    assert parts[0].id_of("Rust") is None


def test_missing_moves_are_added_in_their_order_and_the_rest_stays(parts: Services) -> None:
    load_radar(parts, entry("Zig", ("trial", "2025-01-02"), link="#"))
    before = technology(parts, "Zig")
    edited = parts[0].replace(before, replace(before, description="ours", tags=("new",)), None)
    moves = (("assess", "2025-01-01"), ("trial", "2025-01-02"), ("hold", "2025-01-02"))
    report = load_radar(parts, entry("zig", *moves, url="https://example.org"))
    after = technology(parts, "Zig")
    assert [move.ring for move in after.moves] == ["assess", "trial", "hold"]
    unlike: dict[str, Any] = {"moves": (), "move_count": 0, "version": 0, "updated_at": ""}
    assert replace(after, **unlike) == replace(edited, **unlike)
    assert report.changed == 1


def days(first: int, last: int) -> list[tuple[str, str]]:
    """A move a day, in turn to two rings."""
    return [
        (("trial", "hold")[n % 2], f"2025-{n // 28 + 1:02}-{n % 28 + 1:02}")
        for n in range(first, last)
    ]


def test_a_long_history_is_loaded_whole_and_again_without_a_change(parts: Services) -> None:
    load_radar(parts, entry("Zig", *days(0, 120)))
    found = technology(parts, "Zig")
    assert (len(found.moves), found.move_count) == (SHOWN_MOVES, 120)
    rings = [move.ring for move in everything(parts[0].moves, "zig")]
    assert rings == [ring for ring, _ in days(0, 120)][::-1]
    report = load_radar(parts, entry("Zig", *days(0, 120)))
    assert (report.already_there, report.is_clean) == (1, True)
    assert technology(parts, "Zig") == found


def test_a_missing_move_before_the_last_fifty_is_left_out_and_told(parts: Services) -> None:
    load_radar(parts, entry("Zig", *days(1, 60), *days(61, 100)))
    report = load_radar(parts, entry("Zig", *days(0, 101)))
    assert [note.what for note in report.left_out] == [
        "trial of 2025-01-01 is older than the last 50 moves"
    ]
    assert report.changed == 1
    moves = list(everything(parts[0].moves, "zig"))[::-1]
    assert [(move.ring, move.at[:10]) for move in moves] == days(1, 101)


def test_the_history_of_a_technology_born_of_a_project_gives_way(parts: Services) -> None:
    load_projects(parts, project(main=["Node.js"]))
    born = technology(parts, "Node.js")
    said = entry("NodeJS", ("adopt", "2024-05-10"), url="https://example.org")
    load_radar(parts, said | {"description": "Frameworks"})
    grown = technology(parts, "NodeJS")
    assert grown.id == born.id
    assert (grown.name, grown.aliases, grown.quadrant) == ("NodeJS", ("Node.js",), "frameworks")
    assert [move.ring for move in grown.moves] == ["adopt"]
    assert grown.project_count == 1


def test_a_technology_that_a_reviewer_moved_keeps_that_move(parts: Services) -> None:
    load_projects(parts, project(main=["Zig"]))
    parts[0].move("zig", "hold", "mind", CALLER)
    load_radar(parts, entry("Zig", ("adopt", "2024-05-10")))
    assert [move.ring for move in technology(parts, "Zig").moves] == ["adopt", "review", "hold"]


@pytest.mark.parametrize(
    ("known", "named"),
    [("NodeJS", "Node.js"), ("Postgres", "postgresql"), ("DynamoDB", "AWS DynamoDB")],
)
def test_other_spellings_name_the_technology_of_the_radar(
    parts: Services, known: str, named: str
) -> None:
    load_radar(parts, entry(known, ("adopt", "2024-05-10")))
    report = load_projects(parts, project(main=[named]))
    assert not report.born
    assert technology(parts, known).project_count == 1


def test_an_alias_that_another_technology_has_is_not_given(parts: Services) -> None:
    load_radar(parts, entry("Node.js", ("adopt", "2024-05-10")))
    taken = technology(parts, "Node.js")
    parts[0].replace(taken, replace(taken, aliases=()), None)
    report = load_radar(parts, entry("NodeJS", ("adopt", "2024-05-10")))
    assert technology(parts, "NodeJS").aliases == ()
    assert "another technology goes by Node.js" in report.mends[0].what


def test_two_entries_that_are_one_technology_in_the_register(parts: Services) -> None:
    load_radar(parts, entry("NodeJS", ("adopt", "2024-05-10")))
    both = [entry(title, ("adopt", "2024-05-10")) for title in ("NodeJS", "Node.js")]
    report = load_radar(parts, *both)
    assert [note.what for note in report.left_out] == ["goes by a name of entries/0"]


def test_two_names_of_one_technology_are_one_use_and_main(parts: Services) -> None:
    load_radar(parts, entry("NodeJS", ("adopt", "2024-05-10")))
    report = load_projects(parts, project(main=["Node.js"], others=["NodeJS", "nodejs"]))
    (stored,) = whole(parts)[1]
    assert [(use.technology, use.main) for use in stored.technologies] == [("nodejs", True)]
    assert len(report.mends) == 2
    assert not report.left_out


def test_a_name_that_is_the_id_of_one_born_with_it_is_one_use(parts: Services) -> None:
    load_projects(parts, project(main=["C++", "c-plus-plus"]))
    (stored,) = whole(parts)[1]
    assert [use.technology for use in stored.technologies] == ["c-plus-plus"]


def test_the_first_forty_technologies_are_kept(parts: Services) -> None:
    report = load_projects(parts, project(main=[f"L{n}" for n in range(42)]))
    assert len(whole(parts)[1][0].technologies) == 40
    assert [note.what.split(":")[0] for note in report.left_out] == ["L40", "L41"]


def test_a_load_may_bring_more_into_being_than_a_caller_in_a_day(parts: Services) -> None:
    for n in range(2):
        names = [f"Tool {n} {m}" for m in range(40)]
        assert load_projects(parts, project(f"Zebra {n}", main=names)).is_clean
    assert len(whole(parts)[0]) == 80


def test_a_project_that_is_too_large_is_left_out_and_told(parts: Services) -> None:
    links = [f"https://example.org/{'x' * 2000}/{n}" for n in range(50)]
    large = project() | {"details": {"name": "Zebra", "documentation_link": links}}
    report = load_projects(parts, large, project("Yak"))
    assert [each.name for each in whole(parts)[1]] == ["Yak"]
    assert "at most 65536" in report.left_out[0].what


def test_contacts_are_stored(parts: Services) -> None:
    load_projects(parts, project() | {"user": [{"email": "a@example.org"}]})
    assert parts[1].get("zebra").contacts[0].email == "a@example.org"


def test_a_project_added_by_somebody_else_meanwhile_is_there_already(parts: Services) -> None:
    report = Report("projects.json")
    register = Register(*parts)
    given: list[object] = [project("Yak"), project("Zebra")]
    for record in read_projects(places(given, report), report):
        register.take_project(record)
        if record.draft.name == "Yak":
            parts[1].create(Project("zebra"), CALLER)
    assert (report.added, report.already_there) == (1, 1)


def test_a_register_is_empty_only_without_projects_and_technologies(parts: Services) -> None:
    assert Register(*parts).is_empty()
    load_radar(parts, entry("Zig", ("adopt", "2024-05-10")))
    assert not Register(*parts).is_empty()


class _Interrupting(Technologies):
    """Somebody else writes between this one's read and its write, a few times."""

    def __init__(self, inner: Technologies, write: Callable[[Technology], None]) -> None:
        self.__dict__ = inner.__dict__
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
    technologies = parts[0]

    def reviewer(current: Technology) -> None:
        technologies.move(current.id, "hold", f"{current.version}", CALLER)

    busy = _Interrupting(Technologies(*_inner(technologies)), reviewer)
    load_radar((busy, parts[1]), entry("Zig", ("trial", "2024-06-10")))
    rings = [move.ring for move in technology(parts, "Zig").moves]
    assert rings == ["assess", "trial", "hold", "hold", "hold"]


def _inner(technologies: Technologies) -> Any:
    return technologies._store, technologies._clock
