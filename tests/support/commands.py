"""Starts the project's commands in tests."""

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
    """`chalice`, or a command of `landscape` in the working directory's version."""
    if command == "chalice":
        return [str(BIN / "chalice")]
    return [sys.executable, "-m", "tools.landscape", command]


def invoke(
    command: str, *arguments: str, cwd: Path, environment: Mapping[str, str], piped: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs a command of `landscape` in this process, which imports the SDK's models only once."""
    from tools.landscape import application

    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        patched.setattr(sys, "stdin", io.StringIO(piped))
        patched.setattr(boto3, "DEFAULT_SESSION", None)  # a session keeps its region
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
    """A folder with its own stage dev on an emulated AWS, where an operator runs `command`."""

    command: str
    path: Path
    emulator: Emulator

    def run(self, *options: str, expect: int = 0, **environment: str) -> str:
        """The standard output, or with `expect=1` the one line of the error, after any question."""
        there = {**environment_at(self.emulator.url), **environment}
        options = ("--stage", "dev", *options)
        done = invoke(self.command, *options, cwd=self.path, environment=there)
        assert done.returncode == expect, done.stdout + done.stderr
        said = [line for line in done.stderr.splitlines() if not line.endswith("[y/N]: ")]
        assert expect != 1 or len(said) == 1
        return done.stderr if expect == 1 else done.stdout

    def due(self, *options: str, expect: int = 0, **environment: str) -> list[str]:
        """The steps that were due. Asserts that they were done, unless it was a dry run."""
        answer = json.loads(self.run("--json", *options, expect=expect, **environment))
        due: list[str] = [step["what"] for step in answer["steps"] if step["is_due"]]
        assert answer["done"] == ([] if {"--dry-run", "--status"} & {*options} else due)
        return due
