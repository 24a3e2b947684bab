"""Whatever the contract allows or forbids is sent, and held against it: schemathesis, all checks, links followed.

What it may find all the same is in tests/fuzzing/exceptions.py, each with its reason.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.routes.contract import DOCUMENT
from chalicelib.settings import Settings
from tests.api.test_routes import TABLE
from tests.deployment import BIN, Deployment
from tests.support import ROOT, Api, LocalServer, local_environment

CONFIG = ROOT / "tests/fuzzing/schemathesis.toml"
USER = "fuzz@example.org"
SEED = "20261122"
DATA = ("data/ons_radar.json", "data/ons_projects.json")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A `chalice local` of its own, with the shipped data."""
    state = tmp_path_factory.mktemp("fuzzed")
    with LocalServer(state, ROOT, "--no-autoreload") as server:
        subprocess.run(
            [BIN / "python", "data/load.py", "--stage", "local", *DATA],
            cwd=ROOT,
            env={**os.environ, **local_environment(state)},
            check=True,
            capture_output=True,
        )
        yield server


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with Deployment(tmp_path_factory.mktemp("fuzzed")) as deployment:
        deployment.audit.add_user(USER, "Admin")
        deployment.landscape.add_user(USER, "admin", "reviewer")
        deployment.deploy()
        deployment.let_in()
        deployment.run("waf/associate.py", "--stage", "dev", "--rate-limit", "1000000")
        deployment.run("data/load.py", "--stage", "dev", *DATA)
        yield deployment


def local_tokens(api: Api) -> dict[str, str]:
    callers = {
        "tech-audit-tool": api.auditor(USER, "Admin"),
        "digital-landscape": api.reviewer(USER, "admin", "reviewer"),
    }
    return {name: one.headers["Authorization"].split()[1] for name, one in callers.items()}


def deployed_tokens(deployment: Deployment) -> dict[str, str]:
    return {
        "tech-audit-tool": deployment.audit.tokens(USER)["IdToken"],
        "digital-landscape": deployment.landscape.tokens(USER)["IdToken"],
    }


def fuzz(url: str, place: Path, *options: str, **environment: str) -> None:
    """Fails the test with what schemathesis says, where it finds anything; a dropped connection too."""
    command = [BIN / "schemathesis", "--config-file", CONFIG, "run", DOCUMENT, "--url", url]
    result = subprocess.run(
        [*map(str, command), "--continue-on-failure", "--workers", "2", *options],
        cwd=place,  # it keeps a database of what it found
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.fuzzing.exceptions",
            "COLUMNS": "120",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said[-20_000:]
    assert f"Tested: {len(TABLE)}" in said, said
    # Else most of it would have been about the firewall's or the authorizers' refusals.
    assert "Rate limited" not in said, said
    assert (environment["FUZZ_TOKENS"] == "{}") == ("Authentication failed" in said), said


USUAL = ("--max-examples", "30", "--seed", SEED)
THOROUGH = ("--max-examples", "200")
EFFORT = [USUAL, pytest.param(THOROUGH, marks=pytest.mark.soak)]


@pytest.mark.parametrize("options", EFFORT, ids=["usual", "thorough"])
@pytest.mark.parametrize("who", ["nobody", "admins"])
def test_the_local_server_keeps_the_contract(
    local: LocalServer, tmp_path: Path, who: str, options: tuple[str, ...]
) -> None:
    settings = Settings.read(local_environment(local.log_path.parent))
    tokens = local_tokens(Api(local.send, settings)) if who == "admins" else {}
    url = f"http://127.0.0.1:{local.port}"
    fuzz(url, tmp_path, *options, FUZZ_LOCAL="1", FUZZ_TOKENS=json.dumps(tokens))


@pytest.mark.parametrize("options", EFFORT, ids=["usual", "thorough"])
@pytest.mark.parametrize("who", ["nobody", "admins"])
def test_the_deployed_api_keeps_the_contract(
    deployed: Deployment, tmp_path: Path, who: str, options: tuple[str, ...]
) -> None:
    tokens = deployed_tokens(deployed) if who == "admins" else {}
    url = deployed.url_pattern.format(api=deployed.api_id)
    fuzz(url, tmp_path, *options, FUZZ_GATEWAY="1", FUZZ_TOKENS=json.dumps(tokens))
