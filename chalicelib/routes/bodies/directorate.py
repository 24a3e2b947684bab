"""The body of the route for directorates."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.models.directorate import Directorate, Directorates
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.common import Body, Name, ReadOnly
from chalicelib.routes.bodies.technology import DirectorateId

MOST_DIRECTORATES = 50
COLOUR = re.compile("#[0-9A-Fa-f]{6}")


def _colour(text: str) -> str:
    if not COLOUR.fullmatch(text):
        raise ValueError("must be a colour like #1f77b4")
    return text


class NewDirectorateBody(Body):
    id: DirectorateId
    name: Name
    colour: Annotated[
        str, Field(json_schema_extra={"pattern": f"^{COLOUR.pattern}$"}), AfterValidator(_colour)
    ]
    enabled: bool = True
    default: bool = False


def _consistent(items: list[NewDirectorateBody]) -> list[NewDirectorateBody]:
    if len({each.id for each in items}) < len(items):
        raise ValueError("must list each id only once")
    if len({name_key(each.name) for each in items}) < len(items):
        raise ValueError("must list each name only once")
    if [each.enabled for each in items if each.default] != [True]:
        raise ValueError("must have exactly one default directorate, which must be enabled")
    return items


class DirectorateListChangeBody(Body):
    """The whole list of directorates."""

    directorates: Annotated[
        list[NewDirectorateBody],
        Field(min_length=1, max_length=MOST_DIRECTORATES),
        AfterValidator(_consistent),
    ]
    version: ReadOnly = None
    updated_at: ReadOnly = None

    def to_record(self) -> Directorates:
        return Directorates(
            tuple(
                Directorate(each.id, each.name, each.colour, each.enabled, each.default)
                for each in self.directorates
            )
        )
