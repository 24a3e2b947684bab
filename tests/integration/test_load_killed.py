"""A load that is killed at any moment leaves whole records, and a second load completes it."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chalicelib.models.project import Project, ProjectQuery, project_from
from chalicelib.models.technology import TechnologyQuery
from chalicelib.stores.sqlite import SqliteStore
from tests.support.commands import program_of
from tools.load.register import everything

PROJECTS = 2000
PATIENCE_SECONDS = 60.0


def project(number: int) -> dict[str, Any]:
    return {
        "details": [{"name": f"Project {number}", "programme_name": f"Programme {number % 20}"}],
        "user": [{"email": f"user{number % 50}@example.org", "roles": ["editor"]}],
        "architecture": {
            "languages": {"main": ["Python"], "others": [f"Language {number % 300}"]},
            "infrastructure": [f"Service {number % 700}", "Terraform"],
        },
    }


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The path of the database. The document to load is in the same folder."""
    document = {"projects": [project(n) for n in range(PROJECTS)]}
    (tmp_path / "projects.json").write_text(json.dumps(document))
    return tmp_path / "landscape.db"


def start(database: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*program_of("load"), "--stage", "local", str(database.with_name("projects.json"))],
        env=os.environ | {"LANDSCAPE_STORE_URL": f"sqlite:///{database}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> list[int]:
    """The figures of its summary: read, added, changed, unchanged, corrected, left out."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, err) == (0, "")
    return [int(figure) for figure in out.splitlines()[1].split()[-6:]]


def count(database: Path) -> int:
    """The number of projects that another process sees. 0 before the table exists."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("SELECT count(*) FROM projects").fetchone()
            return int(found)
    except sqlite3.OperationalError:
        return 0


def kill_at(process: subprocess.Popen[str], database: Path, projects: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while count(database) < projects:
        assert time.monotonic() < deadline, "the load takes too long"
        assert process.poll() is None, "the load ended before it was killed"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == -signal.SIGKILL


def require_whole(database: Path) -> list[Project]:
    """All projects, after checks of their values and of the counts of their technologies."""
    store = SqliteStore(database)
    with store.database.read() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = [
        project_from(json.loads(text)) for text in everything(store.projects.find, ProjectQuery())
    ]
    uses = 0
    for each in found:
        number = int(each.name.split()[1])
        assert each.programme == f"Programme {number % 20}"
        said = {"Python", f"Language {number % 300}", f"Service {number % 700}", "Terraform"}
        assert {use.name for use in each.technologies} == said
        whole = store.projects.get(each.id)
        assert whole is not None
        assert len(whole.contacts) == 1
        uses += len(said)
    technologies = everything(store.technologies.find, TechnologyQuery())
    assert sum(json.loads(text)["project_count"] for text in technologies) == uses
    return found


def test_a_killed_load_leaves_whole_records_and_a_second_load_completes_it(database: Path) -> None:
    kept = 0
    for moment in (0, 1, 50, 700, 1500):
        kill_at(start(database), database, max(moment, kept))
        kept = len(require_whole(database))
        assert kept >= moment
    read, added, _, there, _, left_out = finish(start(database))
    assert (read, added, there, left_out) == (PROJECTS, PROJECTS - kept, kept, 0)
    assert len(require_whole(database)) == PROJECTS


def test_two_loads_at_once_share_the_work(database: Path) -> None:
    processes = [start(database) for _ in range(2)]
    figures = [finish(process) for process in processes]
    assert sum(added for _, added, *_ in figures) == PROJECTS
    assert len(require_whole(database)) == PROJECTS
