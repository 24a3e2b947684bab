"""Projects, their contacts, and their uses of technologies."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from chalicelib.errors import (
    IdTakenError,
    NameTakenError,
    RegisterError,
)
from chalicelib.models.page import Page, Position
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, Key, item_key
from chalicelib.stores.dynamodb.common import Common, References
from chalicelib.stores.dynamodb.items import (
    facets_of_projects,
    project_copy,
    project_in,
    project_item,
    project_text,
)
from chalicelib.stores.dynamodb.lists import (
    Range,
    has_compared,
    page_of_copies,
    page_of_rows,
    word_walk,
)
from chalicelib.stores.dynamodb.receipts import keep_receipt
from chalicelib.stores.dynamodb.writes import NEW, Change, Writer
from chalicelib.stores.port import Receipt


class DynamoProjects:
    def __init__(
        self, client: Client, writer: Writer, common: Common, references: References
    ) -> None:
        self._client = client
        self._writer = writer
        self._common = common
        self._references = references

    def get(self, project_id: str) -> Project | None:
        item = self._client.get(keys.project_key(project_id))
        if item is None or "document" not in item:
            return None
        return project_in(item, self._common.renamed())

    def owner(self, name_key: str) -> str | None:
        item = self._client.get(keys.project_name_guard(name_key))
        return item["id"]["S"] if item else None

    def add(self, project: Project, receipt: Receipt | None = None) -> None:
        taken = partial(IdTakenError, f"The project id {project.id} is taken")
        first = [
            *keep_receipt(self._client, receipt, project.updated_at),
            self._claim_name(project),
        ]
        then = self._copies(None, project)
        key, item = keys.project_key(project.id), project_item(project)
        with self._references.trusted():
            self._writer.add(Change(key, None, item, taken, first, then))

    def replace(self, before: Project, after: Project) -> None:
        def change(current: Project) -> Change:
            names = []
            if current.name_key != after.name_key:
                freed = self._client.delete(keys.project_name_guard(current.name_key))
                names = [self._claim_name(after), Action(freed)]
            then = [*names, *self._copies(current, after)]
            return self._over(current, project_item(after), then)

        self._write_over(before, change)

    def remove(self, before: Project) -> None:
        def change(current: Project) -> Change:
            freed = self._client.delete(keys.project_name_guard(current.name_key))
            return self._over(current, None, [Action(freed), *self._copies(current, None)])

        self._write_over(before, change)

    def find(self, query: ProjectQuery, after: Position | None, limit: int) -> Page[str]:
        """Reads rows if a word or a technology drives the list, else copies."""
        by_rank = bool(query.words) and query.sort is None
        by_time = (query.sort or "").endswith("updated_at")
        if not by_rank and (query.technology is None or query.words or by_time):
            attributes = self._attributes(query)
            walk = replace(walk_of_copies(query), attributes=attributes)
            serve = self._serve(query, ())
            return page_of_copies(self._client, walk, after, limit, serve)
        facets = facets_of_projects(query if by_rank else replace(query, technology=None))
        attributes = self._attributes(query, facets)
        if by_rank:
            walk = word_walk("PROJECT", query.words, attributes)
        else:
            partition = keys.uses_partition(str(query.technology))
            walk = Range(partition, (query.sort or "")[:1] == "-", attributes=attributes)
        place = (self._client, walk, after, limit, keys.project_key)
        return page_of_rows(*place, self._serve(query, facets), is_filtered=bool(facets))

    def of_contact(self, key: str, after: Position | None, limit: int) -> Page[str]:
        query = ProjectQuery()
        attributes = (*self._attributes(query), "contacts")
        walk = Range(keys.contact_partition(key), attributes=attributes)
        place = (self._client, walk, after, limit, keys.project_key)
        return page_of_rows(*place, self._serve(query, ()), is_filtered=False)

    def _attributes(self, query: ProjectQuery, facets: Sequence[str] = ()) -> list[str]:
        """The attributes of an item that `_serve` needs. Others would take time to read."""
        needs_facets = facets or self._common.renamed()
        return [
            "document",
            "form",
            *(["facets"] if needs_facets else []),
            *(["words"] if query.words else []),
        ]

    def _serve(self, query: ProjectQuery, facets: Sequence[str]) -> Callable[[Item], str | None]:
        """`facets` are those that DynamoDB has not compared."""
        renamed = self._common.renamed()

        def serve(item: Item) -> str | None:
            if facets and not set(facets).issubset(item["facets"]["SS"]):
                return None
            if query.words and not has_compared(query.words, item):
                return project_text(item, renamed) if query.admits(project_in(item, {})) else None
            return project_text(item, renamed)

        return serve

    def _write_over(self, before: Project, change: Callable[[Project], Change]) -> None:
        with self._references.trusted():
            self._writer.write_over(before, change, partial(self.get, before.id))

    def _over(self, current: Project, after: Item | None, then: list[Action]) -> Change:
        before: Item = {**project_item(current), "mark": {"S": current.mark}}
        key = keys.project_key(current.id)
        return Change(
            key, before, after, partial(self._writer.refusal, key, current.version), then=then
        )

    def _claim_name(self, project: Project) -> Action:
        guard: Item = {
            **item_key(keys.project_name_guard(project.name_key)),
            "id": {"S": project.id},
        }
        return Action(self._client.put(guard, NEW), partial(self._name_taken, project))

    def _name_taken(self, project: Project) -> RegisterError:
        owner = self.owner(project.name_key)
        if owner is None:
            return NameTakenError("The name was in use a moment ago: send the request again")
        return NameTakenError.by(f"project {owner}")

    def _copies(self, before: Project | None, after: Project | None) -> list[Action]:
        """Puts the copies in the lists of all projects, and deletes those whose key has changed."""
        old, new = copy_keys(before), copy_keys(after)
        copy = project_copy(after) if after else {}
        return [
            *(Action(self._client.put({**item_key(key), **copy})) for key in new),
            *(Action(self._client.delete(key)) for key in old if key not in new),
        ]


def copy_keys(project: Project | None) -> list[Key]:
    if project is None:
        return []
    by_name = keys.sort_key(project.name_key, project.id)
    return [
        (keys.PROJECTS_BY_NAME, by_name),
        (keys.PROJECTS_BY_UPDATE, keys.sort_key(project.updated_at, project.id)),
        (keys.programme_partition(project.programme_key), by_name),
    ]


def walk_of_copies(query: ProjectQuery) -> Range:
    """The partition of copies that drives this query. DynamoDB filters by the rest."""
    sort = query.sort or "name"
    if sort.endswith("updated_at"):
        partition = keys.PROJECTS_BY_UPDATE
    elif query.programme is not None and not query.words and query.technology is None:
        partition = keys.programme_partition(query.programme)
    else:
        partition = keys.PROJECTS_BY_NAME
    facets = facets_of_projects(query)
    if partition not in (keys.PROJECTS_BY_UPDATE, keys.PROJECTS_BY_NAME):
        facets = [facet for facet in facets if not facet.startswith("programme:")]
    return Range(partition, sort.startswith("-"), facets, query.words)
