"""`make run`, as the README has it: the shipped data, served, with three requests to try."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_routes import TABLE
from tests.support.api import ROOT, Sender, free_port, through_http

LINES_AT_MOST = 200
STOP_SECONDS = 30


class MakeRun:
    def __init__(self, state: Path, port: int, before: str = "") -> None:
        self.state = state
        self.port = port
        self.output = ""
        self.process = subprocess.Popen(
            ["bash", "-c", f"{before}exec make run PORT={port}"],
            cwd=ROOT,
            env={**os.environ, "XDG_STATE_HOME": str(state)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def read_until(self, pattern: str) -> str:
        assert self.process.stdout
        for _, line in zip(range(LINES_AT_MOST), self.process.stdout, strict=False):
            self.output += line
            if re.search(pattern, line):
                return self.output
        raise AssertionError(f"no {pattern!r} in:\n{self.output}")

    def interrupt(self) -> int:
        """As Ctrl-C does: every process of the terminal's group."""
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            rest, _ = self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            rest, _ = self.process.communicate()
        self.output += rest
        return self.process.returncode


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    run = MakeRun(tmp_path_factory.mktemp("state"), free_port())
    try:
        run.read_until(r"api/v1/projects$")
        yield run
    finally:
        if run.process.poll() is None:
            run.interrupt()


@pytest.fixture
def send(running: MakeRun) -> Sender:
    return through_http("127.0.0.1", running.port)


def get(send: Sender, path: str) -> Any:
    answer = send("GET", path, {}, b"")
    assert answer.status == 200
    return answer.json


def test_it_serves_the_shipped_projects_and_technologies(send: Sender) -> None:
    assert len(get(send, "/api/v1/projects?limit=100")["items"]) == 20
    technologies = get(send, "/api/v1/technologies?limit=100")["items"]
    born = [one for one in technologies if one["moves"][0]["note"] == "Named by a project"]
    assert (len(technologies), len(born)) == (90, 25)
    assert {one["ring"] for one in born} == {"review"}


def test_who_uses_python(send: Sender) -> None:
    shipped = json.loads((ROOT / "data/ons_projects.json").read_text())["projects"]
    users = {
        project["details"][0]["name"]
        for project in shipped
        if any("Python" in names for names in project["architecture"]["languages"].values())
    }
    found = get(send, "/api/v1/technologies/python/projects")["items"]
    assert {project["name"] for project in found} == users


def shell(running: MakeRun, script: str) -> str:
    """What bash prints for `script`, in a checkout, as a reader of the README would run it."""
    environment = {**os.environ, "XDG_STATE_HOME": str(running.state)}
    result = subprocess.run(
        ["bash", "-euc", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_its_three_examples_work_as_printed(running: MakeRun) -> None:
    commands = re.findall(r"^  (curl (?:.*\\\n)*.*)$", running.output, re.MULTILINE)
    assert len(commands) == 3
    for command, expected in zip(commands, ('"items"', '"items"', '"my-project"'), strict=True):
        assert expected in shell(running, command)


def test_every_example_of_the_readme_works_as_printed(running: MakeRun) -> None:
    readme = (ROOT / "README.md").read_text()
    exports = "\n".join(re.findall(r"^export .*$", readme, re.MULTILINE))
    exports = exports.replace(":8000", f":{running.port}")
    rows = re.findall(r"^\| `[A-Z]+ /[^`]*` \|.*?\| `(curl [^`]+)`", readme, re.MULTILINE)
    assert len(rows) == len(TABLE)
    rows.sort(key=lambda row: "-X DELETE" in row)  # what others still need goes last
    quiet = "-s -o /dev/null -w '%{http_code} %{method} %{url_effective}\\n'"
    delete = 'curl -s -o /dev/null -X DELETE -H "$ADMIN" -H "If-Match: *" $API/api/v1/projects/my-project'
    script = [exports, delete, *(row.replace("curl", f"curl {quiet}", 1) for row in rows)]
    answers = shell(running, "\n".join(script)).splitlines()
    assert len(answers) == len(rows)
    assert [answer for answer in answers if not answer.startswith("2")] == []


@pytest.mark.parametrize("before", ["", "trap '' INT; "], ids=["foreground", "background"])
def test_ctrl_c_ends_it_however_it_was_started(tmp_path: Path, before: str) -> None:
    run = MakeRun(tmp_path, free_port(), before)
    run.read_until(r"api/v1/projects$")
    run.interrupt()
    assert "serve: ended" in run.output
    with pytest.raises(OSError, match="refused"):
        through_http("127.0.0.1", run.port)("GET", "/health", {}, b"")
