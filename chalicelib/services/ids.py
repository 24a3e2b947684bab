"""Readable ids, fixed when a record is made."""

import re
from collections.abc import Callable
from typing import TypeVar

from chalicelib.errors import ConflictError, IdTakenError

T = TypeVar("T")

LONGEST = 80
ID = re.compile(r"[a-z0-9-]{1,100}")
TRIES = 1000
# `#` and `+` carry meaning in names of technologies; everything else may become a hyphen.
SPELLED_OUT = (("#", "-sharp "), ("+", "-plus "))


def is_id(text: str) -> bool:
    """Whether `text` could be an id at all: what no store needs to be asked for."""
    return bool(ID.fullmatch(text))


def slug(name: str, otherwise: str) -> str:
    """`C#` → `c-sharp`, `PL/SQL` → `pl-sql`; `otherwise` where no letter or digit is left."""
    from slugify import slugify  # only writes make ids

    return slugify(name, max_length=LONGEST, replacements=SPELLED_OUT) or otherwise


def add_under_free_id(base: str, add: Callable[[str], T]) -> T:
    """What `add` gives for `base`, `base-2`, `base-3`, …: the first id that is free. Raises ConflictError."""
    for number in range(1, TRIES):
        try:
            return add(base if number == 1 else f"{base}-{number}")
        except IdTakenError:
            continue
    raise ConflictError(f"No free id like {base} was found")
