"""The loader reads an export back without a loss."""

import csv
import io
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.bootstrap import Services
from chalicelib.errors import NameTakenError
from chalicelib.models.project import Contact, Hosting, Project, Use
from chalicelib.models.technology import SHOWN_MOVES, Move, Technology
from chalicelib.models.text import name_key
from chalicelib.services.clock import timestamp
from tests.support import registers
from tests.support.api import ROOT
from tests.support.exporting import (
    FORM,
    SHIPPED,
    copy_of,
    empty,
    exported,
    loaded,
    projects_of,
    require_whole,
    said,
)
from tests.support.loading import load_projects, load_radar
from tools.export.command import (
    content_of,
    projects_document,
    radar_document,
)
from tools.load.contacts import LONG, SHORT

FIXTURE = json.loads((ROOT / "tests/data/ons_directorate_fixture.json").read_text())
A, TRACKING = "a@example.org", "project-tracking"
unhurried = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture
def parts() -> Services:
    return empty()


@unhurried
@given(registers.technologies(), st.lists(registers.projects, max_size=4))
def test_any_register_is_read_back(technologies: list[Technology], projects: list[Project]) -> None:
    parts = empty()
    for technology in technologies:
        with suppress(NameTakenError):  # its id is the name of another technology
            parts.technologies.create(technology, None)
    for project in {project.name_key: project for project in projects}.values():
        known = parts.technologies.resolve(use.technology for use in project.technologies)

        def key_of(use: Use, known: Any = known) -> tuple[str, str]:
            found = known.get(use.technology)
            return (found.id if found else name_key(use.technology)), use.category

        uses = {key_of(use): use for use in project.technologies}
        parts.projects.admit(replace(project, technologies=tuple(uses.values())))
    require_whole(parts)


def rows_of(records: Iterable[dict[str, str]]) -> bytes:
    out = io.StringIO()
    records = list(records)
    writer = csv.DictWriter(out, dict.fromkeys(name for record in records for name in record))
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def test_the_shipped_data_is_read_back(parts: Services) -> None:
    loaded(parts, *(path.read_bytes() for path in SHIPPED))
    require_whole(parts)
    assert exported(copy_of(parts)) == exported(parts)


def test_the_digital_landscapes_fixture_is_read_back(parts: Services) -> None:
    """The moves of directorates do not change the default ring."""
    radar = json.dumps(FIXTURE["radar"]).encode()
    loaded(parts, radar, rows_of(FIXTURE["projects_csv_shape"]))
    assert len(projects_of(parts)) == 12
    assert {each.name: each.rings for each in parts.technologies.on_radar() if each.rings} == {
        "C#": {"1": "adopt"},
        "PL/SQL": {"2": "adopt"},
        "R": {"1": "adopt"},
    }
    require_whole(parts)


def test_a_whole_audit_form_is_unchanged(parts: Services) -> None:
    load_projects(parts, FORM)
    assert projects_document(parts) == {"projects": [FORM]}


def test_an_empty_form_has_every_member(parts: Services) -> None:
    """The services read members without a check whether they exist."""
    load_projects(parts, {"details": {"name": "Zebra"}})
    form = projects_document(parts)["projects"][0]
    assert form["developed"] == ["", ""]
    assert [form[name] for name in ("user", "source_control", "stage")] == [[], [], ""]
    for part in ("architecture", "supporting_tools"):
        assert form[part].keys() == FORM[part].keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("developed", "out"),
    [
        (["In House"], ["In House", ""]),
        ("Outsource", ["Outsourced", ""]),
        (["Partnership", ["Co", "Other"]], ["Partnership", "Co, Other"]),
    ],
)
def test_how_it_is_developed_has_two_parts(parts: Services, developed: Any, out: Any) -> None:
    """The Digital Landscape shows `In House with` if the second part is missing."""
    load_projects(parts, {"details": {"name": "Zebra"}, "developed": developed})
    assert projects_document(parts)["projects"][0]["developed"] == out


def test_several_names_in_a_text_have_semicolons(parts: Services) -> None:
    tools = {"project_tracking": "Jira; Trello", "incident_management": {"main": "PagerDuty"}}
    load_projects(parts, {"details": {"name": "Zebra"}, "supporting_tools": tools})
    form = projects_document(parts)["projects"][0]
    assert form["supporting_tools"]["project_tracking"] == "Jira;Trello"
    assert form["supporting_tools"]["incident_management"] == "PagerDuty"


def test_projects_are_sorted_by_name_and_entries_by_quadrant_and_title(parts: Services) -> None:
    load_projects(parts, *({"details": {"name": name}} for name in ("zebra", "Ant", "bee")))
    load_radar(parts, {"title": "vue"} | DRAWN, {"title": "Zig"} | TOLD, {"title": "ada"} | TOLD)
    found = projects_document(parts)["projects"]
    assert [form["details"][0]["name"] for form in found] == ["Ant", "bee", "zebra"]
    entries = radar_document(parts, "Radar")["entries"]
    assert [entry["title"] for entry in entries] == ["ada", "Zig", "vue"]


TOLD: dict[str, Any] = {
    "description": "Languages",
    "timeline": [{"ringId": "ignore", "date": "2024-05-10"}],
}
DRAWN = TOLD | {"description": "Frameworks"}


def test_hidden_rings_and_every_move_are_in_the_radar(parts: Services) -> None:
    day = datetime(2024, 5, 10, tzinfo=UTC)
    rings = [("review", "hold")[n % 2] for n in range(SHOWN_MOVES * 3 + 7)]
    moves = [Move(ring, timestamp(day + timedelta(n))) for n, ring in enumerate(rings)]
    parts.technologies.create(Technology("Zig", "languages", tuple(moves)), None)
    entry = radar_document(parts, "Radar")["entries"][0]
    assert [move["ringId"] for move in entry["timeline"]] == rings
    assert [move["moved"] for move in entry["timeline"][:3]] == [0, 1, -1]
    require_whole(parts)


def test_the_export_has_the_current_name_of_a_technology(parts: Services) -> None:
    load_projects(parts, FORM)
    found = parts.technologies.get("python")
    parts.technologies.replace(found, replace(found, name="CPython"), None)
    form = projects_document(parts)["projects"][0]
    assert form["architecture"]["languages"]["main"] == ["CPython"]


@pytest.mark.parametrize(
    ("kept", "back"),
    [
        ({"hosting": Hosting((), ("AWS",))}, {"hosting": Hosting(("cloud",), ("AWS",))}),
        ({"environments": ("prod", "dev")}, {"environments": ("dev", "prod")}),
        ({"description": " a ", "short_name": "NULL"}, {"description": "a"}),
        ({"contacts": (Contact(A, (LONG,)),)}, {"contacts": (Contact(A, (SHORT,)),)}),
        ({"technologies": (Use("A;b", "cicd"),)}, {"technologies": {("A", "cicd"), ("b", "cicd")}}),
        ({"technologies": (Use("None", "cicd"),)}, {}),
        ({"technologies": (Use("A", TRACKING, True),)}, {"technologies": {("A", TRACKING)}}),
        (
            {"technologies": (Use("A, b", TRACKING),)},
            {"technologies": {("A", TRACKING), ("b", TRACKING)}},
        ),
    ],
)
def test_values_that_a_load_normalises(
    parts: Services, kept: dict[str, Any], back: dict[str, Any]
) -> None:
    """docs/moving-over.md lists these cases."""
    parts.projects.admit(Project("Zebra", **kept))
    uses = {(name, category, False) for name, category in back.pop("technologies", ())}
    copy = empty()
    loaded(copy, content_of(projects_document(parts)))
    assert projects_of(copy) == [(said(Project("Zebra", **back))[0], uses)]


def test_another_kind_of_source_control_is_named_in_the_description(parts: Services) -> None:
    form = {"details": {"name": "Zebra"}, "source_control": [{"type": "Bitbucket", "links": []}]}
    load_projects(parts, form)
    assert projects_document(parts)["projects"][0]["source_control"] == [
        {"type": "Other", "links": [{"url": "", "description": "Bitbucket"}]}
    ]
    require_whole(parts)


def test_two_exports_are_equal(parts: Services) -> None:
    loaded(parts, *(path.read_bytes() for path in SHIPPED))
    first, second = (content_of(radar_document(parts, "Radar")) for _ in range(2))
    assert first == second
    titles = [e["quadrant"] for e in json.loads(first)["entries"]]
    assert [key for key, _ in groupby(titles)] == ["1", "2", "3", "4"]
