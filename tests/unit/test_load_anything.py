"""Any document gives valid records and a report. Inputs are generated with hypothesis."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.bootstrap import services
from chalicelib.models.project import Project, contact_document, project_document
from chalicelib.models.technology import technology_document
from chalicelib.routes.bodies.common import parse
from chalicelib.routes.bodies.project import (
    ContactListChangeBody,
    NewProjectBody,
    TechnologyUseBody,
)
from chalicelib.routes.bodies.technology import NewMoveBody, WritableTechnology
from chalicelib.stores.sqlite import SqliteStore
from tests.support.loading import entries_in, projects_in
from tools.load.command import load
from tools.load.decoding import UnreadableError
from tools.load.projects import read_projects
from tools.load.reading import PROJECTS, PROJECTS_CSV, RADAR, Source, places, read
from tools.load.register import Register
from tools.load.report import Report
from tools.load.spreadsheet import rows

KEYS = (
    *("name", "short_name", "details", "user", "email", "roles", "grade", "developed", "stage"),
    *("source_control", "type", "links", "url", "description", "architecture", "languages", "main"),
    *("others", "database", "hosting", "environments", "dev", "supporting_tools", "miscellaneous"),
    *("project_tracking", "other", "documentation_link", "title", "timeline", "ringId", "date"),
    *("quadrant", "author", "directorate", "quadrants", "rings", "entries", "id"),
)
TEXTS = (
    *("", "Zebra", "In House", "Cloud", "adopt", "2024-05-10", "Languages", "None", "{}", "a;;b"),
    *("https://example.org", "a@example.org", "\ufffd", "\x00", "\ud800", "x" * 250),
    "9999-12-31T23:59:59-23:00",
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(TEXTS)
    | st.text(st.characters(exclude_categories=()), max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)


def objects(*names: str, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects that mostly have these members, with any values."""
    return st.fixed_dictionaries(fixed, optional=dict.fromkeys(names, values))


technologies = objects("main", "others") | values
projects = objects(
    *("user", "developed", "source_control", "stage", "other"),
    details=objects("short_name", "description", "documentation_link", name=st.sampled_from(TEXTS)),
    architecture=st.dictionaries(st.sampled_from(KEYS), technologies, max_size=6) | values,
    supporting_tools=st.dictionaries(st.sampled_from(KEYS), values, max_size=6) | values,
)
moves = objects("description", "author", "directorate", ringId=scalars, date=scalars) | values
entries = objects(
    *("description", "url", "quadrant"),
    title=st.sampled_from(TEXTS),
    timeline=st.lists(moves, max_size=4) | values,
)
unhurried = settings(
    max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def require_writable(draft: Project) -> None:
    """Asserts that the API accepts the project, its uses and its contacts."""
    said = project_document(draft)
    for name in ("id", "version", "created_at", "updated_at"):
        said.pop(name)
    for use in said.pop("technologies"):
        parse(TechnologyUseBody, use)
    assert parse(NewProjectBody, said).to_draft().name == draft.name
    if draft.contacts:
        parse(ContactListChangeBody, {"contacts": [contact_document(c) for c in draft.contacts]})


def require_taken_or_reported(found: list[Any], report: Report, places: set[str]) -> None:
    taken = {each.where.record for each in found}
    assert taken | {note.place.split(" ")[0].rstrip(",") for note in report.left_out} == places


@unhurried
@given(st.lists(projects | values, max_size=4))
def test_any_project_is_taken_or_reported(given_projects: list[Any]) -> None:
    found, report = projects_in(*given_projects)
    for each in found:
        require_writable(each.draft)
    require_taken_or_reported(found, report, {f"projects/{n}" for n in range(len(given_projects))})
    assert report.read == len(given_projects)


@unhurried
@given(st.lists(entries | values, max_size=4), values, values)
def test_any_radar_entry_is_taken_or_reported(
    given_entries: list[Any], quadrants: Any, rings: Any
) -> None:
    found, report = entries_in(*given_entries, quadrants=quadrants, rings=rings)
    for each in found:
        said = technology_document(each.draft)
        for move in said["moves"]:
            parse(NewMoveBody, {"ring": move["ring"], "note": move["note"]})
        writable = ("name", "quadrant", "aliases", "tags", "description", "link")
        parse(WritableTechnology, {name: said[name] for name in writable})
    require_taken_or_reported(found, report, {f"entries/{n}" for n in range(len(given_entries))})


@unhurried
@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_rows_of_a_csv_are_taken_or_reported(text: str) -> None:
    report = Report("projects.csv")
    header = "Project,Documentation,Repo,Hosted,CICD,Developed,Technical_Contact\n"
    for each in read_projects(list(rows(header + text, report)), report):
        require_writable(each.draft)


@unhurried
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_file_is_one_of_the_three_or_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    with suppress(UnreadableError):
        assert read(path, Report("any")).kind in (RADAR, PROJECTS, PROJECTS_CSV)


@settings(unhurried, max_examples=30)
@given(st.lists(projects, max_size=4), st.lists(entries, max_size=4))
def test_any_document_can_be_loaded_twice(given_projects: list[Any], given_entries: Any) -> None:
    register = Register(services(SqliteStore(Path(":memory:"))))
    sources = Source(PROJECTS, given_projects), Source(RADAR, {"entries": given_entries})
    for source in sources:
        load(source, register, Report("first"))
    for source in sources:
        again = Report("again")
        load(source, register, again)
        assert (again.added, again.changed) == (0, 0)


@pytest.mark.parametrize("depth", [900, 100_000])
def test_a_deeply_nested_file_is_no_surprise(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "deep.json"
    path.write_text('{"projects": [{"other": ' + "[" * depth + "]" * depth + "}]}")
    report = Report("deep.json")
    try:
        source = read(path, report)
    except UnreadableError:
        return
    assert list(read_projects(places(source.content, report), report)) == []
    assert len(report.left_out) == 1
