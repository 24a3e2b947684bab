"""`chalice local` keeps the contract, whatever a client sends."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.models.caller import SERVICES
from chalicelib.settings import Settings
from tests.support.api import ROOT, Api, LocalServer, ServerProcess, local_environment
from tests.support.commands import program_of
from tests.support.fuzzing.run import BRIEF, DATA, SEED, THOROUGH, USER, fuzz
from tests.support.signing import IAM
from tools.credentials import development_credentials


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A server for this module, with the shipped data."""
    state = tmp_path_factory.mktemp("fuzzed")
    with LocalServer(state, ROOT, "--no-autoreload") as server:
        subprocess.run(
            [*program_of("load"), "--stage", "local", *DATA],
            cwd=ROOT,
            env={**os.environ, **local_environment(state)},
            check=True,
            capture_output=True,
        )
        yield server


def settings_of(server: ServerProcess) -> Settings:
    return Settings.read(local_environment(server.log_path.parent))


def tokens(server: ServerProcess) -> dict[str, str]:
    api = Api(server.send, settings_of(server))
    callers = {
        "tech-audit-tool": api.auditor(USER, "Admin"),
        "digital-landscape": api.reviewer(USER, "admin", "reviewer"),
    }
    return {name: one.headers["Authorization"].split()[1] for name, one in callers.items()}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--max-examples", "30", *BRIEF, *SEED), id="brief"),
        pytest.param(THOROUGH, marks=pytest.mark.soak, id="thorough"),
    ],
)
def test_the_local_server_keeps_the_contract(
    local: LocalServer, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Short: test_fuzzing_container.py sends all of it to the same application in less time."""
    fuzz(f"http://127.0.0.1:{local.port}", tmp_path, options, tokens(local), FUZZ_LOCAL="1")


def test_what_a_role_signs_keeps_the_contract(local: LocalServer, tmp_path: Path) -> None:
    """Short, because a signed request takes the same path through the application."""
    settings = settings_of(local)
    secrets = {each: development_credentials(settings, each).secret_key for each in SERVICES}
    url = f"http://127.0.0.1:{local.port}{IAM}"
    fuzz(url, tmp_path, ("--max-examples", "5", *BRIEF, *SEED), {}, secrets, FUZZ_LOCAL="1")
