"""Records of a newer release: unknown members are kept, and not shown."""

from typing import Any

import pytest

from chalicelib.bootstrap import open_store
from chalicelib.models.project import Project
from chalicelib.models.technology import SHOWN_MOVES, Technology
from tests.contract.test_releases import NEWER, PROJECT, TECHNOLOGY, rests
from tests.support.api import Api, P, T

SDX, PYTHON = f"{P}/sdx", f"{T}/python"


@pytest.fixture
def upgraded(client: Api) -> Api:
    """The API with a project and a technology that a newer release has written."""
    store = open_store(client.settings)
    store.technologies.add(TECHNOLOGY)
    store.projects.add(PROJECT)
    return client


def found(api: Api) -> tuple[Project, Technology]:
    store = open_store(api.settings)
    project, technology = store.projects.get("sdx"), store.technologies.get("python")
    assert project
    assert technology
    return project, technology


@pytest.mark.parametrize(
    ("method", "path", "change"),
    [
        ("PATCH", SDX, {"stage": "unsupported"}),
        ("PUT", SDX, {"name": "The exchange"}),
        ("PUT", f"{SDX}/contacts", {}),
    ],
)
def test_a_write_keeps_what_it_does_not_know_of_a_project(
    upgraded: Api, method: str, path: str, change: dict[str, Any]
) -> None:
    """No answer shows it, because each answer is checked against the contract."""
    admin = upgraded.audit_admin()
    read = admin.get(path)
    body = {**read.json, **change} if method == "PUT" else change
    assert admin(method, path, body, if_match=read.etag).status == 200
    assert rests(found(upgraded)[0]) == rests(PROJECT)


def test_what_is_replaced_is_gone_and_the_rest_stays(upgraded: Api) -> None:
    change = {
        "development": {"type": "outsourced", "company": ""},
        "repositories": [{"type": "github"}],
    }
    assert upgraded.audit_admin()("PATCH", SDX, change, if_match="*").status == 200
    assert rests(found(upgraded)[0]) == [NEWER, {}, NEWER, NEWER, NEWER, NEWER]


def test_a_write_keeps_what_it_does_not_know_of_a_technology(upgraded: Api) -> None:
    admin = upgraded.radar_admin()
    assert admin("PATCH", PYTHON, {"tags": ["data"]}, if_match="*").status == 200
    assert admin("POST", f"{PYTHON}/moves", {"ring": "hold"}).status == 201
    technology = found(upgraded)[1]
    kept = [move.rest for move in TECHNOLOGY.moves[1 - SHOWN_MOVES :]]
    assert [technology.rest, *(move.rest for move in technology.moves)] == [NEWER, *kept, {}]
    for path in (f"{PYTHON}/moves", "/api/v1/radar"):
        assert upgraded.get(path).status == 200
