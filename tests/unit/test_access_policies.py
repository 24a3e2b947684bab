"""`landscape access`: the policies let roles use what the rules let their service use, and no more."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from chalicelib.models.caller import DIGITAL_LANDSCAPE, SERVICES, TECH_AUDIT_TOOL
from chalicelib.models.identity import Role
from chalicelib.routes.declaration import Route
from chalicelib.services.access import RULES
from chalicelib.settings import Settings
from ops.access import READS, Place, identity_policy, resource_policy, routes
from tests.api.test_routes import HEADS, TABLE, concrete
from tests.support.api import ROOT, local_environment
from tests.support.commands import invoke

ACCOUNT = "123456789012"
API = f"arn:aws:execute-api:eu-west-2:{ACCOUNT}:abcdefghij"
PLACE = Place("aws", "eu-west-2", ACCOUNT, "abcdefghij", "dev")
ROLES = {
    TECH_AUDIT_TOOL: Role(TECH_AUDIT_TOOL, f"arn:aws:iam::{ACCOUNT}:role/audits"),
    DIGITAL_LANDSCAPE: Role(DIGITAL_LANDSCAPE, "arn:aws:iam::210987654321:role/services/radars"),
}
MOST_CHARACTERS = 6144  # of a managed policy, without white space, by AWS's documentation
ASKED = sorted((method, concrete(path), rule or "") for path, method, _, rule in TABLE | HEADS)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Route]]:
    environment = local_environment(tmp_path_factory.mktemp("routes"), LANDSCAPE_STAGE="dev")
    return routes(Settings.read(environment))


def allows(policy: dict[str, Any], arn: str, principal: str = "") -> bool:
    """As IAM compares: `*` stands for anything, slashes too."""
    return any(
        fnmatchcase(arn, pattern)
        for statement in policy["Statement"]
        if statement.get("Principal", "*") == "*" or principal in statement["Principal"]["AWS"]
        for pattern in statement["Resource"]
    )


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_role_may_call_what_the_rules_let_its_service_use(
    every: list[tuple[str, Route]], service: str, read_only: bool
) -> None:
    policy = identity_policy(ROLES[service], PLACE, every, read_only=read_only)
    for method, path, rule in ASKED:
        may = (not rule or service in RULES[rule].groups) and (not read_only or method in READS)
        signed = f"/iam{path}".rstrip("/")
        assert allows(policy, f"{API}/dev/{method}{signed}") == may, (method, path)
        assert not allows(policy, f"{API}/dev/{method}{path}")
        assert not allows(policy, f"{API}/prod/{method}{signed}")
        assert not allows(policy, f"{API.replace('abcdefghij', 'other')}/dev/{method}{signed}")


@pytest.mark.parametrize("service", SERVICES)
def test_a_policy_is_as_small_as_a_managed_policy_has_to_be(
    every: list[tuple[str, Route]], service: str
) -> None:
    policy = identity_policy(ROLES[service], PLACE, every, read_only=False)
    assert len(json.dumps(policy, separators=(",", ":"))) <= MOST_CHARACTERS


def test_the_apis_own_policy_keeps_iam_for_listed_roles_and_changes_nothing_else(
    every: list[tuple[str, Route]],
) -> None:
    policy = resource_policy(tuple(ROLES.values()), "dev", every)
    for method, path, _ in ASKED:
        signed = f"execute-api:/dev/{method}/iam{path}".rstrip("/")
        for role in ROLES.values():
            assert allows(policy, signed, role.arn)
        assert not allows(policy, signed, "arn:aws:iam::123456789012:role/another")
        assert allows(policy, f"execute-api:/dev/{method}{path}", "anybody")
        assert allows(policy, f"execute-api:/dev/OPTIONS{path}", "anybody")


def access(place: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    environment = {**local_environment(place, LANDSCAPE_STAGE="dev", **settings)}
    done = invoke("access", "--stage", "dev", *arguments, cwd=ROOT, environment=environment)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


LISTED = {"DIGITAL_LANDSCAPE_ROLE_ARNS": ROLES[DIGITAL_LANDSCAPE].arn}
NONE = {"DIGITAL_LANDSCAPE_ROLE_ARNS": "", "TECH_AUDIT_TOOL_ROLE_ARNS": ""}


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "cure"),
    [
        (("--role", "arn:aws:iam::123456789012:role/x"), LISTED, 1, "add it to TECH_AUDIT_TOOL_"),
        (("--resource-policy",), NONE, 1, "set TECH_AUDIT_TOOL_ROLE_ARNS"),
        ((), LISTED, 2, "say either --role ARN or --resource-policy"),
        (("--role", "x", "--resource-policy"), LISTED, 2, "say either --role ARN"),
    ],
)
def test_an_error_names_its_cure(
    tmp_path: Path, arguments: tuple[str, ...], settings: dict[str, str], code: int, cure: str
) -> None:
    found, text = access(tmp_path, *arguments, **settings)
    assert found == code
    assert cure in text.replace("│ ", "")


def test_the_apis_own_policy_needs_no_deployment(tmp_path: Path) -> None:
    code, text = access(tmp_path, "--resource-policy", **LISTED)
    assert code == 0
    local = "arn:aws:iam::000000000000:role/local-tech-audit-tool"
    principals = json.loads(text)["Statement"][0]["Principal"]["AWS"]
    assert principals == sorted([LISTED["DIGITAL_LANDSCAPE_ROLE_ARNS"], local])
