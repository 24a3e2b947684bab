"""`landscape log-role`: the role that API Gateway needs once, on an emulated AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.log_role import NAME
from tests.support.commands import invoke
from tests.support.deployment import allow_access_logs
from tests.support.emulator import Emulator, environment_at

REGION = "eu-north-1"  # no other test uses it
MADE = [f"role {NAME}", "its policy", "role of API Gateway"]


@pytest.fixture
def without(emulator: Emulator) -> Emulator:
    """An account whose API Gateway has no role in this region."""
    allow_access_logs(emulator, REGION, role="")
    return emulator


def run(emulator: Emulator, place: Path, *options: str, expect: int = 0) -> list[str]:
    """The steps that were due."""
    there = {**environment_at(emulator.url), "AWS_DEFAULT_REGION": REGION}
    done = invoke("log-role", "--json", *options, cwd=place, environment=there)
    assert done.returncode == expect, done.stderr
    return [step["what"] for step in json.loads(done.stdout)["steps"] if step["is_due"]]


def used(emulator: Emulator) -> Any:
    return emulator.client("apigateway", REGION).get_account().get("cloudwatchRoleArn")


def test_the_role_is_made_once_and_not_in_a_dry_run(without: Emulator, tmp_path: Path) -> None:
    assert run(without, tmp_path, "--dry-run") == MADE
    assert run(without, tmp_path, "--status", expect=3) == MADE
    assert not used(without)
    assert run(without, tmp_path) == MADE
    assert used(without).endswith(f":role/{NAME}")
    iam = without.client("iam")
    (policy,) = iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]
    assert policy["PolicyName"] == "AmazonAPIGatewayPushToCloudWatchLogs"
    assert "apigateway.amazonaws.com" in json.dumps(
        iam.get_role(RoleName=NAME)["Role"]["AssumeRolePolicyDocument"]
    )
    assert run(without, tmp_path) == []
    allow_access_logs(without, REGION, role="")
    assert run(without, tmp_path) == ["role of API Gateway"]  # the state of a second region


def test_a_role_that_is_there_stays(without: Emulator, tmp_path: Path) -> None:
    others = "arn:aws:iam::000000000000:role/another-teams"
    allow_access_logs(without, REGION, role=others)
    assert run(without, tmp_path) == []
    assert used(without) == others
