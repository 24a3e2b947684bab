"""The container's server keeps the contract, whatever a client sends."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.settings import Settings
from tests.e2e.test_fuzzing_local import tokens
from tests.support.api import ROOT, local_environment
from tests.support.commands import program_of
from tests.support.container import ContainerServer, KeySets
from tests.support.fuzzing.run import DATA, EFFORT, fuzz


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Iterator[ContainerServer]:
    """A server for this module, with the shipped data."""
    state = tmp_path_factory.mktemp("fuzzed")
    settings = Settings.read(local_environment(state))
    shutil.copytree(keys, settings.keys_directory)
    environment = {**os.environ, **local_environment(state)}
    load = [*program_of("load"), "--stage", "local", *DATA]
    subprocess.run(load, cwd=ROOT, env=environment, check=True, capture_output=True)
    with KeySets(settings) as sets, ContainerServer(state, sets.url) as server:
        yield server


@pytest.mark.parametrize(("who", "options"), EFFORT)
def test_the_container_keeps_the_contract(
    container: ContainerServer, tmp_path: Path, who: str, options: tuple[str, ...]
) -> None:
    url = f"http://127.0.0.1:{container.port}"
    fuzz(url, tmp_path, options, tokens(container) if who == "admins" else {})
