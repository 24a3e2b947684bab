"""What the SQLite store writes of a record, and what it reads again."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import QuotaExceededError, VersionMismatchError
from chalicelib.models.page import EXAMINED_BYTES
from chalicelib.models.project import (
    Contact,
    Development,
    Hosting,
    Project,
    ProjectQuery,
    Repository,
    Use,
    project_document,
)
from chalicelib.models.technology import (
    SHOWN_MOVES,
    Move,
    Technology,
    TechnologyQuery,
    technology_document,
)
from chalicelib.stores.port import Quota
from chalicelib.stores.sqlite import SqliteStore
from tests.contract.samples import project, technology

REST = {"later": {"technologies": ["ü", 1.50, None]}}
NAME = 'Größe "1"\\/\u2028'
PYTHON = technology(
    "python",
    name=NAME,
    moves=tuple(Move("adopt", f"{n}", rest={"n": n}) for n in range(SHOWN_MOVES + 9)),
    rest=REST,
)
SDX = project(
    "sdx",
    name="SDX 𝒳",
    development=Development("partnership", rest=REST),
    hosting=Hosting(("cloud",), rest=REST),
    repositories=(Repository("github", rest=REST),),
    technologies=(Use("python", "languages", rest=REST), Use("aws", "cicd")),
    contacts=(Contact("A@example.org", rest=REST),),
    rest=REST,
)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path / "landscape.db")
    store.technologies.add(PYTHON)
    store.technologies.add(technology("aws"))
    store.projects.add(SDX)
    return store


def sdx(store: SqliteStore) -> Project:
    found = store.projects.get("sdx")
    assert found is not None
    return found


def python(store: SqliteStore) -> Technology:
    found = store.technologies.get("python")
    assert found is not None
    return found


def rest_of(record: Project) -> list[object]:
    parts = (record, record.development, record.hosting, *record.repositories, *record.contacts)
    return [getattr(part, "rest", None) for part in (*parts, record.technologies[0])]


def test_a_projects_unknown_members_are_kept(store: SqliteStore) -> None:
    store.projects.replace(sdx(store), replace(sdx(store), version=2))
    assert rest_of(sdx(store)) == [REST] * 6


def test_a_technologys_unknown_members_are_kept(store: SqliteStore) -> None:
    store.technologies.replace(python(store), replace(python(store), version=2))
    page = store.technologies.moves("python", None, 100)
    assert python(store).rest == REST
    assert page is not None
    assert [move.rest for move in page.items] == [move.rest for move in reversed(PYTHON.moves)]


def test_lists_say_what_the_api_says(store: SqliteStore) -> None:
    def text(document: dict[str, Any]) -> str:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))

    listed = text(project_document(sdx(store)))
    assert store.projects.find(ProjectQuery(), None, 50).items == (listed,)
    assert store.projects.of_contact("a@example.org", None, 50).items == (listed,)
    technologies = store.technologies.find(TechnologyQuery(), None, 50).items
    assert technologies[1] == text(technology_document(python(store)))
    assert "later" not in listed + technologies[1]


def test_a_renaming_is_no_write_of_the_projects(store: SqliteStore) -> None:
    before = sdx(store)
    assert [use.name for use in before.technologies] == [NAME, "aws"]
    store.technologies.replace(python(store), replace(python(store), name="Snake"))
    after = sdx(store)
    assert [use.name for use in after.technologies] == ["Snake", "aws"]
    assert (after, after.mark, rest_of(after)) == (before, before.mark, rest_of(before))


Write = Callable[[SqliteStore, Project], None]


@pytest.mark.parametrize(
    "write",
    [
        lambda store, read: store.projects.replace(read, read),
        lambda store, read: store.projects.remove(read),
    ],
)
def test_what_was_removed_and_added_anew_is_another_record(
    store: SqliteStore, write: Write
) -> None:
    read = sdx(store)
    store.projects.remove(read)
    store.projects.add(SDX)
    assert sdx(store) == read
    with pytest.raises(VersionMismatchError, match="It is version 1 by now"):
        write(store, read)


def test_the_radar_keeps_no_read_open(store: SqliteStore) -> None:
    for found in store.technologies.on_radar():
        store.technologies.replace(found, replace(found, version=2))
    assert python(store).version == 2


def test_a_quota_that_has_expired_is_forgotten(store: SqliteStore) -> None:
    one = Quota("me", 1, "2026-01-02")
    store.technologies.add(technology("a", updated_at="2026-01-01"), quota=one)
    with pytest.raises(QuotaExceededError):
        store.technologies.add(technology("b", updated_at="2026-01-01"), quota=one)
    store.technologies.add(technology("b", updated_at="2026-01-02"), quota=one)


def test_a_page_ends_by_bytes_too(store: SqliteStore) -> None:
    for n in range(5):
        large = "ü" * (EXAMINED_BYTES // 8)
        store.projects.add(project(f"p{n}", name=f"A {n}", description=large))
    page = store.projects.find(ProjectQuery(), None, 50)
    assert (len(page.items), page.next) == (3, ("a 2", "p2"))


def test_no_write_is_cut_short(store: SqliteStore) -> None:
    assert store.finish("2026") == 0
