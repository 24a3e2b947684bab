"""Conversion of records to items, and of items to records.

An item holds a record's JSON as lists serve it. A list joins these texts without parsing them, unless
another release wrote them or a technology in them was renamed.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from zlib import crc32

from chalicelib.models.project import (
    Contact,
    Development,
    Hosting,
    Project,
    ProjectQuery,
    Repository,
    Use,
    contact_document,
    project_document,
    project_from,
)
from chalicelib.models.project import (
    Item as ProjectPart,
)
from chalicelib.models.record import form_of
from chalicelib.models.technology import (
    Move,
    Technology,
    TechnologyQuery,
    technology_document,
    technology_from,
)
from chalicelib.models.text import as_json, name_key
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.client import Item, Value, item_key
from chalicelib.stores.dynamodb.rows import (
    Rows,
    project_rows,
    technology_rows,
    words_attribute,
)

PROJECT_FORM = str(
    crc32(form_of(Project, Development, Hosting, Repository, Use, ProjectPart, Contact).encode())
)
TECHNOLOGY_FORM = str(crc32(form_of(Technology, Move).encode()))
# The current names of renamed technologies, by the facet `technology:<id>`.
Renamed = Mapping[str, str]


def new_mark() -> Value:
    """A new value for each write. A record that is deleted and created again repeats versions."""
    return {"S": os.urandom(16).hex()}


def project_item(project: Project) -> dict[str, Value]:
    return {
        **item_key(keys.project_key(project.id)),
        **project_copy(project),
        "mark": new_mark(),
        "version": {"N": str(project.version)},
        "contacts": {"S": as_json([contact_document(c, stored=True) for c in project.contacts])},
        **({"updated_by": {"S": project.updated_by}} if project.updated_by else {}),
    }


def project_copy(project: Project) -> dict[str, Value]:
    """The attributes that a list serves and filters by."""
    text = as_json(project_document(project, stored=True))
    is_plain = text == as_json(project_document(project))
    return {
        "document": {"S": text},
        **({"form": {"S": PROJECT_FORM}} if is_plain else {}),
        **_facets(project_facets(project)),
        **words_attribute(project.words),
    }


def project_in(item: Item, renamed: Renamed) -> Project:
    contacts = json.loads(item["contacts"]["S"]) if "contacts" in item else ()
    mark = item.get("mark", {}).get("S", "")
    found = project_from(json.loads(item["document"]["S"]), contacts, _author(item), mark)
    if renamed.keys().isdisjoint(project_facets(found)):
        return found
    uses = (
        replace(use, name=renamed.get(f"technology:{use.technology}", use.name))
        for use in found.technologies
    )
    return replace(found, technologies=tuple(uses))


def project_text(item: Item, renamed: Renamed) -> str:
    """The JSON of the project in a list."""
    is_plain = item.get("form", {}).get("S") == PROJECT_FORM
    if is_plain and renamed.keys().isdisjoint(item.get("facets", {}).get("SS", ())):
        return item["document"]["S"]
    return as_json(project_document(project_in(item, renamed)))


def technology_item(technology: Technology) -> dict[str, Value]:
    """The record without the count of its projects, which is an item of its own."""
    return {
        **item_key(keys.technology_key(technology.id)),
        **technology_copy(technology),
        "mark": new_mark(),
        "version": {"N": str(technology.version)},
        **({"updated_by": {"S": technology.updated_by}} if technology.updated_by else {}),
    }


def technology_copy(technology: Technology) -> dict[str, Value]:
    text = as_json(technology_document(technology, stored=True))
    known = technology_document(technology)
    del known["project_count"]
    is_plain = text == as_json(known)
    return {
        "document": {"S": text},
        **({"form": {"S": TECHNOLOGY_FORM}} if is_plain else {}),
        **_facets(technology_facets(technology)),
        **words_attribute(technology.words),
    }


def technology_in(item: Item, project_count: int) -> Technology:
    mark = item.get("mark", {}).get("S", "")
    return technology_from(json.loads(item["document"]["S"]), project_count, _author(item), mark)


def technology_text(item: Item, project_count: int) -> str:
    """The JSON of the technology in a list."""
    if item.get("form", {}).get("S") == TECHNOLOGY_FORM:
        return f'{{"project_count":{project_count},{item["document"]["S"][1:]}'
    return as_json(technology_document(technology_in(item, project_count)))


def rows_in(item: Item) -> Rows:
    """The index rows that a record should have: none if it has no document."""
    if "document" not in item:
        return {}
    if item["pk"]["S"].startswith("PROJECT#"):
        return project_rows(project_in(item, {}))
    return technology_rows(technology_in(item, 0))


def project_facets(project: Project) -> list[str]:
    """The values that a list filters by, as DynamoDB compares them."""
    facets = [f"technology:{each}" for each in project.technology_ids]
    facets += [f"hosting:{each}" for each in project.hosting.types]
    facets.append(f"programme:{project.programme_key}")
    if project.stage:
        facets.append(f"stage:{project.stage}")
    if project.development:
        facets.append(f"development:{project.development.type}")
    return facets


def facets_of_projects(query: ProjectQuery) -> list[str]:
    wanted = {
        "technology": query.technology,
        "hosting": query.hosting,
        "programme": query.programme,
        "stage": query.stage,
        "development": query.development,
    }
    return _wanted(wanted)


def technology_facets(technology: Technology) -> list[str]:
    tags = [f"tag:{name_key(tag)}" for tag in technology.tags]
    categories = [f"category:{each}" for each in technology.categories]
    return [f"quadrant:{technology.quadrant}", f"ring:{technology.ring}", *tags, *categories]


def facets_of_technologies(query: TechnologyQuery) -> list[str]:
    tag = None if query.tag is None else name_key(query.tag)
    wanted = {"quadrant": query.quadrant, "ring": query.ring, "category": query.category}
    return _wanted({**wanted, "tag": tag})


def _wanted(values: Mapping[str, str | None]) -> list[str]:
    return [f"{name}:{value}" for name, value in values.items() if value is not None]


def _facets(facets: list[str]) -> dict[str, Value]:
    return {"facets": {"SS": sorted(set(facets))}}


def _author(item: Item) -> str | None:
    return item.get("updated_by", {}).get("S")
