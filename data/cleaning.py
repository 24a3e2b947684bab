"""From any JSON value to the text, list or object that is expected: what differs is reported.

Nothing here raises, whatever the value is.
"""

import re
from collections.abc import Mapping

from report import Place

from chalicelib.errors import InvalidError
from chalicelib.routes.bodies.common import LONGEST_NAME, LONGEST_TEXT, Body, Url, parse
from chalicelib.routes.requests import UNFIT

REPLACEMENT = "\ufffd"
KINDS = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
NEXT_LINK = re.compile(r"[;,\s]+(?=https?://)")


class _Link(Body):
    url: Url


def kind(value: object) -> str:
    return KINDS.get(type(value), "a number")


def text(value: object, place: Place) -> str:
    """Without white space around it, and without the characters that no text may hold."""
    if value in (None, [], {}):
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        place.mend("a number where a text is expected: taken as text")
        value = str(value)
    if not isinstance(value, str):
        place.mend(f"{kind(value)} where a text is expected: dropped")
        return ""
    fit = UNFIT.sub("", value)
    if fit != value:
        place.mend("control characters or halves of surrogate pairs removed")
    return fit.strip()


def line(value: object, place: Place, longest: int | None = LONGEST_NAME) -> str:
    """One line, at most `longest` characters of it."""
    found = text(value, place)
    if re.search(r"[\t\n\r]", found):
        place.mend("tabs or line ends made spaces")
    return _cut(" ".join(found.split()), longest, place)


def paragraphs(value: object, place: Place, longest: int = LONGEST_TEXT) -> str:
    return _cut(text(value, place), longest, place)


def _cut(found: str, longest: int | None, place: Place) -> str:
    if longest is None or len(found) <= longest:
        return found
    place.mend(f"{len(found)} characters: cut to {longest}")
    return found[:longest].rstrip()


def listed(value: object, place: Place) -> list[tuple[object, Place]]:
    """The items of a list, or the one value that stands in the place of a list, with their places."""
    if isinstance(value, list):
        return [(item, place.at(number)) for number, item in enumerate(value)]
    return [] if value in (None, "", {}) else [(value, place)]


def mapping(value: object, place: Place) -> Mapping[str, object]:
    """The object, also where it is the only one of a list, or nothing."""
    if isinstance(value, list) and value:
        if len(value) > 1:
            place.mend(f"a list of {len(value)} where one object is expected: the first counts")
        value = value[0]
    if isinstance(value, dict):
        return value
    if value not in (None, "", [], "{}"):
        place.mend(f"{kind(value)} where an object is expected: dropped")
    return {}


def split(value: object, place: Place) -> list[str]:
    """The lines in a text or a list of texts, cut at `;`, without empty ones."""
    found = []
    for item, where in listed(value, place):
        parts = [line(part, where, None) for part in text(item, where).split(";")]
        if len(parts) > 1 and not all(parts):
            where.mend("an empty item dropped")
        found += [part for part in parts if part]
    return found


def spelling(value: str) -> str:
    """What is left of a choice when case, spaces and hyphens do not count."""
    return re.sub(r"[\W_]+", "", value.casefold())


def link(value: object, place: Place) -> str:
    """An http or https URL that the API would take, or nothing."""
    given = text(value, place)
    found = given.strip(REPLACEMENT).strip()
    if found != given:
        place.mend("U+FFFD around a URL removed")
    if not found:
        return ""
    try:
        return parse(_Link, {"url": found}).url
    except InvalidError as error:
        place.mend(f"link left out: {error.flaws[0].detail}")
        return ""


def links(value: object, place: Place) -> list[str]:
    """The URLs in a text or a list of texts, each once."""
    found = [
        link(part, where)
        for item, where in listed(value, place)
        for part in NEXT_LINK.split(text(item, where))
    ]
    return [url for url in dict.fromkeys(found) if url]


def first(items: list[str], most: int, place: Place) -> list[str]:
    """At most `most` of them."""
    if len(items) > most:
        place.mend(f"{len(items)} where at most {most} fit: the rest dropped")
    return items[:most]


def values_in(value: object) -> int:
    """How many values there are in `value`, at any depth."""
    if isinstance(value, dict):
        return sum(map(values_in, value.values()))
    if isinstance(value, list):
        return sum(map(values_in, value))
    if isinstance(value, str):
        return len([part for part in value.split(";") if part.strip()])
    return int(value is not None)


def count_unknown(found: Mapping[str, object], known: tuple[str, ...], place: Place) -> None:
    """Reports what stands under names that the register has no field for."""
    for name, value in found.items():
        if name not in known:
            place.at(name).not_carry(values_in(value))
