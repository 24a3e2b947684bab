"""`chalice local` as a developer starts it, with and without its reloader."""

import shutil
import subprocess
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

from chalicelib.settings import Settings
from tests.support.api import ROOT, Api, LocalServer, free_port, local_environment
from tests.support.commands import BIN


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy for `chalice local`: its reloader watches the files, and no other test writes there."""
    copy = tmp_path / "project"
    copy.mkdir()
    shutil.copy(ROOT / "app.py", copy)
    for folder in ("chalicelib", ".chalice"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignore)
    return copy


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def snapshot(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_twenty_writes_in_a_row_do_not_restart_the_server(
    state: Path, project: Path, keys: Path
) -> None:
    settings = Settings.read(local_environment(state))
    shutil.copytree(keys, settings.keys_directory)
    with LocalServer(state, project) as server:
        writer = Api(server.send, settings).auditor()
        before = snapshot(project)
        for n in range(20):
            uses = [{"technology": f"Technology {n}", "category": "languages"}]
            made = writer("POST", "/api/v1/projects", {"name": f"P {n}", "technologies": uses})
            assert made.status == 201
        assert snapshot(project) == before  # the reloader compares this time every second
        assert "Restarting" not in server.log
        assert server.log.count("Serving on") == 1


def test_an_edit_restarts_it(state: Path, project: Path) -> None:
    """Proves that the test above can fail."""
    with LocalServer(state, project) as server:
        end = time.monotonic() + 60
        while server.log.count("Serving on") < 2 and time.monotonic() < end:
            (project / "chalicelib" / "__init__.py").touch()
            time.sleep(0.2)
        assert server.log.count("Serving on") >= 2


def test_head_sends_no_body(state: Path) -> None:
    """With a body, the client could not parse the next answer on the connection."""
    with LocalServer(state, ROOT, "--no-autoreload") as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        for method, path in (
            ("HEAD", "/docs"),
            ("HEAD", "/api/v1/projects/none"),
            ("GET", "/health"),
        ):
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            assert not answer.will_close
        connection.close()
        assert (answer.status, b'"ok"' in body) == (200, True)


@pytest.mark.parametrize("options", [[], ["--no-autoreload"], ["--stage", "dev"]])
def test_an_incomplete_stage_ends_it_and_the_error_names_the_local_stage(
    options: list[str],
) -> None:
    command = [str(BIN / "chalice"), "local", "--port", str(free_port()), *options]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "run: chalice local --stage local" in done.stderr
