"""`make run` as in the README: it loads the shipped data, and prints a page and a request."""

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
from tests.support.transcripts import EIGHTY_COLUMNS, hold

LINES_AT_MOST = 200
STOP_SECONDS = 30


def outside_make() -> dict[str, str]:
    """The environment without the variables that make passes to another make."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }


class MakeRun:
    def __init__(self, state: Path, port: int, before: str = "", **settings: str) -> None:
        self.state = state
        self.port = port
        self.output = ""
        self.process = subprocess.Popen(
            ["bash", "-c", f"{before}exec make run PORT={port}"],
            cwd=ROOT,
            env={**outside_make(), **EIGHTY_COLUMNS, "XDG_STATE_HOME": str(state), **settings},
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
        """Sends SIGINT to the whole process group, as Ctrl-C does."""
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
        run.read_until(r"^  curl ")
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


def test_the_projects_that_use_python(send: Sender) -> None:
    shipped = json.loads((ROOT / "data/ons_projects.json").read_text())["projects"]
    users = {
        project["details"][0]["name"]
        for project in shipped
        if any("Python" in names for names in project["architecture"]["languages"].values())
    }
    found = get(send, "/api/v1/technologies/python/projects")["items"]
    assert {project["name"] for project in found} == users


def shell(running: MakeRun, script: str) -> str:
    """The output of `script` in bash, in a checkout, as a reader of the README runs it."""
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


def test_the_first_screen_fits_and_its_commands_work_as_printed(running: MakeRun) -> None:
    said = running.output.replace(str(running.port), "8000")
    hold("make_run", said, (r"(?m)^setup: .*\n", ""))
    remarks, example = re.findall(r"^  (.+)$", running.output, re.MULTILINE)
    assert '"items"' in shell(running, example)
    assert "corrected, 19" in shell(running, remarks)


def test_an_unknown_path_is_a_problem_not_found(send: Sender) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = send(method, "/no/such/path", {"Authorization": "Bearer x"}, b"")
        assert answer.status == 404
        assert "This path does not exist" in answer.json["detail"]
    assert send("HEAD", "/no/such/path", {}, b"").body == b""


def test_the_environment_overrides_the_file_and_is_printed(tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    run = MakeRun(tmp_path, free_port(), LANDSCAPE_STORE_URL=other, LANDSCAPE_RADAR_TITLE="Ours")
    run.read_until(r"^  curl ")
    radar = through_http("127.0.0.1", run.port)("GET", "/api/v1/radar", {}, b"").json
    run.interrupt()
    assert (radar["title"], len(radar["entries"]) > 0) == ("Ours", True)
    assert f"the environment sets LANDSCAPE_STORE_URL={other}" in run.output
    assert not (tmp_path / "landscape-api/landscape.db").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("run PORT=abc", "the port 'abc' is not a number from 1 to 65535"),
        ("run PYTHON=python9", "python9 is not installed: omit PYTHON="),
        ("token GROUP=Admin", "does not take GROUP=; it takes EMAIL GROUPS HOURS PYTHON SERVICE"),
        ("token SERVICE=tech-audit-tool EMAIL=x@y", "with a dot in the domain"),
        ("token SERVICE=tech-audit-tool EMAIL=a@b.org HOURS=x", "HOURS is 'x'"),
        (
            "token EMAIL=a@b.org",
            "SERVICE is missing: use one of tech-audit-tool, digital-landscape",
        ),
    ],
)
def test_an_invalid_variable_gives_a_clear_error(tmp_path: Path, command: str, said: str) -> None:
    done = make(tmp_path, command)
    assert done.returncode != 0
    assert said in done.stderr


def test_an_unknown_group_gives_a_warning_and_the_token(tmp_path: Path) -> None:
    done = make(tmp_path, "token SERVICE=tech-audit-tool EMAIL=a@b.org GROUPS=admin")
    assert (done.returncode, done.stdout.count(".")) == (0, 2)
    assert "'admin' of tech-audit-tool, but 'Admin'" in done.stderr


def test_the_error_on_a_used_port_names_a_free_one(tmp_path: Path, running: MakeRun) -> None:
    said = make(tmp_path, f"run PORT={running.port}").stderr
    other = re.search(r"(\d+) is free", said)
    assert other
    assert int(other[1]) != running.port


def make(state: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-s", *command.split()],
        cwd=ROOT,
        env={**os.environ, "XDG_STATE_HOME": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )


def printed(running: MakeRun, pattern: str, page: str) -> list[str]:
    """The shell commands of a page, changed to the port of this server."""
    text = (ROOT / page).read_text().replace(":8000", f":{running.port}")
    return re.findall(pattern, text, re.MULTILINE | re.DOTALL)


def test_the_readmes_requests_work_as_printed(running: MakeRun) -> None:
    (calls,) = printed(running, r"^## Calls\n(.+?)^## ", "README.md")
    blocks = re.findall(r"^```sh\n(.+?)^```", calls, re.MULTILINE | re.DOTALL)
    said = [shell(running, block.replace("curl ", "curl -sSf ", 1)) for block in blocks]
    read, written, own = map(json.loads, said)
    assert len(read["items"]) > 0
    assert written["id"] == "my-first-project"
    assert (own["service"], own["email"]) == ("digital-landscape", "rita@example.org")


def test_every_example_of_the_pages_works_as_printed(running: MakeRun) -> None:
    exports = "\n".join(printed(running, r"^export [^\n]*$", "docs/api.md"))
    (as_a_role,) = printed(running, r"^```sh\n(\(eval .+?)^```", "docs/api.md")
    examples = printed(running, r"^```sh\n(curl [^`]+)\n```$", "docs/routes.md")
    assert len(examples) == len(TABLE)
    examples.sort(
        key=lambda one: "-X DELETE" in one
    )  # deletions come last, because other examples need the records
    quiet = "-s -o /dev/null -w '%{http_code} %{method} %{url_effective}\\n'"
    delete = 'curl -s -o /dev/null -X DELETE -H "$ADMIN" -H "If-Match: *" $API/api/v1/projects/my-project'
    examples.append(as_a_role)
    script = [exports, delete, *(one.replace("curl", f"curl {quiet}", 1) for one in examples)]
    answers = shell(running, "\n".join(script)).splitlines()
    assert len(answers) == len(examples)
    assert [answer for answer in answers if not answer.startswith("2")] == []


@pytest.mark.parametrize("before", ["", "trap '' INT; "], ids=["foreground", "background"])
def test_ctrl_c_stops_it_in_foreground_and_background(tmp_path: Path, before: str) -> None:
    run = MakeRun(tmp_path, free_port(), before)
    run.read_until(r"^  curl ")
    run.interrupt()
    assert "serve: stopped" in run.output
    assert "Aborted" not in run.output
    with pytest.raises(OSError, match="refused"):
        through_http("127.0.0.1", run.port)("GET", "/health", {}, b"")
