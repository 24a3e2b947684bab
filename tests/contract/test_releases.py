"""The contract between releases: records with other members than those of this release."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.models.project import (
    Contact,
    Development,
    Hosting,
    Project,
    ProjectQuery,
    Repository,
    Use,
    project_document,
    project_from,
)
from chalicelib.models.technology import SHOWN_MOVES, Move, Technology, technology_from
from chalicelib.stores.port import Store
from tests.contract.samples import (
    NOW,
    change,
    project,
    projects_of,
    searched,
    technologies_of,
    technology,
    there,
)

# Members of a newer release, which are unknown to this one.
NEWER = {"colour": "grün", "owners": [{"name": "Ada"}, 1.50, None]}
PROJECT = project(
    "sdx",
    development=Development("in-house", rest=NEWER),
    hosting=Hosting(("cloud",), rest=NEWER),
    repositories=(Repository("github", rest=NEWER), Repository("other")),
    technologies=(Use("python", "languages", rest=NEWER),),
    contacts=(Contact("a@example.org", rest=NEWER),),
    stage="development",
    rest=NEWER,
)
MOVES = tuple(Move("adopt", NOW, note=f"{n}", rest={"n": n}) for n in range(SHOWN_MOVES + 9))
TECHNOLOGY = technology("python", moves=MOVES, rest=NEWER)


@pytest.fixture
def newer(store: Store) -> Store:
    """A store with records of a newer release."""
    store.technologies.add(TECHNOLOGY)
    store.projects.add(PROJECT)
    return store


def rests(project: Project) -> list[object]:
    assert project.development is not None
    parts: tuple[Any, ...] = (project, project.development, project.hosting, *project.repositories)
    return [part.rest for part in (*parts, *project.technologies, *project.contacts)]


def test_what_a_newer_release_has_written_is_read_without_its_members(newer: Store) -> None:
    assert there(newer.projects, "sdx") == PROJECT
    assert project_document(PROJECT).keys() == project_document(project("plain")).keys()
    (listed,) = projects_of(newer)
    assert listed == replace(PROJECT, contacts=())
    assert not any(rests(listed))
    (found,) = technologies_of(newer)
    assert found == replace(TECHNOLOGY, moves=MOVES[-SHOWN_MOVES:], project_count=1)
    assert not any([found.rest, *(move.rest for move in found.moves)])


def test_it_is_in_every_list(newer: Store) -> None:
    queries = [ProjectQuery(stage="development"), ProjectQuery(technology="python")]
    assert [len(projects_of(newer, query)) for query in queries] == [1, 1]
    assert searched(newer, "sdx") == ["sdx"]
    assert [found.id for found in newer.technologies.on_radar()] == ["python"]


def test_its_members_are_there_again_once_this_release_has_written(newer: Store) -> None:
    change(newer.projects, "sdx", name="Renamed")
    assert rests(there(newer.projects, "sdx")) == rests(PROJECT)
    moves = (*there(newer.technologies, "python").moves, Move("hold", NOW))
    change(newer.technologies, "python", moves=moves)
    page = newer.technologies.moves("python", None, 100)
    assert page is not None
    assert there(newer.technologies, "python").rest == NEWER
    assert [move.rest for move in page.items] == [{}, *(move.rest for move in reversed(MOVES))]


def test_what_an_older_release_has_written_has_defaults() -> None:
    """Its records had fewer members."""
    use = {"technology": "a", "category": "c"}
    found = project_from({"id": "sdx", "name": "sdx", "technologies": [use]})
    assert found == Project("sdx", id="sdx", technologies=(Use("a", "c"),))
    moves = [{"ring": "hold", "at": NOW}]
    document = {"id": "a", "name": "A", "quadrant": "languages", "moves": moves}
    wanted = Technology("A", "languages", (Move("hold", NOW),), id="a", move_count=1)
    assert technology_from(document, 0) == wanted
