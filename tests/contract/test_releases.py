"""The contract between releases: records with other members than this release has."""

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
from chalicelib.models.technology import Move, Technology, technology_from
from chalicelib.stores.port import Store
from tests.contract.samples import (
    NOW,
    project,
    projects_of,
    searched,
    technologies_of,
    technology,
)

# What a newer release says beside what this one knows, and what it says in it.
NEWER = {"colour": "green", "owners": [{"name": "Ada"}]}
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
TECHNOLOGY = technology("python", moves=(Move("adopt", NOW, rest=NEWER),), rest=NEWER)


@pytest.fixture
def newer(store: Store) -> Store:
    """A store that a newer release has written."""
    store.technologies.add(TECHNOLOGY)
    store.projects.add(PROJECT)
    return store


def rests(project: Project) -> list[object]:
    assert project.development is not None
    parts: tuple[Any, ...] = (project, project.development, project.hosting, *project.repositories)
    return [part.rest for part in (*parts, *project.technologies, *project.contacts)]


def test_what_a_newer_release_has_written_is_read_without_its_members(newer: Store) -> None:
    found = newer.projects.get("sdx")
    assert found == PROJECT
    assert project_document(PROJECT).keys() == project_document(project("plain")).keys()
    assert projects_of(newer) == [replace(PROJECT, contacts=())]
    assert not [each for each in rests(projects_of(newer)[0]) if each]
    assert technologies_of(newer) == [replace(TECHNOLOGY, project_count=1)]
    assert not technologies_of(newer)[0].rest
    assert not technologies_of(newer)[0].moves[0].rest


def test_it_is_in_every_list(newer: Store) -> None:
    queries = [ProjectQuery(stage="development"), ProjectQuery(technology="python")]
    assert [len(projects_of(newer, query)) for query in queries] == [1, 1]
    assert searched(newer, "sdx") == ["sdx"]
    assert [found.id for found in newer.technologies.on_radar()] == ["python"]


def test_its_members_are_there_again_once_this_release_has_written(newer: Store) -> None:
    found = newer.projects.get("sdx")
    assert found is not None
    newer.projects.replace(found, replace(found, name="Renamed", version=2))
    again = newer.projects.get("sdx")
    assert again is not None
    assert rests(again) == rests(PROJECT)
    before = newer.technologies.get("python")
    assert before is not None
    moves = (*before.moves, Move("hold", NOW))
    newer.technologies.replace(before, replace(before, moves=moves, version=2))
    after = newer.technologies.get("python")
    assert after is not None
    assert [after.rest, *(move.rest for move in after.moves)] == [NEWER, NEWER, {}]


def test_what_an_older_release_has_written_has_defaults() -> None:
    """It had fewer members."""
    document: dict[str, Any] = {
        "id": "sdx",
        "name": "sdx",
        "technologies": [{"technology": "a", "category": "c"}],
    }
    assert project_from(document) == Project("sdx", id="sdx", technologies=(Use("a", "c"),))
    document = {
        "id": "a",
        "name": "A",
        "quadrant": "languages",
        "moves": [{"ring": "hold", "at": NOW}],
    }
    wanted = Technology("A", "languages", (Move("hold", NOW),), id="a", move_count=1)
    assert technology_from(document, 0) == wanted
