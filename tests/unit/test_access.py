"""The policies that `landscape access` prints, against the routes and the rules."""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.bootstrap import create_app
from chalicelib.models.caller import DIGITAL_LANDSCAPE, SERVICES, TECH_AUDIT_TOOL
from chalicelib.models.identity import Role
from chalicelib.services.access import RULES
from chalicelib.settings import Settings
from ops.access import (
    MANAGED,
    OF_AN_API,
    READS,
    AccessError,
    resource_policy,
    role_policy,
    service_of,
    size_of,
)
from tests.api.test_routes import TABLE, concrete
from tests.support.api import local_environment

OWN, OTHER = "123456789012", "210987654321"
STAGE_ARN = f"arn:aws:execute-api:eu-west-2:{OWN}:abc123/dev"
ROLE_HERE = f"arn:aws:iam::{OWN}:role/audits"
ROLE_ELSEWHERE = f"arn:aws:iam::{OTHER}:role/services/radars"
ROLES = (Role(TECH_AUDIT_TOOL, ROLE_HERE), Role(DIGITAL_LANDSCAPE, ROLE_ELSEWHERE))
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
PATHS = sorted({concrete(path) for path, *_ in TABLE})
# Ids that look like other paths.
TRAPS = ["/api/v1/projects/iam", "/api/v1/technologies/iam", "/docs/iam", "/iam2/api/v1/me"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Chalice:
    state = tmp_path_factory.mktemp("state")
    return create_app(Settings.read(local_environment(state, LANDSCAPE_STAGE="dev")))


def matches(pattern: str, arn: str) -> bool:
    """Matches as IAM does: `*` is any text, slashes included, and `?` is any character."""
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, arn) is not None


def allows(statement: dict[str, Any], arn: str) -> bool:
    assert (statement["Effect"], statement["Action"]) == ("Allow", "execute-api:Invoke")
    return any(matches(pattern, arn) for pattern in statement["Resource"])


def under_iam(path: str) -> str:
    return f"/iam{path}".rstrip("/")


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("service", SERVICES)
def test_a_role_may_call_what_the_rules_let_its_service_do_and_nothing_else(
    app: Chalice, service: str, read_only: bool
) -> None:
    (statement,) = role_policy(app, service, STAGE_ARN, read_only=read_only)["Statement"]
    for path, method, _, rule in TABLE:
        arn = f"{STAGE_ARN}/{method}{under_iam(concrete(path))}"
        may = rule is None or service in RULES[rule].groups
        assert allows(statement, arn) == (may and (method in READS or not read_only)), arn
    for method, path in product(METHODS, [*PATHS, *TRAPS]):
        assert not allows(statement, f"{STAGE_ARN}/{method}{path}")


def test_a_role_may_call_no_other_stage_and_no_other_api(app: Chalice) -> None:
    others = [
        STAGE_ARN.removesuffix("dev") + "prod",
        STAGE_ARN.replace("abc123", "def456"),
        STAGE_ARN.replace(OWN, OTHER),
        STAGE_ARN.replace("eu-west-2", "eu-west-1"),
    ]
    for service, other, (path, method, *_) in product(SERVICES, others, TABLE):
        (statement,) = role_policy(app, service, STAGE_ARN, read_only=False)["Statement"]
        assert not allows(statement, f"{other}/{method}{under_iam(concrete(path))}")


def test_the_apis_policy_opens_iam_to_the_listed_roles_and_the_rest_to_everybody(
    app: Chalice,
) -> None:
    statements = resource_policy(app, ROLES, OWN, "dev")["Statement"]
    assert [one["Principal"] for one in statements] == ["*", {"AWS": [ROLE_ELSEWHERE]}]
    everybody, listed = statements
    preflights = {(path, "OPTIONS") for path, *_ in TABLE}
    for path, method in {(path, method) for path, method, *_ in TABLE} | preflights:
        arn = f"execute-api:/dev/{method}{concrete(path)}"
        assert allows(everybody, arn), arn
        assert not allows(listed, arn)
        assert not any(allows(one, arn.replace("/dev/", "/prod/")) for one in statements)
    for path, method, *_ in TABLE:
        assert allows(listed, f"execute-api:/dev/{method}{under_iam(concrete(path))}")
    for method, path in product(METHODS, PATHS):
        assert not allows(everybody, f"execute-api:/dev/{method}{under_iam(path)}")
    assert allows(everybody, "execute-api:/dev/GET/api/v1/projects/iam")


def test_a_role_of_the_apis_own_account_is_left_to_its_own_policy(app: Chalice) -> None:
    for roles in ((), ROLES[:1]):
        with pytest.raises(AccessError, match=r"Pass --role to print the policy of a role"):
            resource_policy(app, roles, OWN, "dev")


def test_an_unlisted_role_is_told_where_it_is_listed(tmp_path: Path) -> None:
    settings = Settings.read(local_environment(tmp_path))
    for role in settings.roles:
        assert service_of(settings, role.arn) == role.service
    with pytest.raises(AccessError) as refused:
        service_of(settings, ROLE_HERE)
    for part in (ROLE_HERE, "DIGITAL_LANDSCAPE_ROLE_ARNS", ".chalice/config.json", "deploy"):
        assert part in str(refused.value)


def test_the_policies_fit_where_they_are_put(app: Chalice) -> None:
    longest = f"arn:aws-us-gov:execute-api:ap-southeast-2:{OWN}:abcdefghij/prod"
    for service in SERVICES:
        assert size_of(role_policy(app, service, longest, read_only=False)) <= MANAGED
    many = [Role(TECH_AUDIT_TOOL, f"{ROLE_ELSEWHERE}-{n}") for n in range(20)]
    saved = json.dumps(resource_policy(app, many, OWN, "prod"))  # with full ARNs
    saved = saved.replace("execute-api:/", longest.removesuffix("prod"))
    assert size_of(json.loads(saved)) <= OF_AN_API
