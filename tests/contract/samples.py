"""Sample records, and functions that read lists from the first page to the last."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from chalicelib.models.page import Page, Position
from chalicelib.models.project import Contact, Project, ProjectQuery, Use, project_from
from chalicelib.models.technology import Move, Technology, TechnologyQuery, technology_from
from chalicelib.models.text import words
from chalicelib.stores.port import Receipt, Store

T = TypeVar("T")
Find = Callable[[Position | None, int], Page[T]]

NOW = "2026-01-02T03:04:05.678Z"
TOMORROW = "2026-01-03T03:04:05.678Z"
LATER = "2026-01-04T03:04:05.678Z"
LONG_AFTER = "2100-01-01T00:00:00.000Z"


def technology(technology_id: str, **changes: Any) -> Technology:
    plain = {"quadrant": "languages", "moves": (Move("review", NOW),)}
    made: dict[str, Any] = {**_plain(technology_id), **plain, **changes}
    return Technology(**made, move_count=len(made["moves"]))


def project(project_id: str, **changes: Any) -> Project:
    return Project(**{**_plain(project_id), **changes})


def _plain(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "name": record_id, "version": 1, "created_at": NOW, "updated_at": NOW}


def uses(*technology_ids: str) -> tuple[Use, ...]:
    return tuple(Use(each, "languages", name=each) for each in technology_ids)


def people(*emails: str) -> tuple[Contact, ...]:
    return tuple(Contact(email) for email in emails)


def receipt(key: str = "key", expires_at: str = TOMORROW) -> Receipt:
    return Receipt(key, "fingerprint", "answer", expires_at)


def there(part: Any, record_id: str) -> Any:
    """The record in a store's projects or technologies. It must exist."""
    found = part.get(record_id)
    assert found is not None
    return found


def read_as(part: Any, wanted: Any) -> Any:
    """The record if it still has this version, otherwise `wanted`."""
    found = part.get(wanted.id)
    return found if found and found.version == wanted.version else wanted


def change(part: Any, record_id: str, *receipt: Receipt, **changes: Any) -> None:
    """Changes a record that was just read."""
    before = there(part, record_id)
    changed = replace(before, **{"version": before.version + 1, **changes})
    part.replace(before, changed, *receipt)


def remove(part: Any, record_id: str) -> None:
    part.remove(there(part, record_id))


def pages(find: Find[T], limit: int) -> Iterator[Page[T]]:
    """Every page. Each position is converted to JSON and back, as in a cursor."""
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
    """The projects as in lists: without contacts and writers."""
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


def resolved(store: Store, keys: Iterable[str]) -> dict[str, str]:
    return {key: named.id for key, named in store.technologies.resolve(keys).items()}


def counts(store: Store, *technology_ids: str) -> list[int]:
    """The number of projects that use each."""
    return [there(store.technologies, each).project_count for each in technology_ids]


def contents(store: Store, word: str, email: str, key: str) -> tuple[object, ...]:
    """All contents of the store: lists, and searches by a word, an e-mail address and a receipt."""
    projects = projects_of(store)
    return (
        projects,
        [there(store.projects, found.id).contacts for found in projects],
        technologies_of(store),
        searched(store, word),
        searched_technologies(store, word),
        of_contact(store, email),
        resolved(store, [word]),
        store.receipts.get(key, NOW),
    )
