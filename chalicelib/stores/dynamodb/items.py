"""How records are written into items and read from them: compactly, never larger than DynamoDB takes them."""

import json
import os
from collections.abc import Mapping
from typing import Any

from chalicelib.errors import ConflictError
from chalicelib.kept import Kept
from chalicelib.models.project import (
    Contact,
    Project,
    contact_document,
    contact_from,
    project_document,
    project_from,
)
from chalicelib.models.technology import Technology, technology_document, technology_from
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.client import Item, item_key

# DynamoDB refuses 400 KiB and more; the rest is for what a write adds, such as counts.
LARGEST_ITEM_BYTES = 400 * 1024 - 1024

_projects: Kept[Project] = Kept()
_technologies: Kept[Technology] = Kept()


def guard_item(project: Project) -> dict[str, Any]:
    """Whose the name is."""
    return {**item_key(keys.project_name_guard(project.name_key)), "id": {"S": project.id}}


def project_item(project: Project, contacts: tuple[Contact, ...]) -> dict[str, Any]:
    """Raises ConflictError where it is too large."""
    item = {
        **item_key(keys.project_key(project.id)),
        **_new_mark(),
        "version": {"N": str(project.version)},
        "document": {"S": _text_of(project_document(project))},
        "contacts": {"S": _text_of([contact_document(contact) for contact in contacts])},
        **({"updated_by": {"S": project.updated_by}} if project.updated_by else {}),
    }
    _require_room(item, "The project, with its contacts,")
    return item


def project_in(item: Item) -> Project:
    """Kept for the next item that says the very same.

    DynamoDB is asked every time; what is spared is reading the JSON, half of a later list's time.
    """
    document, author = item["document"]["S"], item.get("updated_by", {}).get("S")
    parts = (document, author)
    known = _projects.get(parts)
    if known is not None:
        return known
    return _projects.keep(parts, project_from(json.loads(document), author), len(document))


def contacts_in(item: Item) -> tuple[Contact, ...]:
    return tuple(contact_from(found) for found in json.loads(item["contacts"]["S"]))


def technology_item(technology: Technology) -> dict[str, Any]:
    """All but the count of its projects. Raises ConflictError where it is too large."""
    item = {
        **item_key(keys.technology_key(technology.id)),
        **_new_mark(),
        "version": {"N": str(technology.version)},
        "name": {"S": technology.name},
        "document": {"S": _text_of(technology_document(technology))},
        **({"updated_by": {"S": technology.updated_by}} if technology.updated_by else {}),
    }
    _require_room(item, "The technology, with its moves,")
    return item


def technology_in(item: Item) -> Technology:
    """Kept, as a project is."""
    document, author = item["document"]["S"], item.get("updated_by", {}).get("S")
    count = int(item["project_count"]["N"])
    parts = (document, count, author)
    known = _technologies.get(parts)
    if known is not None:
        return known
    read = technology_from(json.loads(document), count, author)
    return _technologies.keep(parts, read, len(document))


def served_size(text: str) -> int:
    """About how large a stored document is in an answer, where such letters are escaped."""
    return len(text) if text.isascii() else len(json.dumps(text))


def _text_of(document: Any) -> str:
    """JSON as it is stored: `\\u` escapes would make a text of other alphabets three times as large."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _new_mark() -> dict[str, Any]:
    """Another for every write of a record: a version comes again once a record is removed and added."""
    return {"mark": {"S": os.urandom(16).hex()}}


def _require_room(item: Mapping[str, Mapping[str, str]], what: str) -> None:
    """Raises ConflictError where DynamoDB would refuse the item for its size."""
    values = (text for value in item.values() for text in value.values())
    size = sum(map(len, item)) + sum(len(text.encode()) for text in values)
    if size > LARGEST_ITEM_BYTES:
        raise ConflictError(f"{what} has grown too large to be kept: say it with less text")
