"""Reading a file, and telling which of the three documents it is: a radar, projects, or projects as CSV."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleaning import count_unknown, kind
from report import Place, Report

RADAR = "radar"
PROJECTS = "projects"
PROJECTS_CSV = "projects (CSV)"
KNOWN_OF_A_RADAR = ("title", "quadrants", "rings", "entries")
EXPECTED = (
    'expected a radar document ({"entries": [...]}), a projects document ({"projects": [...]})'
    " or the projects CSV (a column named Project)"
)


class UnreadableError(Exception):
    """The file is none of the three; the text says why, without the file's name."""


@dataclass(frozen=True, slots=True)
class Source:
    """`content` is a radar document, the list of projects, or the text of a CSV file."""

    kind: str
    content: Any


def read(path: Path, report: Report) -> Source:
    """Raises UnreadableError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableError(error.strerror or type(error).__name__) from None
    found = _decode(content, Place(report, "the whole file"))
    if "\0" in found:
        raise UnreadableError(f"is not text; {EXPECTED}")
    if found.lstrip()[:1] in ("{", "["):
        return _which(_json(found, report), Place(report, "the document"))
    header = found.lstrip().partition("\n")[0].casefold().split(",")
    if "project" in (column.strip(' "\r') for column in header):
        return Source(PROJECTS_CSV, found)
    raise UnreadableError(f"is none of the documents that can be loaded; {EXPECTED}")


def _decode(content: bytes, place: Place) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        place.mend("not UTF-8: read as Latin-1 (Windows-1252)")
        return content.decode("cp1252", errors="replace")


def _json(found: str, report: Report) -> object:
    def members(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for name, value in pairs:
            if name in whole:
                Place(report, "an object").at(name).mend("named twice: the last counts")
            whole[name] = value
        return whole

    try:
        return json.loads(found, object_pairs_hook=members)
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise UnreadableError("is nested too deeply") from None
    except ValueError:
        raise UnreadableError("is not JSON: it holds a number that is too long") from None


def _which(document: object, place: Place) -> Source:
    if not isinstance(document, dict):
        raise UnreadableError(f"is {kind(document)}; {EXPECTED}")
    given = [name for name in ("entries", "projects") if name in document]
    if len(given) != 1:
        what = "has both entries and projects" if given else "is some other JSON"
        raise UnreadableError(f"{what}; {EXPECTED}")
    if not isinstance(document[given[0]], list):
        raise UnreadableError(f"/{given[0]} is {kind(document[given[0]])}, not a list")
    if given == ["entries"]:
        count_unknown(document, KNOWN_OF_A_RADAR, place)
        return Source(RADAR, document)
    count_unknown(document, ("projects",), place)
    return Source(PROJECTS, document["projects"])
