"""Which technologies a project uses, from the many ways in which the documents say it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from cleaning import count_unknown, spelling, split
from report import Place

from chalicelib.models.project import CATEGORIES, Use
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.common import LONGEST_NAME

CATEGORY_OF = {spelling(category): category for category in CATEGORIES} | {"database": "databases"}
# Parts of the document that name technologies, and what else stands in them.
PARTS = {"architecture": ("hosting", "environments"), "supporting_tools": ()}
NOTHING = {"none", "n/a", "na", "-"}
CORRECTIONS = {"sqllite": "SQLite"}


def read_uses(project: Mapping[str, Mapping[str, object]], place: Place) -> tuple[Use, ...]:
    """`project` has each of PARTS. In the order of the document, each name once in a category."""
    found = []
    for part, others in PARTS.items():
        place_of_part = place.at(part)
        for name, value in project[part].items():
            category = CATEGORY_OF.get(spelling(name))
            if category:
                found += _uses_in(value, category, place_of_part.at(name))
            elif name not in others:
                count_unknown({name: value}, (), place_of_part)
    kept, doubles = each_once(found, lambda use: name_key(use.technology))
    for double in doubles:
        place.mend(
            f"{double.technology} stands more than once in {double.category}: once is enough"
        )
    return kept


def each_once(uses: Iterable[Use], same: Callable[[Use], str]) -> tuple[tuple[Use, ...], list[Use]]:
    """The uses, of those that are the same technology in one category the first; and the others.

    It is a main one if any of them is.
    """
    kept: dict[tuple[str, str], Use] = {}
    doubles = []
    for use in uses:
        key = (same(use), use.category)
        if key in kept:
            doubles.append(use)
            use = replace(kept[key], main=kept[key].main or use.main)  # noqa: PLW2901
        kept[key] = use
    return tuple(kept.values()), doubles


def _uses_in(value: object, category: str, place: Place) -> list[Use]:
    """`value` is a text, a list, or an object with main and others."""
    if not isinstance(value, dict):
        return [Use(name, category) for name in _names_in(value, place)]
    count_unknown(value, ("main", "others", "other"), place)
    return [
        Use(name, category, key == "main")
        for key in ("main", "others", "other")
        for name in _names_in(value.get(key), place.at(key))
    ]


def _names_in(value: object, place: Place) -> list[str]:
    found = []
    for name in split(value, place):
        corrected = CORRECTIONS.get(name_key(name), name)
        if name_key(name) in NOTHING:
            place.mend(f"{name} is no technology: dropped")
        elif len(name) > LONGEST_NAME:
            place.mend(f"a name of {len(name)} characters is no technology: dropped")
        else:
            if corrected != name:
                place.mend(f"{name} is spelled {corrected}")
            found.append(corrected)
    return found
