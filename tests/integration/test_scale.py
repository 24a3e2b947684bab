"""The API is as fast with 100,000 projects as with 1,000, and the measured stores are real ones."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bench import scale
from bench.figures import markdown
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.stores.sqlite import SqliteStore


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scale") / "landscape.db"
    scale.build(path, scale.SMALL)
    return path


def dump(path: Path) -> list[str]:
    """Everything except the index of words and the marks, which are random."""
    with closing(sqlite3.connect(path)) as connection:
        for table in ("projects", "technologies"):
            connection.execute(f"UPDATE {table} SET mark = ''")
        return [line for line in connection.iterdump() if "_words_" not in line]


def test_a_store_built_at_once_is_like_one_written_singly(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "landscape.db"
    store = SqliteStore(path)
    for technology in scale.some_technologies():
        store.technologies.add(technology)
    for project in scale.some_projects(scale.SMALL):
        store.projects.add(project)
    assert dump(small) == dump(path)


def test_what_was_built_is_what_the_store_reads(small: Path) -> None:
    wanted: list[Project] = list(scale.some_projects(scale.SMALL))
    projects = SqliteStore(small).projects
    assert [projects.get(project.id) for project in wanted] == wanted


def test_as_many_projects_are_found_as_were_hidden(small: Path) -> None:
    store = SqliteStore(small)
    needle = store.technologies.get(scale.NEEDLE)
    named = store.projects.find(ProjectQuery(words=(scale.NEEDLE,)), None, 100)
    using = store.projects.find(ProjectQuery(technology=scale.NEEDLE), None, 100)
    assert needle is not None
    assert (needle.project_count, len(named.items), len(using.items)) == (scale.NEEDLES,) * 3


@pytest.mark.soak
def test_a_hundred_times_the_projects_takes_at_most_half_as_long_again() -> None:
    rows = list(scale.rows())
    sys.stdout.write(f"\n{markdown('by the soak', rows)}\n")
    assert len(rows) == len(scale.REQUESTS)
    assert {row.what: row.ratios for row in rows if row.ratios[0] > scale.LARGEST_RATIO} == {}
