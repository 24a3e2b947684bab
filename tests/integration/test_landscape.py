"""The command `landscape` as it is installed, from any folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.api import ROOT
from tests.support.commands import BIN, invoke
from tools.landscape import COMMANDS

NAMES = [name for _, name, *_ in COMMANDS]


def run(place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_lists_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    said = run(tmp_path, str(BIN / "landscape"), "--help").stdout
    assert all(f" {name} " in said for name in (*NAMES, "allow", "container"))
    assert "3 something is due" in said


@pytest.mark.parametrize("name", [*NAMES, "allow", "container"])
def test_each_command_shows_an_example_and_refuses_what_it_does_not_know(
    tmp_path: Path, name: str
) -> None:
    done = invoke(name, "--help", cwd=tmp_path, environment={"COLUMNS": "100"})
    assert done.returncode == 0
    assert f"Example: landscape {name}" in " ".join(done.stdout.split())
    assert invoke(name, "--no-such-option", cwd=tmp_path, environment={}).returncode == 2


def test_no_command_asks_the_terminal_what_it_can_do(tmp_path: Path) -> None:
    """Chalice's own commands import blessed, which waits 10 s for a terminal that does not answer."""
    look = "import sys, tools.landscape; print('blessed' in sys.modules)"
    assert run(tmp_path, sys.executable, "-c", look).stdout == "False\n"


def test_it_knows_the_project_from_another_folder(tmp_path: Path) -> None:
    token = (
        str(BIN / "landscape"),
        "token",
        "--service",
        "no-service",
        "--email",
        "me@example.org",
    )
    done = run(tmp_path, *token)
    assert (done.returncode, done.stdout) == (1, "")
    assert "not one of tech-audit-tool, digital-landscape" in done.stderr


@pytest.mark.parametrize("script", ["associate", "allowlist"])
def test_the_firewalls_scripts_run_from_another_folder(tmp_path: Path, script: str) -> None:
    path = str(ROOT / f"waf/{script}.py")
    done = run(tmp_path, sys.executable, path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    by_another_python = run(tmp_path, sys.executable, "-S", path, "--help")
    assert by_another_python.returncode == 1
    assert by_another_python.stderr == (
        f"{script}: run it with the project's own Python: .venv/bin/python waf/{script}.py\n"
    )
