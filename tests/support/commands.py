"""The project's commands, as tests start them."""

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from tests.support.emulator import Emulator, environment_at

BIN = Path(sys.executable).parent


def program_of(command: str) -> list[str]:
    """`chalice`, or a command of `landscape` as the working directory's project has it."""
    if command == "chalice":
        return [str(BIN / "chalice")]
    return [sys.executable, "-m", "tools.landscape", command]


def invoke(
    command: str, *arguments: str, cwd: Path, environment: Mapping[str, str], piped: str = ""
) -> subprocess.CompletedProcess[str]:
    """A command of `landscape`, in this process: it starts, and loads the SDK's models, only once."""
    from tools.landscape import application

    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        patched.setattr(sys, "stdin", io.StringIO(piped))
        patched.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the region
        with chdir(cwd), redirect_stdout(out), redirect_stderr(err):
            try:
                application(command)([command, *arguments], prog_name="landscape")
            except SystemExit as ended:
                code = ended.code
    status = code if isinstance(code, int) else int(code is not None)
    said = f"{code}\n" if isinstance(code, str) else ""
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue() + said)


@dataclass(frozen=True)
class Checkout:
    """A folder with a stage dev of its own, on an emulated AWS, where an operator runs `command`."""

    command: str
    path: Path
    emulator: Emulator

    def run(self, *options: str, expect: int = 0, **environment: str) -> str:
        """What it prints; where it fails, the one line that it ends with, after a question if it asks."""
        there = {**environment_at(self.emulator.url), **environment}
        options = ("--stage", "dev", *options)
        done = invoke(self.command, *options, cwd=self.path, environment=there)
        assert done.returncode == expect, done.stdout + done.stderr
        said = [line for line in done.stderr.splitlines() if not line.endswith("[y/N]: ")]
        assert expect != 1 or len(said) == 1
        return done.stderr if expect == 1 else done.stdout

    def due(self, *options: str, expect: int = 0, **environment: str) -> list[str]:
        """What was due; and unless the options say otherwise, it was done."""
        answer = json.loads(self.run("--json", *options, expect=expect, **environment))
        due: list[str] = [step["what"] for step in answer["steps"] if step["is_due"]]
        assert answer["done"] == ([] if {"--dry-run", "--status"} & {*options} else due)
        return due
