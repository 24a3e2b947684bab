"""How often an answer asks the store: on DynamoDB each of these is a call, one after another.

`resolve` is none where the process knows the names: the store remembers them for a minute.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.models.caller import DIGITAL_LANDSCAPE, TECH_AUDIT_TOOL, Caller
from chalicelib.models.project import Contact, Project, ProjectQuery, Use
from chalicelib.models.technology import Technology, TechnologyQuery
from chalicelib.services.projects import Projects
from chalicelib.services.radar import radar
from chalicelib.services.technologies import Technologies
from chalicelib.stores.sqlite import SqliteStore

ME = Caller(TECH_AUDIT_TOOL, "me@example.org")
RITA = Caller(DIGITAL_LANDSCAPE, "rita@example.org")


class Asked:
    """A part of a store that notes what it is asked."""

    def __init__(self, name: str, part: object, calls: list[str]) -> None:
        self._name = name
        self._part = part
        self._calls = calls

    def __getattr__(self, method: str) -> Any:
        self._calls.append(f"{self._name}.{method}")
        return getattr(self._part, method)


class Desk:
    """The services over a store that notes its calls, with a project `P` that uses Python."""

    def __init__(self) -> None:
        store = SqliteStore(Path(":memory:"))
        self.calls: list[str] = []
        technologies: Any = Asked("technologies", store.technologies, self.calls)
        projects: Any = Asked("projects", store.projects, self.calls)
        self.technologies = Technologies(technologies, lambda: datetime.now(UTC))
        self.projects = Projects(projects, self.technologies, lambda: datetime.now(UTC))
        first = self.technologies.first_move("adopt", RITA)
        for name in ("Python", "Cobol"):
            self.technologies.create(Technology(name, "languages", (first,)), RITA)
        self.projects.create(self.draft("P"), ME)
        self.calls.clear()

    def draft(self, name: str, technology: str = "Python") -> Project:
        return Project(name, technologies=(Use(technology, "languages"),))

    def write(self, name: str, technology: str = "Python") -> None:
        current = self.projects.for_writing("p", ME, "update-project")
        self.projects.replace(current, self.draft(name, technology), ME)

    def write_contacts(self) -> None:
        current = self.projects.for_writing("p", ME, "update-contacts")
        self.projects.replace_contacts(current, (Contact("you@example.org"),), ME)

    def edit(self) -> None:
        current = self.technologies.get("python")
        self.technologies.replace(current, current, RITA)


CASES: dict[str, tuple[Callable[[Desk], object], list[str]]] = {
    "one project": (lambda desk: desk.projects.get("p"), ["projects.get"]),
    "a list": (lambda desk: desk.projects.find(ProjectQuery(), None, 50), ["projects.find"]),
    "my projects": (lambda desk: desk.projects.of_caller(ME, None, 50), ["projects.of_contact"]),
    "who uses it": (lambda desk: desk.projects.of_technology("python", None, 9), ["projects.find"]),
    "nobody uses it": (
        lambda desk: desk.projects.of_technology("cobol", None, 9),
        ["projects.find", "technologies.get"],
    ),
    "a new project": (
        lambda desk: desk.projects.create(desk.draft("New"), ME),
        ["technologies.resolve", "projects.add"],
    ),
    "a new project with a birth": (
        lambda desk: desk.projects.create(desk.draft("New", "Zig"), ME),
        ["technologies.resolve", "projects.owner", "technologies.add", "projects.add"],
    ),
    "a changed project": (
        lambda desk: desk.write("Other"),
        ["projects.get", "technologies.resolve", "projects.replace"],
    ),
    "contacts": (lambda desk: desk.write_contacts(), ["projects.get", "projects.replace"]),
    "a removed project": (
        lambda desk: desk.projects.remove(desk.projects.get("p")),
        ["projects.get", "projects.remove"],
    ),
    "one technology": (lambda desk: desk.technologies.get("python"), ["technologies.get"]),
    "technologies": (
        lambda desk: desk.technologies.find(TechnologyQuery(), None, 50),
        ["technologies.find"],
    ),
    "a changed technology": (
        lambda desk: desk.edit(),
        ["technologies.get", "technologies.replace"],
    ),
    "a move": (
        lambda desk: desk.technologies.move("python", "hold", "", RITA),
        ["technologies.get", "technologies.replace"],
    ),
    "moves": (lambda desk: desk.technologies.moves("python", None, 9), ["technologies.moves"]),
    "radar": (lambda desk: radar(desk.technologies.on_radar(), "R"), ["technologies.on_radar"]),
}


@pytest.mark.parametrize("case", CASES)
def test_each_answer_asks_no_more_than_it_must(case: str) -> None:
    do, expected = CASES[case]
    desk = Desk()
    do(desk)
    assert desk.calls == expected
