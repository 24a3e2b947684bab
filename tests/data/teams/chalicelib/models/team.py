"""A team that looks after projects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.models.record import document_of, record_from
from chalicelib.models.text import as_json


@dataclass(frozen=True, slots=True)
class Team:
    """A record; without an id it is a draft. Two teams may have one name."""

    name: str
    description: str = ""
    id: str = ""
    version: int = 0
    created_at: str = ""
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


def team_document(team: Team) -> dict[str, Any]:
    return {"id": team.id, **document_of(team, stored=False)}


def team_text(team: Team) -> str:
    """The JSON of the team in a store."""
    return as_json(document_of(team, stored=True))


def team_from(text: str) -> Team:
    return record_from(Team, json.loads(text))
