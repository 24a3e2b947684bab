"""A real `chalice local` keeps the contract, whatever it is sent."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.settings import Settings
from tests.support.api import ROOT, Api, LocalServer, local_environment
from tests.support.commands import program_of
from tests.support.fuzzing.run import DATA, EFFORT, USER, fuzz


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Of its own, with the shipped data."""
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


def tokens(server: LocalServer) -> dict[str, str]:
    api = Api(server.send, Settings.read(local_environment(server.log_path.parent)))
    callers = {
        "tech-audit-tool": api.auditor(USER, "Admin"),
        "digital-landscape": api.reviewer(USER, "admin", "reviewer"),
    }
    return {name: one.headers["Authorization"].split()[1] for name, one in callers.items()}


@pytest.mark.parametrize(("who", "options"), EFFORT)
def test_the_local_server_keeps_the_contract(
    local: LocalServer, tmp_path: Path, who: str, options: tuple[str, ...]
) -> None:
    url = f"http://127.0.0.1:{local.port}"
    fuzz(url, tmp_path, options, tokens(local) if who == "admins" else {}, FUZZ_LOCAL="1")
