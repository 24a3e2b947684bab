"""Readable ids. The id of a record never changes."""

import re
from collections.abc import Callable, Iterator
from string import ascii_lowercase, digits
from typing import TypeVar

from chalicelib.errors import ConflictError, IdTakenError
from chalicelib.models.text import SPELLED_OUT

T = TypeVar("T")

LONGEST = 80
ID = re.compile(r"[a-z0-9-]{1,100}")
NUMBERED = 5
RANDOM = 5  # tries of a random suffix
SUFFIX = 5  # characters
SIGNS = ascii_lowercase + digits


def is_id(text: str) -> bool:
    """Whether `text` has the form of an id. If not, no read is needed."""
    return bool(ID.fullmatch(text))


def slug(name: str, otherwise: str) -> str:
    """`C#` → `c-sharp`, `PL/SQL` → `pl-sql`; `otherwise` if no letter or digit is left."""
    from slugify import slugify  # only writes make ids

    return slugify(name, max_length=LONGEST, replacements=SPELLED_OUT) or otherwise


def add_under_free_id(base: str, add: Callable[[str], T]) -> T:
    """The result of `add` for the first free id: `base`, `base-2` to `base-5`, `base-k3x9q`.

    Raises ConflictError.
    """
    for candidate in candidates(base):
        try:
            return add(candidate)
        except IdTakenError:
            continue
    raise ConflictError(f"No free id like {base} was found: send the request again")


def candidates(base: str) -> Iterator[str]:
    yield base
    yield from (f"{base}-{number}" for number in range(2, NUMBERED + 1))
    import secrets  # seldom needed

    for _ in range(RANDOM):
        yield f"{base}-{''.join(secrets.choice(SIGNS) for _ in range(SUFFIX))}"
