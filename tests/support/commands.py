"""The project's commands, as tests start them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.emulator import Emulator, environment_at

BIN = Path(sys.executable).parent


def program_of(command: str) -> list[str]:
    """`chalice`, or a command of `landscape` as the working directory's project has it."""
    if command == "chalice":
        return [str(BIN / "chalice")]
    return [sys.executable, "-m", "tools.landscape", command]


@dataclass(frozen=True)
class Checkout:
    """A folder with a stage dev of its own, on an emulated AWS, where an operator runs `command`."""

    command: str
    path: Path
    emulator: Emulator

    def start(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*program_of(self.command), "--stage", "dev", *options],
            cwd=self.path,
            env={**environment_at(self.emulator.url), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options: str, expect: int = 0, **environment: str) -> str:
        """What it prints; where it fails, the one line that it ends with."""
        process = self.start(*options, **environment)
        output, errors = process.communicate()
        assert process.returncode == expect, output + errors
        assert expect != 1 or len(errors.splitlines()) == 1
        return errors if expect == 1 else output

    def due(self, *options: str, expect: int = 0, **environment: str) -> list[str]:
        """What was due; and unless the options say otherwise, it was done."""
        answer = json.loads(self.run("--json", *options, expect=expect, **environment))
        due: list[str] = [step["what"] for step in answer["steps"] if step["is_due"]]
        assert answer["done"] == ([] if {"--dry-run", "--status"} & {*options} else due)
        return due
