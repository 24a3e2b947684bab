"""Compares a table with the contents that follow from its records alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.models.project import Project
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.client import Key
from chalicelib.stores.dynamodb.items import (
    project_copy,
    project_in,
    technology_copy,
    technology_in,
)
from chalicelib.stores.dynamodb.projects import copy_keys
from chalicelib.stores.dynamodb.rows import Rows, project_rows, technology_rows
from chalicelib.stores.dynamodb.technologies import technology_copy_keys

Content = Mapping[str, Any]
# Items that belong to no record: single items, and those that expire.
APART = ("RECEIPT#", "QUOTA#", "CURSOR-KEY", "RENAMES", "FIREWALL")


def violations(items: Iterable[Content]) -> list[str]:
    """Every item that is missing, surplus or different. Empty if every record is complete."""
    held = {(item["pk"]["S"], item["sk"]["S"]): content_of(item) for item in items}
    held = {key: value for key, value in held.items() if not key[0].startswith(APART)}
    records = {
        key: value
        for key, value in held.items()
        if key[0].startswith(("PROJECT#", "TECHNOLOGY#")) and key[1] == keys.RECORD
    }
    unfinished = [f"{key} is unfinished" for key, value in records.items() if is_unfinished(value)]
    if unfinished:
        return unfinished
    wanted = dict(all_wanted(records, held))
    return [
        *(f"{key} is missing" for key in sorted(wanted.keys() - held.keys())),
        *(f"{key} is surplus" for key in sorted(held.keys() - wanted.keys())),
        *(
            f"{key} is {held[key]}, not {wanted[key]}"
            for key in sorted(held.keys() & wanted.keys())
            if held[key] != wanted[key]
        ),
    ]


def is_unfinished(record: Content) -> bool:
    return "document" not in record or "counterpart" in record


def content_of(item: Content) -> dict[str, Any]:
    content = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    for name in {"facets", "categories"} & content.keys():
        content[name] = {"SS": sorted(content[name]["SS"])}
    return content


def all_wanted(
    records: Mapping[Key, Content], held: Mapping[Key, Content]
) -> Iterator[tuple[Key, Content]]:
    """A move that the record no longer shows exists nowhere else, so its item must exist."""
    uses: Counter[str] = Counter()
    for key, record in records.items():
        yield key, record
        if key[0].startswith("PROJECT#"):
            project = project_in(record, {})
            uses.update(project.technology_ids)
            yield from wanted_of_project(project)
    for key, record in records.items():
        if key[0].startswith("TECHNOLOGY#"):
            yield from wanted_of_technology(record, uses)
            yield from ((each, held.get(each, {})) for each in older_moves(record))


def wanted_of_project(project: Project) -> Iterator[tuple[Key, Content]]:
    """The items of a project without its record."""
    yield keys.project_name_guard(project.name_key), {"id": {"S": project.id}}
    yield from ((each, project_copy(project)) for each in copy_keys(project))
    yield from contents_of(project_rows(project))


def wanted_of_technology(record: Content, uses: Counter[str]) -> Iterator[tuple[Key, Content]]:
    technology = technology_in(record, 0)
    names: Content = {"id": {"S": technology.id}, "name": {"S": technology.name}}
    if technology.categories:
        names = {**names, "categories": {"SS": sorted(technology.categories)}}
    yield keys.count_key(technology.id), {"n": {"N": str(uses[technology.id])}}
    yield keys.technology_id_guard(technology.id), names
    for each, kind in technology.keys.items():
        yield keys.technology_guard(each), {**names, "as": {"S": kind}}
    yield from ((each, technology_copy(technology)) for each in technology_copy_keys(technology))
    yield from contents_of(technology_rows(technology))


def older_moves(record: Content) -> Iterator[Key]:
    technology = technology_in(record, 0)
    older = technology.move_count - len(technology.moves)
    return (keys.move_key(technology.id, n) for n in range(older))


def contents_of(rows: Rows) -> Iterator[tuple[Key, Content]]:
    yield from ((key, row.attributes) for key, row in rows.items())
