"""Records of a newer release: what this one does not know it keeps, and does not show."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.bootstrap import open_store
from chalicelib.models.project import Project
from chalicelib.models.technology import Technology
from tests.support import Answer, Api

LATER = {"later": ["as the next release says it"]}
P = "/api/v1/projects/census"
T = "/api/v1/technologies/python"
BODY = {
    "name": "Census",
    "development": {"type": "outsourced", "company": "Contoso"},
    "hosting": {"types": ["cloud"]},
    "repositories": [{"type": "github"}, {"type": "gitlab"}],
    "technologies": [{"technology": "Python", "category": "languages"}],
}


def marked(project: Project) -> Project:
    assert project.development
    return replace(
        project,
        rest=LATER,
        development=replace(project.development, rest=LATER),
        hosting=replace(project.hosting, rest=LATER),
        repositories=tuple(replace(each, rest=LATER) for each in project.repositories),
        technologies=tuple(replace(each, rest=LATER) for each in project.technologies),
        contacts=tuple(replace(each, rest=LATER) for each in project.contacts),
    )


def rests(project: Project) -> list[object]:
    assert project.development
    return [
        project.rest,
        project.development.rest,
        project.hosting.rest,
        *(each.rest for each in project.repositories),
        *(each.rest for each in project.technologies),
        *(each.rest for each in project.contacts),
    ]


@pytest.fixture
def upgraded(client: Api) -> Api:
    """With a project and a technology as a newer release has written them."""
    client.auditor()("POST", "/api/v1/projects", BODY)
    client.radar_admin()("POST", f"{T}/moves", {"ring": "adopt"})
    store = open_store(client.settings)
    project, technology = found(client)
    store.projects.replace(project, marked(project))
    moves = tuple(replace(move, rest=LATER) for move in technology.moves)
    store.technologies.replace(technology, replace(technology, moves=moves, rest=LATER))
    return client


def found(api: Api) -> tuple[Project, Technology]:
    store = open_store(api.settings)
    project, technology = store.projects.get("census"), store.technologies.get("python")
    assert project
    assert technology
    return project, technology


def patch(api: Api) -> Answer:
    return api.auditor()("PATCH", P, {"stage": "development"}, if_match="*")


def put(api: Api) -> Answer:
    read = api.get(P)
    return api.auditor()("PUT", P, {**read.json, "name": "The census"}, if_match=read.etag)


def put_contacts(api: Api) -> Answer:
    read = api.auditor().get(f"{P}/contacts")
    return api.auditor()("PUT", f"{P}/contacts", read.json, if_match=read.etag)


@pytest.mark.parametrize("write", [patch, put, put_contacts])
def test_a_write_keeps_what_it_does_not_know_of_a_project(
    upgraded: Api, write: Callable[[Api], Answer]
) -> None:
    """And shows none of it: each answer is held against the contract."""
    assert write(upgraded).status == 200
    assert rests(found(upgraded)[0]) == [LATER] * 7


def test_what_is_replaced_is_gone_and_the_rest_stays(upgraded: Api) -> None:
    change = {
        "development": {"type": "in-house", "company": ""},
        "repositories": [{"type": "gitlab"}],
    }
    assert upgraded.auditor()("PATCH", P, change, if_match="*").status == 200
    assert rests(found(upgraded)[0]) == [LATER, {}, LATER, LATER, LATER, LATER]


def test_a_write_keeps_what_it_does_not_know_of_a_technology(upgraded: Api) -> None:
    admin = upgraded.radar_admin()
    assert admin("PATCH", T, {"tags": ["data"]}, if_match="*").status == 200
    assert admin("POST", f"{T}/moves", {"ring": "hold"}).status == 201
    technology = found(upgraded)[1]
    assert technology.rest == LATER
    assert [move.rest for move in technology.moves] == [LATER, LATER, {}]
    assert upgraded.get(f"{T}/moves").status == 200
    assert upgraded.get("/api/v1/radar").status == 200
