"""Projects, their contacts, and how often a technology is used."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from chalicelib.errors import (
    IdTakenError,
    NameTakenError,
    NotFoundError,
    RegisterError,
    UnknownTechnologyError,
    VersionMismatchError,
)
from chalicelib.models.page import Page, Position
from chalicelib.models.project import (
    Contact,
    Project,
    ProjectQuery,
)
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, Key
from chalicelib.stores.dynamodb.index import Kind, Walk, page_of, word_walk, write_with_rows
from chalicelib.stores.dynamodb.items import contacts_in, guard_item, project_in, project_item
from chalicelib.stores.dynamodb.receipts import keep_receipt
from chalicelib.stores.port import Receipt


class DynamoProjects:
    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, project_id: str) -> Project | None:
        item = self._client.get(keys.project_key(project_id))
        return project_in(item) if item else None

    def with_contacts(self, project_id: str) -> tuple[Project, tuple[Contact, ...]] | None:
        item = self._client.get(keys.project_key(project_id))
        return (project_in(item), contacts_in(item)) if item else None

    def owner(self, name_key: str) -> str | None:
        item = self._client.get(keys.project_name_guard(name_key))
        return item["id"]["S"] if item else None

    def add(
        self, project: Project, contacts: Iterable[Contact], receipt: Receipt | None = None
    ) -> None:
        contacts = tuple(contacts)
        core = [
            *keep_receipt(self._client, receipt, project.updated_at),
            self._claim_name(project),
            Action(
                self._client.put(project_item(project, contacts), "attribute_not_exists(pk)"),
                lambda: IdTakenError(f"The project id {project.id} is taken"),
            ),
            *self._count(project.technology_ids, 1),
        ]
        write_with_rows(self._client, core, (), keys.project_rows(project, contacts))

    def replace(
        self, project: Project, expected: int, contacts: Iterable[Contact] | None = None
    ) -> None:
        item = self._require(project.id, expected)
        before, contacts_before = project_in(item), contacts_in(item)
        after = contacts_before if contacts is None else tuple(contacts)
        core = [
            self._instead_of(item, self._client.put, project_item(project, after)),
            *self._change_name(before, project),
            *self._count(_only_in(project, before), 1),
            *self._count(_only_in(before, project), -1),
        ]
        write_with_rows(
            self._client,
            core,
            keys.project_rows(before, contacts_before),
            keys.project_rows(project, after),
        )

    def remove(self, project_id: str, expected: int) -> None:
        item = self._require(project_id, expected)
        project = project_in(item)
        core = [
            self._instead_of(item, self._client.delete, keys.project_key(project_id)),
            Action(self._client.delete(keys.project_name_guard(project.name_key))),
            *self._count(project.technology_ids, -1),
        ]
        write_with_rows(self._client, core, _rows_of(project, item), ())

    def find(self, query: ProjectQuery, after: Position | None, limit: int) -> Page[Project]:
        walk, filtered = walk_of(query)
        return page_of(self._client, KIND, walk, query, after, limit, filtered=filtered)

    def of_contact(self, key: str, after: Position | None, limit: int) -> Page[Project]:
        walk = Walk(keys.contact_partition(key))
        return page_of(self._client, KIND, walk, ProjectQuery(), after, limit, filtered=False)

    def _require(self, project_id: str, expected: int) -> Item:
        item = self._client.get(keys.project_key(project_id))
        if item is None:
            raise NotFoundError(f"There is no {project_id}")
        version = int(item["version"]["N"])
        if version != expected:
            raise VersionMismatchError(f"It is version {version} by now, not {expected}")
        return item

    def _instead_of(self, item: Item, write: Any, what: Any) -> Action:
        """`write` of `what`, if the record is still the one that was read as `item`."""
        project_id, version = project_in(item).id, item["version"]["N"]

        def refused() -> RegisterError:
            try:
                self._require(project_id, int(version))
            except RegisterError as error:
                return error
            return VersionMismatchError(f"It is no longer version {version}")

        return Action(write(what, "mark = :mark", mark=item["mark"]), refused)

    def _claim_name(self, project: Project) -> Action:
        return Action(
            self._client.put(guard_item(project), "attribute_not_exists(pk)"),
            partial(self._name_taken, project),
        )

    def _name_taken(self, project: Project) -> RegisterError:
        owner = self.owner(project.name_key) or "that is gone by now"
        return NameTakenError(f"The project {owner} has this name")

    def _change_name(self, before: Project, after: Project) -> list[Action]:
        if before.name_key == after.name_key:
            return []
        freed = self._client.delete(keys.project_name_guard(before.name_key))
        return [self._claim_name(after), Action(freed)]

    def _count(self, technology_ids: Iterable[str], by: int) -> list[Action]:
        return [
            Action(
                self._client.update(
                    keys.technology_key(technology_id),
                    "ADD project_count :by",
                    "attribute_exists(pk)",
                    by={"N": str(by)},
                ),
                partial(UnknownTechnologyError, f"There is no technology {technology_id}"),
            )
            for technology_id in technology_ids
        ]


def walk_of(query: ProjectQuery) -> tuple[Walk, bool]:
    """The one partition that drives this query, and whether anything is left to filter.

    Rows are kept by name, and by time only for all projects: an order by time drives, whatever
    else is asked; so does an order that is asked for with words.
    """
    descending = (query.sort or "").startswith("-")
    filters = (query.stage, query.development, query.hosting)
    narrowing = (query.technology, query.programme, query.words or None)
    filtered = any(filters) or sum(part is not None for part in narrowing) > 1
    if (query.sort or "").endswith("updated_at"):
        walk = Walk(keys.PROJECTS_BY_UPDATE, "", descending)
    elif query.words and query.sort is None:
        return word_walk("PROJECT", query.words), True
    elif query.words:
        walk = Walk(keys.PROJECTS_BY_NAME, "", descending)
    elif query.technology is not None:
        return Walk(keys.uses_partition(query.technology), "", descending), filtered
    elif query.programme is not None:
        return Walk(keys.programme_partition(query.programme), "", descending), filtered
    else:
        walk = Walk(keys.PROJECTS_BY_NAME, "", descending)
    return walk, any(filters) or any(part is not None for part in narrowing)


def _rows_of(project: Project, item: Item) -> Iterator[Key]:
    return keys.project_rows(project, _contacts_if_asked(item))


def _contacts_if_asked(item: Item) -> Iterator[Contact]:
    yield from contacts_in(item)


def _only_in(one: Project, other: Project) -> list[str]:
    return [found for found in one.technology_ids if found not in other.technology_ids]


KIND = Kind(keys.project_key, project_in, _rows_of)
