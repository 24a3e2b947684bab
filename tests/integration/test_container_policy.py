"""docs/container-policy.json, enforced by an emulated AWS, except for CloudFormation's own calls."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import ROOT
from tests.support.commands import invoke
from tests.support.emulator import CREDENTIALS, Emulator, environment_at, write_stage

USER = {"UserName": "operator"}
CERTIFICATE = "arn:aws:acm:eu-west-2:000000000000:certificate/12345678-1234-1234-1234-123456789012"


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path, enforces_policies=True).start()
    yield emulator
    emulator.stop()


def test_the_policy_is_enough_to_deploy_and_to_delete(strict: Emulator, tmp_path: Path) -> None:
    """A second deploy makes more calls. Without the policy, no command succeeds."""
    project = tmp_path / "project"
    write_stage(project, "landscape-api", "landscape-dev")
    ecr, iam = strict.client("ecr"), strict.client("iam")
    ecr.create_repository(repositoryName="landscape-api")
    ecr.put_image(repositoryName="landscape-api", imageTag="1.0.0", imageManifest="{}")
    iam.create_user(**USER)
    text = (ROOT / "docs/container-policy.json").read_text()
    text = text.replace("123456789012", CREDENTIALS["aws_access_key_id"])
    policy = iam.create_policy(PolicyName="container", PolicyDocument=text)["Policy"]["Arn"]
    key = iam.create_access_key(**USER)["AccessKey"]
    own = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }

    def run(*options: str) -> Any:
        there = {**environment_at(strict.url), **own}
        return invoke("container", "--stage", "dev", *options, cwd=project, environment=there)

    image = "000000000000.dkr.ecr.eu-west-2.amazonaws.com/landscape-api:1.0.0"
    first = ("deploy", "--image", image, "--certificate", CERTIFICATE, "--max-tasks", "2")
    refused = run(*first)
    assert refused.returncode == 1
    assert "access denied" in refused.stderr
    iam.attach_user_policy(**USER, PolicyArn=policy)
    assert run(*first, "--dry-run").returncode == 0
    assert run(*first, "--pace", "0.02").returncode == 0
    assert run("deploy", "--parameter", "LogDays=60", "--pace", "0.02").returncode == 0
    found = run("status", "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["status"] == "UPDATE_COMPLETE"
    assert run("delete", "--yes", "--pace", "0.02").returncode == 0
