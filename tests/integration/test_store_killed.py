"""An acknowledged write survives the sudden death of the writer, and no write is half done.

As a module, this file is the writer: it writes until it is killed, and prints each acknowledged write.
"""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from random import Random

import pytest

from chalicelib.models.project import Project, ProjectQuery, project_document
from chalicelib.models.text import as_json
from chalicelib.stores.sqlite import SqliteStore
from tests.contract.samples import everything, ids, people, technology, there, uses
from tests.support.api import ROOT

TECHNOLOGIES = tuple(f"t{n}" for n in range(12))
State = dict[str, Project]


def deeds(seed: int) -> Iterator[tuple[Project | None, Project | None, State]]:
    """Endless adds, replacements and deletions: the record before, the record after, the whole state."""
    random, state = Random(seed), State()
    for n in count():
        deed = random.choice(("add", "add", "replace", "replace", "remove"))
        before = random.choice([*state.values()]) if state and deed != "add" else None
        goes = before is not None and deed == "remove"
        after = None if goes else some_project(random, before or Project("", id=f"p{n}"), n)
        state = {each.id: each for each in (*state.values(), after) if each and each is not before}
        yield before, after, state


def some_project(random: Random, old: Project, n: int) -> Project:
    emails = [f"{n}@example.org" for n in random.sample(range(9), random.randint(1, 5))]
    return replace(
        old,
        name=f"Project {n} {random.choice(('data', 'survey', 'census'))}",
        description="x" * random.choice((0, 100, 5000)),
        technologies=uses(*random.sample(TECHNOLOGIES, random.randint(0, 8))),
        version=old.version + 1,
        updated_at=f"{n:09}",
        contacts=people(*emails),
    )


def write_until_killed(path: Path, seed: int) -> None:
    projects = SqliteStore(path).projects
    for before, after, _ in deeds(seed):
        if before and after:
            projects.replace(there(projects, before.id), after)
        elif before:
            projects.remove(there(projects, before.id))
        elif after:
            projects.add(after)
        sys.stdout.write("done\n")
        sys.stdout.flush()


def acknowledged_before_death(path: Path, seed: int, wait_for: int) -> int:
    """Starts a writer and kills it after `wait_for` acknowledged writes. Returns their final number."""
    command = [sys.executable, "-m", __name__, str(path), str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = list(islice(writer.stdout, wait_for))
        writer.kill()
        lines += writer.stdout
    assert writer.returncode == -signal.SIGKILL
    return lines.count("done\n")


def state_of(store: SqliteStore) -> State:
    """The records as single reads return them. The list must agree."""
    listed = everything(partial(store.projects.find, ProjectQuery()), 500)
    found = [there(store.projects, each) for each in ids(listed)]
    assert listed == [as_json(project_document(project)) for project in found]
    return {project.id: project for project in found}


# Both statements of a pair return the same if indexes, counts and contacts agree with the projects.
FIT = [
    ("PRAGMA integrity_check", "SELECT 'ok'"),
    ("PRAGMA foreign_key_check", "SELECT 1 WHERE 0"),
    (
        "SELECT id, project_count FROM technologies ORDER BY 1",
        "SELECT id, (SELECT count(*) FROM project_technologies u WHERE u.technology_id = t.id)"
        " FROM technologies t ORDER BY 1",
    ),
    ("SELECT rowid FROM project_words ORDER BY 1", "SELECT seq FROM projects ORDER BY 1"),
    (
        "SELECT 1 FROM project_contacts WHERE project_id NOT IN (SELECT id FROM projects)",
        "SELECT 1 WHERE 0",
    ),
]
WORDS = "SELECT p.id, w.words FROM project_words w JOIN projects p ON p.seq = w.rowid"


def assert_whole(path: Path) -> None:
    """Checks the rules that the schema itself cannot ensure."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for index in ("project_words", "technology_words"):
            connection.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
        for found, wanted in FIT:
            assert connection.execute(found).fetchall() == connection.execute(wanted).fetchall()
        words = dict(connection.execute(WORDS))
    projects = state_of(SqliteStore(path)).values()
    assert words == {project.id: " ".join(project.words) for project in projects}


@pytest.mark.parametrize(
    ("seed", "wait_for"),
    [
        *((turn, 1 + turn * turn * 3) for turn in range(10)),
        *(pytest.param(1000 + turn, 1 + turn * 13, marks=pytest.mark.soak) for turn in range(100)),
    ],
)
def test_acknowledged_writes_survive_a_kill_and_the_store_takes_more(
    tmp_path: Path, seed: int, wait_for: int
) -> None:
    """Beyond the acknowledged writes, only the one that was running may exist."""
    path = tmp_path / "landscape.db"
    store = SqliteStore(path)
    for each in TECHNOLOGIES:
        store.technologies.add(technology(each))
    number = acknowledged_before_death(path, seed, wait_for)
    assert number >= wait_for
    found = state_of(store)
    assert found in [state for *_, state in islice(deeds(seed), number - 1, number + 1)]
    assert_whole(path)
    added = some_project(Random(2), Project("", id="after"), -1)
    store.projects.add(added)
    assert state_of(store) == {**found, "after": added}
    assert_whole(path)


if __name__ == "__main__":
    write_until_killed(Path(sys.argv[1]), int(sys.argv[2]))
