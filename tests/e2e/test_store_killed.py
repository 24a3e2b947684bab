"""What a writer was told is written survives the writer's sudden death, and nothing is half-written.

Run as a module, this file is the writer: it writes until it is killed, and says what it wrote.
"""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from chalicelib.models.project import Contact, Project, ProjectQuery, Use, project_document
from chalicelib.models.technology import Move, Technology
from chalicelib.models.text import as_json
from chalicelib.stores.sqlite import SqliteStore
from tests.contract.samples import everything, ids

ROOT = Path(__file__).resolve().parents[2]
TECHNOLOGIES = tuple(f"t{n}" for n in range(12))
State = dict[str, Project]


@dataclass(frozen=True)
class Deed:
    """One write: `project` is what is there afterwards, or what is removed."""

    name: str
    project: Project

    def write(self, store: SqliteStore) -> None:
        if self.name == "add":
            store.projects.add(self.project)
            return
        before = store.projects.get(self.project.id)
        assert before is not None
        if self.name == "replace":
            store.projects.replace(before, self.project)
        else:
            store.projects.remove(before)

    def happen(self, state: State) -> None:
        if self.name == "remove":
            del state[self.project.id]
        else:
            state[self.project.id] = self.project

    @property
    def line(self) -> str:
        return json.dumps([self.name, self.project.id, self.project.version]) + "\n"


def deeds(seed: int) -> Iterator[Deed]:
    """Adds, replacements and removals without end, the same for the same seed."""
    random = Random(seed)
    there: dict[str, Project] = {}
    for n in range(sys.maxsize):
        name = random.choice(("add", "add", "replace", "replace", "remove")) if there else "add"
        old = random.choice(list(there.values())) if name != "add" else Project("", id=f"p{n}")
        if name == "remove":
            del there[old.id]
            yield Deed(name, old)
            continue
        project = some_project(random, old, n)
        there[old.id] = project
        yield Deed(name, project)


def some_project(random: Random, old: Project, n: int) -> Project:
    used = random.sample(TECHNOLOGIES, random.randint(0, 8))
    return replace(
        old,
        name=f"Project {n} {random.choice(('data', 'survey', 'census'))}",
        description="x" * random.choice((0, 100, 5000)),
        technologies=tuple(Use(each, "languages") for each in used),
        version=old.version + 1,
        updated_at=f"{n:09}",
        contacts=some_contacts(random),
    )


def some_contacts(random: Random) -> tuple[Contact, ...]:
    return tuple(Contact(f"{n}@example.org") for n in random.sample(range(9), random.randint(1, 5)))


def prepare(path: Path) -> None:
    store = SqliteStore(path)
    for each in TECHNOLOGIES:
        store.technologies.add(Technology(each, "languages", (Move("review", "t"),), id=each))


def write_until_killed(path: Path, seed: int) -> None:
    store = SqliteStore(path)
    for deed in deeds(seed):
        deed.write(store)
        sys.stdout.write(deed.line)
        sys.stdout.flush()


def acknowledged_before_death(path: Path, seed: int, wait_for: int) -> list[str]:
    """Starts a writer, kills it once it has acknowledged so many writes; all it acknowledged."""
    command = [sys.executable, "-m", "tests.e2e.test_store_killed", str(path), str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = list(islice(writer.stdout, wait_for))
        writer.kill()
        lines += writer.stdout
    assert writer.returncode == -signal.SIGKILL
    return [line for line in lines if line.endswith("\n")]


def state_of(store: SqliteStore) -> State:
    """As it is read; the list says the same."""
    listed = everything(partial(store.projects.find, ProjectQuery()), 500)
    found = [project for each in ids(listed) if (project := store.projects.get(each))]
    assert listed == [as_json(project_document(project)) for project in found]
    return {project.id: project for project in found}


def assert_whole(path: Path) -> None:
    """What the schema itself cannot promise: indexes, counts, words and contacts fit the projects."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:

        def rows(statement: str) -> list[tuple[object, ...]]:
            return connection.execute(statement).fetchall()

        assert rows("PRAGMA integrity_check") == [("ok",)]
        assert rows("PRAGMA foreign_key_check") == []
        for index in ("project_words", "technology_words"):
            connection.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
        counted = (
            "SELECT id FROM technologies t WHERE project_count <>"
            " (SELECT count(*) FROM project_technologies u WHERE u.technology_id = t.id)"
        )
        assert rows(counted) == []
        assert rows("SELECT rowid FROM project_words ORDER BY 1") == rows(
            "SELECT seq FROM projects ORDER BY 1"
        )
        assert (
            rows("SELECT 1 FROM project_contacts WHERE project_id NOT IN (SELECT id FROM projects)")
            == []
        )
        assert stored_words(connection) == expected_words(path)


def stored_words(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(
        connection.execute(
            "SELECT p.id, w.words FROM project_words w JOIN projects p ON p.seq = w.rowid"
        )
    )


def expected_words(path: Path) -> dict[str, str]:
    found = state_of(SqliteStore(path))
    return {project.id: " ".join(project.words) for project in found.values()}


def assert_survives(path: Path, seed: int, wait_for: int) -> None:
    """At most the one write that was under way may be there beyond what was acknowledged."""
    prepare(path)
    lines = acknowledged_before_death(path, seed, wait_for)
    assert len(lines) >= wait_for
    done = list(islice(deeds(seed), len(lines) + 1))
    assert lines == [deed.line for deed in done[:-1]]
    acknowledged: State = {}
    for deed in done[:-1]:
        deed.happen(acknowledged)
    and_one_more = dict(acknowledged)
    done[-1].happen(and_one_more)
    assert state_of(SqliteStore(path)) in (acknowledged, and_one_more)
    assert_whole(path)


@pytest.mark.parametrize("turn", range(10))
def test_acknowledged_writes_survive_a_kill(tmp_path: Path, turn: int) -> None:
    assert_survives(tmp_path / "landscape.db", turn, 1 + turn * turn * 3)


@pytest.mark.soak
@pytest.mark.parametrize("turn", range(100))
def test_acknowledged_writes_survive_every_kill(tmp_path: Path, turn: int) -> None:
    assert_survives(tmp_path / "landscape.db", 1000 + turn, 1 + turn * 13)


def test_a_store_takes_writes_again_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "landscape.db"
    assert_survives(path, 1, 20)
    store = SqliteStore(path)
    before = state_of(store)
    added = Deed("add", some_project(Random(2), Project("", id="after"), -1))
    added.write(store)
    added.happen(before)
    assert state_of(store) == before
    assert_whole(path)


if __name__ == "__main__":
    write_until_killed(Path(sys.argv[1]), int(sys.argv[2]))
