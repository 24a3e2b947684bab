"""The directorates of an organisation: one has the default radar, others have rings of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.models.record import document_of, record_from


@dataclass(frozen=True, slots=True)
class Directorate:
    """A move refers to `id`. `colour` is like #1f77b4."""

    id: int
    name: str
    colour: str
    enabled: bool = True
    default: bool = False
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Directorates:
    """All directorates, as one record. Its version is 0 before the first write."""

    items: tuple[Directorate, ...] = ()
    version: int = 0
    updated_at: str | None = None
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def created_at(self) -> str:
        """Empty: the record is never deleted and created again."""
        return ""


def directorates_document(record: Directorates, *, stored: bool = False) -> dict[str, Any]:
    """The API's document. `stored`: with the members that are unknown to this release."""
    document = document_of(record, stored=stored, items=())
    del document["items"]
    return {
        "directorates": [document_of(each, stored=stored) for each in record.items],
        **document,
    }


def directorates_from(document: Mapping[str, Any]) -> Directorates:
    others = {name: value for name, value in document.items() if name != "directorates"}
    items = tuple(record_from(Directorate, each) for each in document["directorates"])
    return record_from(Directorates, others, items=items)
