"""Documents for the loader, and the records and reports that they give."""

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.bootstrap import Services
from chalicelib.models.project import Project
from chalicelib.models.technology import Technology
from tools.load.projects import read_projects
from tools.load.radar import read_radar
from tools.load.reading import PROJECTS_CSV, Found, places, source_of
from tools.load.register import Register
from tools.load.report import Note, Report
from tools.load.spreadsheet import rows

ADOPTED = ("adopt", "2024-05-10")


def project(name: str = "Zebra", **languages: list[str]) -> dict[str, Any]:
    return {"details": {"name": name}, "architecture": {"languages": languages}}


def timeline(*moves: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"ringId": ring, "date": date} for ring, date in moves]


def entry(title: str = "Zig", *moves: tuple[str, str], **fields: Any) -> dict[str, Any]:
    said = {"title": title, "description": "Languages", "timeline": timeline(*moves or [ADOPTED])}
    return said | fields


def projects_in(*projects: Any) -> tuple[list[Found[Project]], Report]:
    report = Report("projects.json")
    return list(read_projects(places(projects, report), report)), report


def file_of(content: bytes) -> tuple[list[Project], Report]:
    """The projects in a file of any kind."""
    report = Report("given")
    source = source_of(content, report)
    given = (rows if source.kind == PROJECTS_CSV else places)(source.content, report)
    return [found.draft for found in read_projects(given, report)], report


def names_in(content: bytes) -> list[str]:
    return [draft.name for draft in file_of(content)[0]]


def entries_in(*entries: Any, **parts: Any) -> tuple[list[Found[Technology]], Report]:
    report = Report("radar.json")
    return read_radar({"entries": list(entries), **parts}, report), report


def load_projects(services: Services, *projects: Any) -> Report:
    found, report = projects_in(*projects)
    return _taken(found, report, Register(services).take_project)


def load_radar(services: Services, *entries: Any) -> Report:
    found, report = entries_in(*entries)
    return _taken(found, report, Register(services).take_technology)


def told(notes: Iterable[Note]) -> str:
    return "\n".join(map(str, notes))


def _taken(found: list[Any], report: Report, take: Callable[[Any], None]) -> Report:
    for each in found:
        take(each)
    return report
