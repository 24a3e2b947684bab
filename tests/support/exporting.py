"""Registers, their exports, loads of the exports, and a filled-in audit form."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import Services, services
from chalicelib.models.directorate import Directorate, Directorates
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.models.technology import Technology
from chalicelib.stores.sqlite import SqliteStore
from tests.support.api import ROOT
from tools.export.command import PROJECTS, RADAR, content_of, projects_document, radar_document
from tools.load.command import load
from tools.load.reading import source_of
from tools.load.register import Register, everything
from tools.load.report import Report

SHIPPED = [ROOT / "data/ons_radar.json", ROOT / "data/ons_projects.json"]
UNSAID: dict[str, Any] = {"id": "", "version": 0, "created_at": "", "updated_at": ""}


def empty() -> Services:
    """An empty register with the directorates of the tests' moves."""
    parts = services(SqliteStore(Path(":memory:")))
    items = tuple(Directorate(n, f"D{n}", "#1f77b4", default=n == 0) for n in range(4))
    parts.directorates.replace(Directorates(), Directorates(items))
    return parts


def exported(parts: Services) -> dict[str, Any]:
    """Both documents. The radar is first, because it must be loaded first."""
    return {RADAR: radar_document(parts, "Radar"), PROJECTS: projects_document(parts)}


def loaded(parts: Services, *contents: bytes) -> list[Report]:
    reports = []
    for content in contents:
        reports.append(Report("given"))
        load(source_of(content, reports[-1]), Register(parts), reports[-1])
    return reports


def again(parts: Services) -> list[Report]:
    """The reports of loading a register's own export into it."""
    return loaded(parts, *map(content_of, exported(parts).values()))


def copy_of(parts: Services) -> Services:
    """An empty register that has loaded the export."""
    copy = empty()
    reports = loaded(copy, *map(content_of, exported(parts).values()))
    assert all(report.is_clean for report in reports), [report.left_out for report in reports]
    assert not any(report.not_carried or report.created for report in reports)
    return copy


def said(project: Project) -> Any:
    """A project without the values that a write sets. The order of its technologies is removed."""
    uses = {(use.name, use.category, use.main) for use in project.technologies}
    return replace(project, technologies=(), updated_by=None, **UNSAID), uses


def projects_of(parts: Services) -> list[Any]:
    texts = everything(parts.projects.find, ProjectQuery())
    return [said(parts.projects.get(json.loads(text)["id"])) for text in texts]


def technologies_of(parts: Services) -> list[Technology]:
    """All technologies with all moves, without the values that a write sets."""
    return [
        replace(
            each,
            moves=tuple(everything(parts.technologies.moves, each.id))[::-1],
            categories=tuple(sorted(each.categories)),
            project_count=0,
            updated_by=None,
            **UNSAID,
        )
        for each in parts.technologies.on_radar(all_rings=True)
    ]


def require_whole(parts: Services) -> None:
    """Asserts that a load of its own export changes nothing, and gives an equal copy."""
    before = exported(parts)
    for report in again(parts):
        assert report.is_clean
        assert report.corrections == []
        assert report.already_there == report.read
    assert exported(parts) == before
    copy = copy_of(parts)
    assert projects_of(copy) == projects_of(parts)
    assert technologies_of(copy) == technologies_of(parts)


def lists(main: str, *others: str) -> dict[str, list[str]]:
    return {"main": [main], "others": list(others)}


FORM = {
    "user": [
        {"email": "a@example.org", "roles": ["Technical Contact", "Editor"], "grade": "Grade 7"},
        {"email": "b@example.org", "roles": ["Delivery Manager"], "grade": "HEO"},
    ],
    "details": [
        {
            "name": "Zebra crossings",
            "short_name": "ZC",
            "programme_name": "Crossings",
            "programme_short_name": "C",
            "documentation_link": ["https://example.org/a", "https://example.org/b"],
            "project_description": "Counts crossings.\nAnd zebras.",
            "project_dependencies": [{"name": "Lions", "description": "Their times"}],
        }
    ],
    "developed": ["Partnership", "Co, Ltd"],
    "source_control": [
        {
            "type": "Github",
            "links": [
                {"url": "https://example.org/zebra", "description": "The code"},
                {"url": "https://example.org/docs", "description": ""},
            ],
        },
        {"type": "Gitlab", "links": []},
    ],
    "architecture": {
        "hosting": {"type": ["Hybrid"], "details": ["AWS", "A cupboard"]},
        "environments": {
            "dev": True,
            "int": False,
            "uat": True,
            "preprod": False,
            "prod": True,
            "postprod": False,
        },
        "database": lists("PostgreSQL", "Redis"),
        "languages": lists("Python", "C#", "PL/SQL"),
        "frameworks": lists("Django", "Flask"),
        "cicd": lists("Concourse", "GitHub Actions"),
        "infrastructure": lists("Terraform", "AWS Lambda"),
        "publishing": lists("Amazon ECR", "PyPI"),
    },
    "stage": "Active Support",
    "supporting_tools": {
        "code_editors": lists("VSCode", "vim"),
        "user_interface": lists("Figma", "Sketch"),
        "diagrams": lists("Draw.io", "Mermaid"),
        "project_tracking": "Jira",
        "documentation": lists("Confluence", "MkDocs"),
        "communication": lists("Slack", "Teams"),
        "collaboration": lists("GitHub", "SharePoint"),
        "incident_management": "ServiceNow",
        "miscellaneous": [{"name": "Postman", "description": "To try the API"}],
    },
}
