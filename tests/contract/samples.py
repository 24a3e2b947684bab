"""Records to test with, and how a list is read from its first page to its last."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from chalicelib.models.page import Page, Position
from chalicelib.models.project import Contact, Project, ProjectQuery, Use
from chalicelib.models.technology import Move, Technology, TechnologyQuery
from chalicelib.models.text import words
from chalicelib.stores.port import Receipt, Store
from tests.support import contacts_of

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
    return replace(plain, **changes)


def project(project_id: str, **changes: Any) -> Project:
    plain = Project(
        name=project_id, id=project_id, version=1, created_at=NOW, updated_at=NOW, updated_by=None
    )
    return replace(plain, **changes)


def uses(*technology_ids: str) -> tuple[Use, ...]:
    return tuple(Use(technology_id, "languages") for technology_id in technology_ids)


def people(*emails: str) -> tuple[Contact, ...]:
    return tuple(Contact(email) for email in emails)


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
    return everything(partial(store.projects.find, query or ProjectQuery()), limit)


def technologies_of(
    store: Store, query: TechnologyQuery | None = None, limit: int = 50
) -> list[Technology]:
    return everything(partial(store.technologies.find, query or TechnologyQuery()), limit)


def searched(store: Store, text: str) -> list[str]:
    """The ids of the projects that a search for `text` finds."""
    return [found.id for found in projects_of(store, ProjectQuery(words=words(text)))]


def searched_technologies(store: Store, text: str) -> list[str]:
    return [found.id for found in technologies_of(store, TechnologyQuery(words=words(text)))]


def of_contact(store: Store, key: str) -> list[str]:
    return [found.id for found in everything(partial(store.projects.of_contact, key))]


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
        store.technologies.resolve([word]),
        store.receipts.get(key, NOW),
    )
