"""The routes, with each route's authorizer on AWS and its rule."""

import re
from pathlib import Path

import pytest
from chalice.app import Chalice, CognitoUserPoolAuthorizer, IAMAuthorizer

from chalicelib.bootstrap import create_app
from chalicelib.routes.edge import UNKNOWN
from chalicelib.services.access import RULES
from chalicelib.settings import Settings
from tests.support.api import P, T, local_environment

TAT = "tech-audit-tool"
DL = "digital-landscape"
EITHER = "digital-landscape-or-tech-audit-tool"

# (path, method, authorizer, rule)
TABLE = {
    ("/", "GET", None, None),
    ("/health", "GET", None, None),
    ("/openapi.json", "GET", None, None),
    ("/docs", "GET", None, None),
    ("/docs/{file}", "GET", None, None),
    ("/api/v1/me", "GET", EITHER, "read-me"),
    ("/api/v1/me/projects", "GET", TAT, "list-my-projects"),
    (P, "GET", None, None),
    (P, "POST", TAT, "create-project"),
    (P + "/{project_id}", "GET", None, None),
    (P + "/{project_id}", "PUT", TAT, "update-project"),
    (P + "/{project_id}", "PATCH", TAT, "update-project"),
    (P + "/{project_id}", "DELETE", TAT, "delete-project"),
    (P + "/{project_id}/contacts", "GET", EITHER, "read-contacts"),
    (P + "/{project_id}/contacts", "PUT", TAT, "update-contacts"),
    (T, "GET", None, None),
    (T, "POST", DL, "create-technology"),
    (T + "/{technology_id}", "GET", None, None),
    ("/api/v1/directorates", "GET", None, None),
    ("/api/v1/directorates", "PUT", DL, "update-directorates"),
    (T + "/{technology_id}", "PUT", DL, "update-technology"),
    (T + "/{technology_id}", "PATCH", DL, "patch-technology"),
    (T + "/{technology_id}", "DELETE", DL, "delete-technology"),
    (T + "/{technology_id}/moves", "GET", None, None),
    (T + "/{technology_id}/authors", "GET", EITHER, "read-authors"),
    (T + "/{technology_id}/moves", "POST", DL, "move-technology"),
    (T + "/{technology_id}/merge", "POST", DL, "merge-technology"),
    (T + "/{technology_id}/projects", "GET", None, None),
    ("/api/v1/radar", "GET", None, None),
}
# A public GET answers HEAD too.
HEADS = {
    (path, "HEAD", None, None) for path, method, _, rule in TABLE if (method, rule) == ("GET", None)
}
# The route for a developer's sign-in on the page.
LOCAL_ALONE = {("/local/token", "POST", None, None)}


def concrete(path: str) -> str:
    """The path with ids."""
    return re.sub(r"\{\w+\}", "some", path)


def app_on(stage: str, state: Path) -> Chalice:
    settings = Settings.read(local_environment(state, LANDSCAPE_STAGE=stage))
    return create_app(settings, issue_token=lambda *_: "a token")


def routes_of(app: Chalice, prefix: str = "") -> set[tuple[str, str, str | None, str | None]]:
    """The routes without a prefix, or their copies under `prefix`."""
    return {
        (
            path.removeprefix(prefix) or "/",
            method,
            entry.authorizer.name if entry.authorizer else None,
            vars(entry.view_function)["route"].action,
        )
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if method != "OPTIONS"
        and not path.startswith(UNKNOWN)
        and path.startswith("/iam") == bool(prefix)
    }


def test_the_deployed_routes_are_the_table_and_nothing_else(tmp_path: Path) -> None:
    assert routes_of(app_on("dev", tmp_path)) == TABLE | HEADS


def test_every_route_stands_under_iam_a_second_time_behind_a_signature(tmp_path: Path) -> None:
    signed = {(path, method, "sigv4", rule) for path, method, _, rule in TABLE | HEADS}
    assert routes_of(app_on("dev", tmp_path), "/iam") == signed


def test_without_a_listed_role_there_is_no_path_under_iam(tmp_path: Path) -> None:
    none = {"TECH_AUDIT_TOOL_ROLE_ARNS": "", "DIGITAL_LANDSCAPE_ROLE_ARNS": ""}
    app = create_app(Settings.read(local_environment(tmp_path, LANDSCAPE_STAGE="dev", **none)))
    assert routes_of(app) == TABLE | HEADS
    assert routes_of(app, "/iam") == set()


def test_the_local_routes_are_the_same_without_authorizers(tmp_path: Path) -> None:
    assert routes_of(app_on("local", tmp_path)) - LOCAL_ALONE == {
        (path, method, None, rule) for path, method, _, rule in TABLE | HEADS
    }


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_no_deployed_stage_hands_out_development_tokens(tmp_path: Path, stage: str) -> None:
    """A stage in Lambda cannot be the local one: see tests/unit/test_settings.py."""
    assert routes_of(app_on("local", tmp_path)) >= LOCAL_ALONE
    paths = app_on(stage, tmp_path).routes
    assert "/local/token" not in paths
    assert not [path for path in paths if path.startswith(UNKNOWN)]


def test_every_rule_has_a_route() -> None:
    assert {rule for *_, rule in TABLE if rule} == RULES.keys()


def test_every_path_answers_preflights_without_an_authorizer(tmp_path: Path) -> None:
    """There are none under /iam, because no browser signs with a role."""
    for path, methods in app_on("dev", tmp_path).routes.items():
        assert ("OPTIONS" in methods) != path.startswith("/iam")
        assert "OPTIONS" not in methods or methods["OPTIONS"].authorizer is None


def test_the_authorizers_stand_for_the_existing_pools(tmp_path: Path) -> None:
    app = app_on("dev", tmp_path)
    pools = {pool.service: pool.arn for pool in Settings.read(local_environment(tmp_path)).pools}
    expected = {TAT: [pools[TAT]], DL: [pools[DL]], EITHER: [pools[DL], pools[TAT]]}
    for path, methods in app.routes.items():
        for entry in methods.values():
            if path.startswith("/iam"):
                assert isinstance(entry.authorizer, IAMAuthorizer)
            elif entry.authorizer:
                assert isinstance(entry.authorizer, CognitoUserPoolAuthorizer)
                swagger = entry.authorizer.to_swagger()["x-amazon-apigateway-authorizer"]
                assert swagger["providerARNs"] == expected[entry.authorizer.name]
                assert entry.authorizer.scopes == []


def test_one_name_for_each_place_of_a_path(tmp_path: Path) -> None:
    """Chalice accepts `/a/{x}` with `/a/{y}/w`, but API Gateway refuses it."""
    names: dict[tuple[str, ...], set[str]] = {}
    for path in app_on("dev", tmp_path).routes:
        parts = path.split("/")
        for n, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault(tuple(parts[:n]), set()).add(part)
    assert all(len(found) == 1 for found in names.values())
