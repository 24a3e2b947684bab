"""The installed command `landscape`, in any working directory."""

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.support.api import ROOT
from tests.support.commands import BIN, invoke
from tests.support.transcripts import EIGHTY_COLUMNS, hold
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
    assert all(f" {name} " in said for name in NAMES)
    assert "3 something is due" in said
    assert "4 deployed, but" in said


@pytest.mark.parametrize("name", NAMES)
def test_each_command_shows_an_example_and_refuses_an_unknown_option(
    tmp_path: Path, name: str
) -> None:
    done = invoke(name, "--help", cwd=tmp_path, environment={"COLUMNS": "100"})
    assert done.returncode == 0
    assert f"Example: landscape {name}" in " ".join(done.stdout.split())
    assert invoke(name, "--no-such-option", cwd=tmp_path, environment={}).returncode == 2


def test_no_command_queries_the_terminal(tmp_path: Path) -> None:
    """Chalice's commands import blessed, which waits 10 s for a terminal that does not answer."""
    look = "import sys, tools.landscape as it; it.application(); print('blessed' in sys.modules)"
    assert run(tmp_path, sys.executable, "-c", look).stdout == "False\n"


def test_it_finds_the_project_from_another_folder(tmp_path: Path) -> None:
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
    assert "use one of tech-audit-tool, digital-landscape" in done.stderr


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


def test_either_variable_sets_the_region(tmp_path: Path) -> None:
    """boto3 and Chalice read only AWS_DEFAULT_REGION, which has precedence."""
    look = "import os, tools.landscape as it; it.application(); print(os.environ.get('AWS_DEFAULT_REGION'))"
    known = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    for regions, taken in (
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({}, "None"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", look],
            env={**known, **regions},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == f"{taken}\n"


def test_the_help_at_80_columns(tmp_path: Path) -> None:
    environment = {**os.environ, **EIGHTY_COLUMNS, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tools.landscape", "--help"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    hold("landscape_help", done.stdout)


def test_the_smaller_set_of_requirements_is_enough_for_every_command(tmp_path: Path) -> None:
    """A newcomer's machine has only requirements/run.txt: this test hides all other packages."""
    text = (ROOT / "requirements/run.txt").read_text()
    kept = {canonicalize_name(name) for name in re.findall(r"(?m)^([\w.-]+)==", text)}
    hidden = [
        top
        for top, owners in metadata.packages_distributions().items()
        if not {canonicalize_name(owner) for owner in owners} & {*kept, "landscape-api"}
    ]
    assert {"sphinx", "pytest"} <= {*hidden}
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({hidden!r}))\n"
        "import tools.landscape, tools.serve, tools.local, chalice.cli, container.__main__\n"
        "tools.landscape.application()(prog_name='landscape')"
    )
    command = (sys.executable, "-c", script, "token", "--service", "no-service")
    done = run(tmp_path, *command)
    assert done.stderr == (
        "token: SERVICE is 'no-service': use one of tech-audit-tool, digital-landscape\n"
    )
