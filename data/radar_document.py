"""The Digital Landscape's radar document: each entry becomes a draft of a technology with its history."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cleaning import count_unknown, kind, line, link, listed, mapping, paragraphs, spelling, text
from report import Place, Report

from chalicelib.errors import InvalidError
from chalicelib.models.technology import RINGS, Move, Technology
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.common import LONGEST_EMAIL, LONGEST_NOTE, parse
from chalicelib.routes.bodies.technology import WritableTechnology
from chalicelib.services.clock import timestamp
from chalicelib.services.radar import QUADRANT_IDS

KNOWN_FIELDS = ("id", "title", "description", "key", "url", "quadrant", "timeline", "moved")
KNOWN_OF_A_MOVE = ("moved", "ringId", "date", "description", "author", "directorate")
QUADRANT_OF_NAME = {
    "language": "languages",
    "framework": "frameworks",
    "supportingtool": "supporting-tools",
    "cicd": "supporting-tools",
    "infrastructure": "infrastructure",
    "database": "infrastructure",
}
QUADRANT_OF_ID = {key: quadrant for quadrant, (key, _) in QUADRANT_IDS.items()}
FIRST_YEAR = 1000  # an earlier one has fewer digits, and text order would not be time order
# One technology, written in more ways than case and spaces account for.
OTHER_SPELLINGS = (
    ("NodeJS", "Node.js"),
    ("Postgres", "PostgreSQL"),
    ("DynamoDB", "AWS DynamoDB"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    draft: Technology
    place: Place


def read_radar(document: Mapping[str, object], report: Report) -> list[Entry]:
    """The entries that can be taken; the others are reported."""
    found: dict[str, Entry] = {}
    names = _names(document.get("quadrants")), _names(document.get("rings"))
    for number, (value, _) in enumerate(listed(document.get("entries"), Place(report, ""))):
        report.read += 1
        entry = _read_entry(value, Place(report, f"entries/{number}"), *names)
        if entry is None:
            continue
        first = found.setdefault(entry.draft.name_key, entry)
        if first is not entry:
            entry.place.leave_out(f"has the name of {first.place.record}")
    return [_without_aliases(entry, found) for entry in found.values()]


def _without_aliases(entry: Entry, names: Container[str]) -> Entry:
    """What is an entry's name is not another one's alias."""
    aliases = tuple(alias for alias in entry.draft.aliases if name_key(alias) not in names)
    return replace(entry, draft=replace(entry.draft, aliases=aliases))


def _read_entry(
    value: object, place: Place, quadrants: Mapping[str, str], rings: Mapping[str, str]
) -> Entry | None:
    if not isinstance(value, dict):
        place.leave_out(f"{kind(value)}, not an entry")
        return None
    name = line(value.get("title"), place.at("title"), None)
    place = place.named(name)
    count_unknown(value, KNOWN_FIELDS, place)
    quadrant = _quadrant(value, place, quadrants)
    moves = _moves(value.get("timeline"), place.at("timeline"), rings)
    if quadrant is None:
        place.leave_out("neither its description nor its quadrant names a quadrant")
    elif not moves:
        place.leave_out("there is no move to take from its timeline")
    else:
        try:
            body = parse(WritableTechnology, _body(value, place, name, quadrant))
            return Entry(body.to_draft(moves), place)
        except InvalidError as error:
            place.leave_out(str(error))
    return None


def _body(value: Mapping[str, object], place: Place, name: str, quadrant: str) -> dict[str, object]:
    """A description that is no more than the quadrant's name is left out: the radar says it by itself."""
    description = paragraphs(value.get("description"), place.at("description"))
    derived = spelling(description) == spelling(QUADRANT_IDS[quadrant][1])
    return {
        "name": name,
        "quadrant": quadrant,
        "aliases": _other_spellings(name),
        "description": "" if derived else description,
        "link": "" if value.get("url") == "#" else link(value.get("url"), place.at("url")),
    }


def _other_spellings(name: str) -> list[str]:
    for spellings in OTHER_SPELLINGS:
        others = [other for other in spellings if name_key(other) != name_key(name)]
        if len(others) < len(spellings):
            return others
    return []


def _names(value: object) -> dict[str, str]:
    """The names behind the ids that the document gives its quadrants or rings."""
    return {
        str(item["id"]): item["name"]
        for item in (value if isinstance(value, list) else [])
        if isinstance(item, dict) and "id" in item and isinstance(item.get("name"), str)
    }


def _quadrant(value: Mapping[str, object], place: Place, names: Mapping[str, str]) -> str | None:
    """The description's word counts: in the public document most of the ids are wrong."""
    given = str(value.get("quadrant"))
    by_id = _named_quadrant(names.get(given, given)) or QUADRANT_OF_ID.get(given)
    by_description = _named_quadrant(value.get("description"))
    if by_description and by_id and by_description != by_id:
        place.at("quadrant").mend(f"{by_id}, but described as {by_description}: the latter counts")
    return by_description or by_id


def _named_quadrant(name: object) -> str | None:
    return QUADRANT_OF_NAME.get(spelling(name).removesuffix("s")) if isinstance(name, str) else None


def _moves(value: object, place: Place, rings: Mapping[str, str]) -> tuple[Move, ...]:
    """By date; where dates are equal, in the order of the document."""
    found = [_move(item, where, rings) for item, where in listed(value, place)]
    moves = list(dict.fromkeys(move for move in found if move))
    if len(moves) < len([move for move in found if move]):
        place.mend("the same move twice: once is enough")
    ordered = sorted(moves, key=lambda move: move.at)
    if ordered != moves:
        place.mend("not in the order of dates: sorted")
    return tuple(ordered)


def _move(value: object, place: Place, rings: Mapping[str, str]) -> Move | None:
    said = mapping(value, place)
    count_unknown(said, KNOWN_OF_A_MOVE, place)
    given = text(said.get("ringId"), place.at("ringId"))
    ring = next((r for r in (given, rings.get(given, "")) if r.lower() in RINGS), "").lower()
    at = _moment(said.get("date"))
    if said.get("directorate") not in (None, 0, "", "0"):
        place.leave_out("holds for one directorate only, which the register cannot say")
    elif not ring:
        place.leave_out(f"its ring is not one of {', '.join(RINGS)}")
    elif at is None:
        place.leave_out("its date is not one")
    else:
        author = line(said.get("author"), place.at("author"), LONGEST_EMAIL)
        note = paragraphs(said.get("description"), place.at("description"), LONGEST_NOTE)
        return Move(ring, at, author or None, note)
    return None


def _moment(value: object) -> str | None:
    """A date, or a date and time; UTC where it says no zone."""
    try:
        moment = datetime.fromisoformat(str(value).strip())
        if moment.year <= FIRST_YEAR:
            return None
        return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
