"""The Swagger that Chalice's deployer sends API Gateway, with roles and without."""

from pathlib import Path
from typing import Any

import pytest
from chalice.deploy.swagger import SwaggerGenerator

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings
from tests.api.test_routes import HEADS, TABLE
from tests.support.api import local_environment
from tests.support.signing import IAM

MOST_RESOURCES = 300  # the limit for a REST API, by AWS's documentation
SIGNED: list[dict[str, list[str]]] = [{"sigv4": []}]
ROLE = "arn:aws:iam::123456789012:role/nightly-job"


def swagger(place: Path, role: str) -> dict[str, Any]:
    """The Swagger with this role for one of the services, or with none for ""."""
    roles = {"TECH_AUDIT_TOOL_ROLE_ARNS": role, "DIGITAL_LANDSCAPE_ROLE_ARNS": ""}
    environment = local_environment(place, LANDSCAPE_STAGE="dev", **roles)
    app = create_app(Settings.read(environment))
    function = {"api_handler_arn": "arn:aws:lambda:eu-west-2:123456789012:function:api"}
    made: dict[str, Any] = SwaggerGenerator("eu-west-2", function).generate_swagger(app)
    return made


def resources(document: dict[str, Any]) -> set[str]:
    """The resources, as API Gateway counts them: the root, and one for each part of a path."""
    paths = (path.strip("/").split("/") for path in document["paths"])
    return {"/".join(parts[:count]) for parts in paths for count in range(len(parts) + 1)}


def test_every_method_under_iam_needs_a_signature_and_no_other(tmp_path: Path) -> None:
    document = swagger(tmp_path, ROLE)
    found = {
        (path, method.upper()): operation.get("security")
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    signed = {place for place, security in found.items() if security == SIGNED}
    assert signed == {place for place in found if f"{place[0]}/".startswith(f"{IAM}/")}
    assert signed == {((IAM + path).rstrip("/"), method) for path, method, *_ in TABLE | HEADS}
    assert all(SIGNED[0] not in (found[place] or []) for place in found.keys() - signed)
    definition = document["securityDefinitions"]["sigv4"]
    assert definition["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_a_first_role_adds_what_is_under_iam_and_the_last_one_takes_it_away(
    tmp_path: Path,
) -> None:
    without, listed = swagger(tmp_path, ""), swagger(tmp_path, ROLE)
    assert not [path for path in without["paths"] if path.startswith(IAM)]
    assert "sigv4" not in without["securityDefinitions"]
    assert {path: listed["paths"][path] for path in without["paths"]} == without["paths"]
    assert listed["paths"].keys() - without["paths"].keys() == {
        (IAM + path).rstrip("/") for path, *_ in TABLE
    }


@pytest.mark.parametrize(("role", "count"), [("", 20), (ROLE, 40)])
def test_the_resources_are_far_fewer_than_an_api_may_have(
    tmp_path: Path, role: str, count: int
) -> None:
    """docs/infrastructure.md has the figures."""
    found = resources(swagger(tmp_path, role))
    assert len(found) == count
    assert len(found) < MOST_RESOURCES // 2
