"""Reads a file: detects its kind of document, and yields its records."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, Generic, TypeVar

from chalicelib.models.project import Project
from chalicelib.models.technology import Technology
from tools.load.cleaning import Given, kind
from tools.load.decoding import UnreadableError, text_of
from tools.load.report import Report
from tools.load.spreadsheet import table_of
from tools.load.table import HEADER_WITHIN

RADAR = "radar"
DIRECTORATES = "directorates"
PROJECTS = "projects"
PROJECTS_CSV = "projects (CSV)"
EXPECTED = (
    'expected a radar document ({"entries": [...]}), a projects document ({"projects": [...]}),'
    ' a list of directorates ([{"id", "name", "colour", ...}])'
    f" or the projects CSV (a column named Project, in the first {HEADER_WITHIN} lines)"
)
D = TypeVar("D", Project, Technology)


@dataclass(frozen=True, slots=True)
class Source:
    """`content` is a radar document, a list of projects or directorates, or the text of a CSV."""

    kind: str
    content: Any


@dataclass(frozen=True, slots=True)
class Found(Generic[D]):
    """A record in the form of the register, and its place in the document."""

    draft: D
    where: Given


def read(path: Path, report: Report) -> Source:
    """Raises UnreadableError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UnreadableError(f"{why}: name a file that you can read") from None
    return source_of(content, report)


def source_of(content: bytes, report: Report) -> Source:
    """Raises UnreadableError."""
    found = text_of(content, report)
    if found.lstrip()[:1] in ("{", "["):
        where = Given(report, "the document")
        return _which(where.of(_json(found, where)))
    if table_of(found):
        return Source(PROJECTS_CSV, found)
    raise UnreadableError(f"is not a document that can be loaded; {EXPECTED}")


def places(values: Iterable[object], report: Report, name: str = PROJECTS) -> Iterator[Given]:
    """The items of the list `name`, each with its place."""
    return (Given(report, f"{name}/{n}", value) for n, value in enumerate(values))


def records(
    items: Iterable[Given], report: Report, what: str, read_one: Callable[[Given], Found[D] | None]
) -> Iterator[Found[D]]:
    """The valid records, the first of each name. The others are reported."""
    seen: dict[str, str] = {}
    for given in items:
        report.read += 1
        if not isinstance(given.value, dict):
            given.leave_out(f"{kind(given.value)} where {what} is expected: remove it")
            continue
        found = read_one(given)
        if found is None:
            continue
        before = seen.setdefault(found.draft.name_key, given.record)
        if before != given.record:
            found.where.leave_out("has the same name as {}: rename or remove one", before)
        else:
            yield found


def _json(found: str, where: Given) -> object:
    """Raises UnreadableError."""
    hooks: dict[str, Any] = {
        "object_pairs_hook": partial(_members, where),
        "parse_constant": partial(_number, where),
        "parse_float": partial(_number, where),
    }
    try:
        return json.loads(found, **hooks)
    except json.JSONDecodeError as error:
        what = f"{error.msg.removesuffix(' at')} at line {error.lineno}, column {error.colno}{_cure(error)}"
        raise UnreadableError(f"is not JSON: {what}") from None
    except RecursionError:
        raise UnreadableError(
            "is nested too deeply: remove levels that are not part of the form"
        ) from None
    except ValueError:
        raise UnreadableError("is not JSON: a number is too long, shorten it") from None


def _members(where: Given, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for name, value in pairs:
        if name in whole:
            where.at(name).correct("the same key twice: the last value is used")
        whole[name] = value
    return whole


def _number(where: Given, said: str) -> float | None:
    """The number; null for NaN, Infinity and other numbers that JSON does not have."""
    found = float(said)
    if isfinite(found):
        return found
    where.correct("{} is not a number in JSON: read as null", said)
    return None


def _cure(error: json.JSONDecodeError) -> str:
    """The cure, for known errors."""
    before, after = error.doc[: error.pos].rstrip(), error.doc[error.pos :].lstrip()
    if error.msg == "Extra data" and after[:1] in ("{", "["):
        return (
            ': more than one document, perhaps JSON Lines: put them into one, {"projects": [...]}'
        )
    if not after:
        return ": the file is incomplete, download or export it again"
    if before[-1:] == "," and after[0] in "]}":
        return ": remove the comma before it"
    if after[0] == "," and after[1:].lstrip()[:1] in ("]", "}"):  # in Python 3.13 and newer
        return ": remove that comma"
    return ": use straight double quotes" if after[0] in "'‘’“”" else ""


def _which(document: Given) -> Source:
    value = document.value
    if isinstance(value, list):
        document = document.of(_wrapped(value))
    if not isinstance(document.value, dict):
        raise UnreadableError(f"is {kind(value)}; {EXPECTED}")
    given = [name for name in ("entries", "projects") if name in document.value]
    if not given and isinstance(document.value.get(DIRECTORATES), list):
        return Source(DIRECTORATES, document.counted(DIRECTORATES).value[DIRECTORATES])
    if len(given) != 1:
        what = "has both entries and projects" if given else "is JSON of another kind"
        raise UnreadableError(f"{what}; {EXPECTED}")
    found = document.value[given[0]]
    if not isinstance(found, list):
        raise UnreadableError(f"/{given[0]} is {kind(found)}: make it a list")
    if given == ["projects"]:
        document.counted("projects")
        return Source(PROJECTS, found)
    return Source(RADAR, document.counted("title", "quadrants", "rings", "entries").value)


def _wrapped(items: list[object]) -> object:
    """The document for a bare list. The members of its records decide the kind."""
    for name, member in (
        (PROJECTS, "details"),
        ("entries", "timeline"),
        (DIRECTORATES, "colour"),
    ):
        if any(isinstance(item, dict) and member in item for item in items):
            return {name: items}
    return items
