"""Records to test with, and how a list is read from its first page to its last."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from chalicelib.models.page import Page, Position
from chalicelib.models.project import Contact, Project, ProjectQuery, Use, project_from
from chalicelib.models.technology import (
    Move,
    Technology,
    TechnologyQuery,
    technology_from,
)
from chalicelib.models.text import words
from chalicelib.stores.port import Receipt, Store

T = TypeVar("T")
Find = Callable[[Position | None, int], Page[T]]

NOW = "2026-01-02T03:04:05.678Z"
TOMORROW = "2026-01-03T03:04:05.678Z"
LATER = "2026-01-04T03:04:05.678Z"


def technology(technology_id: str, **changes: Any) -> Technology:
    plain = Technology(
        name=technology_id,
        quadrant="languages",
        moves=(Move("review", NOW),),
        id=technology_id,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )
    changed = replace(plain, **changes)
    return replace(changed, move_count=changes.get("move_count", len(changed.moves)))


def project(project_id: str, **changes: Any) -> Project:
    plain = Project(
        name=project_id, id=project_id, version=1, created_at=NOW, updated_at=NOW, updated_by=None
    )
    return replace(plain, **changes)


def uses(*technology_ids: str) -> tuple[Use, ...]:
    return tuple(Use(each, "languages", name=each) for each in technology_ids)


def people(*emails: str) -> tuple[Contact, ...]:
    return tuple(Contact(email) for email in emails)


def add_project(
    store: Store,
    wanted: Project,
    contacts: Iterable[Contact] | None = None,
    receipt: Receipt | None = None,
) -> None:
    """Where `contacts` are given, with those."""
    theirs = wanted.contacts if contacts is None else tuple(contacts)
    store.projects.add(replace(wanted, contacts=theirs), receipt)


def replace_project(
    store: Store, wanted: Project, expected: int, contacts: Iterable[Contact] | None = None
) -> None:
    """As a writer who has read the version `expected`; without `contacts` they stay."""
    before = project_read(store, wanted.id, expected)
    theirs = before.contacts if contacts is None else tuple(contacts)
    store.projects.replace(before, replace(wanted, contacts=theirs))


def remove_project(store: Store, project_id: str, expected: int) -> None:
    store.projects.remove(project_read(store, project_id, expected))


def project_read(store: Store, project_id: str, version: int) -> Project:
    """What a writer has read as this version: the record, or one that is not there."""
    found = store.projects.get(project_id)
    return found if found and found.version == version else project(project_id, version=version)


def replace_technology(
    store: Store, wanted: Technology, expected: int, receipt: Receipt | None = None
) -> None:
    store.technologies.replace(technology_read(store, wanted.id, expected), wanted, receipt)


def remove_technology(store: Store, technology_id: str, expected: int) -> None:
    store.technologies.remove(technology_read(store, technology_id, expected))


def technology_read(store: Store, technology_id: str, version: int) -> Technology:
    found = store.technologies.get(technology_id)
    if found and found.version == version:
        return found
    return technology(technology_id, version=version)


def contacts_of(store: Store, project_id: str) -> tuple[Contact, ...]:
    """None where there is no such project."""
    found = store.projects.get(project_id)
    return found.contacts if found else ()


def resolved(store: Store, keys: Iterable[str]) -> dict[str, str]:
    """The ids behind these keys."""
    return {key: named.id for key, named in store.technologies.resolve(keys).items()}


def receipt(key: str = "key", expires_at: str = TOMORROW) -> Receipt:
    return Receipt(key, "fingerprint", "answer", expires_at)


def pages(find: Find[T], limit: int) -> Iterator[Page[T]]:
    """Every page; each position goes through JSON, as it does in a cursor."""
    after: Position | None = None
    while True:
        page = find(after, limit)
        yield page
        if page.next is None:
            return
        assert page.next != after, "the walk does not get on"
        after = tuple(json.loads(json.dumps(page.next)))


def everything(find: Find[T], limit: int = 50) -> list[T]:
    return [record for page in pages(find, limit) for record in page.items]


def projects_of(store: Store, query: ProjectQuery | None = None, limit: int = 50) -> list[Project]:
    """As lists say them: without contacts and writers."""
    return projects_in(partial(store.projects.find, query or ProjectQuery()), limit)


def projects_in(find: Find[str], limit: int = 50) -> list[Project]:
    return [project_from(json.loads(text)) for text in everything(find, limit)]


def technologies_of(
    store: Store, query: TechnologyQuery | None = None, limit: int = 50
) -> list[Technology]:
    find = partial(store.technologies.find, query or TechnologyQuery())
    return [technology_from(json.loads(text)) for text in everything(find, limit)]


def ids(texts: Iterable[str]) -> list[str]:
    return [json.loads(text)["id"] for text in texts]


def searched(store: Store, text: str) -> list[str]:
    """The ids of the projects that a search for `text` finds."""
    return [found.id for found in projects_of(store, ProjectQuery(words=words(text)))]


def searched_technologies(store: Store, text: str) -> list[str]:
    return [found.id for found in technologies_of(store, TechnologyQuery(words=words(text)))]


def of_contact(store: Store, key: str) -> list[str]:
    return ids(everything(partial(store.projects.of_contact, key)))


def count(store: Store, technology_id: str) -> int:
    found = store.technologies.get(technology_id)
    assert found is not None
    return found.project_count


def contents(store: Store, word: str, email: str, key: str) -> tuple[object, ...]:
    """All that the store tells: of a word, an e-mail address and a receipt by name, else everything."""
    projects = projects_of(store)
    return (
        projects,
        [contacts_of(store, found.id) for found in projects],
        technologies_of(store),
        searched(store, word),
        searched_technologies(store, word),
        of_contact(store, email),
        resolved(store, [word]),
        store.receipts.get(key, NOW),
    )
