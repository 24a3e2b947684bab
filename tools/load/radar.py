"""Reads the radar document of the Digital Landscape: a draft of each technology with its moves."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chalicelib.errors import InvalidError
from chalicelib.models.caller import LONGEST_EMAIL
from chalicelib.models.project import CATEGORIES
from chalicelib.models.technology import MOST_ALIASES, RINGS, Move, Technology
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.common import LONGEST_NOTE, parse
from chalicelib.routes.bodies.technology import MOST_TAGS, WritableTechnology
from chalicelib.services.clock import timestamp
from chalicelib.services.radar import QUADRANT_IDS
from tools.load.cleaning import Given, first, spelling
from tools.load.reading import Found, places, records
from tools.load.report import Report

KNOWN_FIELDS = (
    *("id", "title", "description", "key", "url", "quadrant", "timeline", "moved"),
    *("tags", "aliases", "categories"),
)
KNOWN_OF_A_MOVE = ("moved", "ringId", "date", "description", "author", "directorate")
QUADRANT_OF_ID = {key: quadrant for quadrant, (key, _) in QUADRANT_IDS.items()}
# The keys are names in the singular.
QUADRANT_OF_NAME = {
    spelling(name).removesuffix("s"): quadrant for quadrant, (_, name) in QUADRANT_IDS.items()
} | {"cicd": "supporting-tools", "database": "infrastructure"}
FIRST_YEAR = 1000  # earlier years have fewer digits, and moves are sorted as text
# Two spellings of one technology that differ in more than case and spaces.
SPELLINGS = (("NodeJS", "Node.js"), ("Postgres", "PostgreSQL"), ("DynamoDB", "AWS DynamoDB"))
OTHER_SPELLING = {name_key(one): other for a, b in SPELLINGS for one, other in ((a, b), (b, a))}


def read_radar(document: Mapping[str, Any], report: Report) -> list[Found[Technology]]:
    """The valid entries. The others are reported. No entry's name is another's alias."""
    quadrants, rings = _names(document.get("quadrants")), _names(document.get("rings"))
    read_one = partial(_read_entry, quadrants=quadrants, rings=rings)
    entries = places(document["entries"], report, "entries")
    found = list(records(entries, report, "an entry", read_one))
    taken = {each.draft.name_key for each in found}
    return [
        replace(each, draft=replace(each.draft, aliases=()))
        if taken.intersection(map(name_key, each.draft.aliases))
        else each
        for each in found
    ]


def _read_entry(
    entry: Given, quadrants: Mapping[str, str], rings: Mapping[str, str]
) -> Found[Technology] | None:
    name = entry["title"].line(None)
    entry = entry.named(name).counted(*KNOWN_FIELDS)
    quadrant = _quadrant(entry, quadrants)
    moves = _moves(entry["timeline"], rings)
    if quadrant is None:
        entry.leave_out("no quadrant: set quadrant to an id from 1 to 4")
    elif not moves:
        entry.leave_out("its timeline has no valid move: add one with ringId and date")
    else:
        description = entry["description"].paragraphs()
        if spelling(description) == spelling(QUADRANT_IDS[quadrant][1]):
            description = ""  # the radar shows the quadrant's name by default
        link = "" if entry["url"].value == "#" else entry["url"].link()
        body = {"name": name, "quadrant": quadrant, **_named_besides(entry, name)}
        try:
            known = parse(WritableTechnology, {**body, "description": description, "link": link})
            return Found(known.to_draft(moves), entry)
        except InvalidError as error:
            entry.leave_out(str(error))
    return None


def _named_besides(entry: Given, name: str) -> dict[str, list[str]]:
    """Aliases, tags and categories. An entry without aliases gets its known other spelling."""

    def lines(member: str) -> list[str]:
        return [item.line() for item in entry[member].items()]

    other = OTHER_SPELLING.get(name_key(name))
    aliases = lines("aliases") if "aliases" in entry.value else [other] if other else []
    return {
        "aliases": first(aliases, MOST_ALIASES, entry),
        "tags": first(lines("tags"), MOST_TAGS, entry),
        "categories": [category for category in lines("categories") if category in CATEGORIES],
    }


def _names(value: object) -> dict[str, str]:
    """The names of the document's quadrants or rings, by id."""
    return {
        str(item["id"]): item["name"]
        for item in (value if isinstance(value, list) else [])
        if isinstance(item, dict) and "id" in item and isinstance(item.get("name"), str)
    }


def _quadrant(entry: Given, names: Mapping[str, str]) -> str | None:
    """The description's quadrant, else the id's: most ids of the public document are wrong."""
    given = str(entry["quadrant"].value)
    by_id = _named_quadrant(names.get(given, given)) or QUADRANT_OF_ID.get(given)
    by_description = _named_quadrant(entry["description"].value)
    if by_description and by_id and by_description != by_id:
        entry["quadrant"].correct(
            f"{by_id}, but the description says {by_description}: the description is used"
        )
    return by_description or by_id


def _named_quadrant(name: object) -> str | None:
    return QUADRANT_OF_NAME.get(spelling(name).removesuffix("s")) if isinstance(name, str) else None


def _moves(timeline: Given, rings: Mapping[str, str]) -> tuple[Move, ...]:
    """The moves by date; moves of one date stay in the order of the document."""
    found = [move for item in timeline.items() if (move := _move(item, rings))]
    moves = list(dict.fromkeys(found))
    if len(moves) < len(found):
        timeline.correct("the same move twice: stored once")
    ordered = sorted(moves, key=lambda move: move.at)
    if ordered != moves:
        timeline.correct("not in order of date: sorted")
    return tuple(ordered)


def _move(given: Given, rings: Mapping[str, str]) -> Move | None:
    said = given.members(*KNOWN_OF_A_MOVE)
    name = said["ringId"].text()
    ring = next((r for r in (name, rings.get(name, "")) if r.lower() in RINGS), "").lower()
    at = _moment(said["date"].value)
    directorate = _directorate(said["directorate"])
    if not ring:
        said.leave_out(f"its ring is not one of {', '.join(RINGS)}")
    elif at is None:
        said.leave_out("its date is invalid: write it like 2026-01-31")
    else:
        author = said["author"].line(LONGEST_EMAIL)
        note = said["description"].paragraphs(LONGEST_NOTE)
        return Move(ring, at, author or None, note, directorate)
    return None


def _directorate(given: Given) -> int | None:
    text = "" if given.value is None else str(given.value).strip()
    if text.isascii() and text.isdigit():
        return int(text[:4])
    if text:
        given.correct("{} is not the id of a directorate: read as the default one", text)
    return None


def _moment(value: object) -> str | None:
    """A date, or a date and time, as UTC. A time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(str(value).strip())
        if moment.year <= FIRST_YEAR:
            return None
        return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
