"""Technologies, and the one name space of their ids, names and aliases."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from chalicelib.errors import (
    IdTakenError,
    InUseError,
    NameTakenError,
    NotFoundError,
    RegisterError,
    VersionMismatchError,
)
from chalicelib.models.page import Page, Position
from chalicelib.models.technology import (
    Technology,
    TechnologyQuery,
)
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, Key, item_key
from chalicelib.stores.dynamodb.index import Kind, Walk, page_of, word_walk, write_with_rows
from chalicelib.stores.dynamodb.items import technology_in, technology_item
from chalicelib.stores.dynamodb.receipts import keep_receipt, refuse_known_receipt
from chalicelib.stores.port import Receipt


class DynamoTechnologies:
    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, technology_id: str) -> Technology | None:
        item = self._client.get(keys.technology_key(technology_id))
        return technology_in(item) if item else None

    def resolve(self, wanted: Iterable[str]) -> Mapping[str, str]:
        guards = {key: keys.technology_guard(key) for key in wanted}
        found = self._client.get_all(guards.values())
        return {key: found[guard]["id"]["S"] for key, guard in guards.items() if guard in found}

    def names(self, technology_ids: Iterable[str]) -> Mapping[str, str]:
        wanted = {one: keys.technology_key(one) for one in technology_ids}
        found = self._client.get_all(wanted.values(), "name")
        return {one: found[key]["name"]["S"] for one, key in wanted.items() if key in found}

    def add(self, technology: Technology, receipt: Receipt | None = None) -> None:
        item = {**technology_item(technology), "project_count": {"N": "0"}}
        core = [
            *keep_receipt(self._client, receipt, technology.updated_at),
            *self._claim(technology.name_keys, technology.id),
            *self._claim_id(technology),
            Action(
                self._client.put(item, "attribute_not_exists(pk)"),
                lambda: IdTakenError(f"The technology id {technology.id} is taken"),
            ),
        ]
        write_with_rows(self._client, core, (), keys.technology_rows(technology))

    def replace(
        self, technology: Technology, expected: int, receipt: Receipt | None = None
    ) -> None:
        refuse_known_receipt(self._client, receipt, technology.updated_at)
        item = self._require(technology.id, expected)
        before = technology_in(item)
        freed = [key for key in before.keys if key not in technology.keys]
        claimed = [key for key in technology.keys if key not in before.keys]
        core = [
            *keep_receipt(self._client, receipt, technology.updated_at),
            self._write_instead_of(item, technology),
            *self._claim(claimed, technology.id),
            *(Action(self._client.delete(keys.technology_guard(key))) for key in freed),
        ]
        rows = keys.technology_rows(before), keys.technology_rows(technology)
        write_with_rows(self._client, core, *rows)

    def remove(self, technology_id: str, expected: int) -> None:
        item = self._require(technology_id, expected)
        technology = technology_in(item)
        if technology.project_count:
            raise _in_use(technology)
        gone = self._client.delete(
            keys.technology_key(technology_id),
            "mark = :mark AND project_count = :none",
            mark=item["mark"],
            none={"N": "0"},
        )
        guards = (keys.technology_guard(key) for key in technology.keys)
        core = [
            Action(gone, partial(self._why, technology_id, expected)),
            *(Action(self._client.delete(guard)) for guard in guards),
        ]
        write_with_rows(self._client, core, keys.technology_rows(technology), ())

    def find(self, query: TechnologyQuery, after: Position | None, limit: int) -> Page[Technology]:
        walk = Walk(keys.TECHNOLOGIES_BY_NAME)
        if query.words:
            walk = word_walk("TECHNOLOGY", query.words)
        filtered = query != TechnologyQuery()
        return page_of(self._client, KIND, walk, query, after, limit, filtered=filtered)

    def _require(self, technology_id: str, expected: int) -> Item:
        item = self._client.get(keys.technology_key(technology_id))
        if item is None:
            raise NotFoundError(f"There is no {technology_id}")
        version = int(item["version"]["N"])
        if version != expected:
            raise VersionMismatchError(f"It is version {version} by now, not {expected}")
        return item

    def _why(self, technology_id: str, expected: int) -> RegisterError:
        """Why a write at this version was refused."""
        try:
            technology = technology_in(self._require(technology_id, expected))
        except RegisterError as error:
            return error
        if technology.project_count:
            return _in_use(technology)
        return VersionMismatchError(f"It is no longer version {expected}")

    def _write_instead_of(self, before: Item, technology: Technology) -> Action:
        """Everything but the count of projects, which is the projects' own."""
        item = technology_item(technology)
        names = ("version", "mark", "name", "document", "updated_by")
        changed = {name: item[name] for name in names if name in item}
        places = ", ".join(f"{_place(name)} = :{name}" for name in changed)
        write = self._client.update(
            keys.technology_key(technology.id),
            f"SET {places}" + ("" if "updated_by" in changed else " REMOVE updated_by"),
            "mark = :before",
            before=before["mark"],
            **changed,
        )
        write["Update"]["ExpressionAttributeNames"] = {"#name": "name"}
        expected = int(before["version"]["N"])
        return Action(write, partial(self._why, technology.id, expected))

    def _claim(self, wanted: Iterable[str], technology_id: str) -> list[Action]:
        return [
            Action(self._guard(key, technology_id), partial(self._taken, key)) for key in wanted
        ]

    def _claim_id(self, technology: Technology) -> list[Action]:
        if technology.id in technology.name_keys:
            return []
        refused = partial(IdTakenError, f"The technology id {technology.id} is taken")
        return [Action(self._guard(technology.id, technology.id), refused)]

    def _guard(self, key: str, technology_id: str) -> dict[str, Any]:
        guard = {**item_key(keys.technology_guard(key)), "id": {"S": technology_id}}
        return self._client.put(guard, "attribute_not_exists(pk)")

    def _taken(self, key: str) -> RegisterError:
        owner = self.resolve([key]).get(key, "that is gone by now")
        return NameTakenError(f"The technology {owner} goes by this name or alias")


def _place(name: str) -> str:
    return "#name" if name == "name" else name


def _in_use(technology: Technology) -> InUseError:
    return InUseError(f"{technology.project_count} projects use {technology.id}")


def _rows_of(technology: Technology, _: Item) -> Iterator[Key]:
    return keys.technology_rows(technology)


KIND = Kind(keys.technology_key, technology_in, _rows_of)
