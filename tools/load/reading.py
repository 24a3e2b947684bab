"""Reading a file: which of the three documents it is, and its records, one by one."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from chalicelib.models.project import Project
from chalicelib.models.technology import Technology
from tools.load.cleaning import Given, kind
from tools.load.report import Report

RADAR = "radar"
PROJECTS = "projects"
PROJECTS_CSV = "projects (CSV)"
EXPECTED = (
    'expected a radar document ({"entries": [...]}), a projects document ({"projects": [...]})'
    " or the projects CSV (a column named Project)"
)
D = TypeVar("D", Project, Technology)


class UnreadableError(Exception):
    """The file is none of the three; the text says why, without the file's name."""


@dataclass(frozen=True, slots=True)
class Source:
    """`content` is a radar document, the list of projects, or the text of a CSV file."""

    kind: str
    content: Any


@dataclass(frozen=True, slots=True)
class Found(Generic[D]):
    """What a record says, as the register takes it."""

    draft: D
    where: Given


def read(path: Path, report: Report) -> Source:
    """Raises UnreadableError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableError(error.strerror or type(error).__name__) from None
    try:
        found = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        Given(report, "the whole file").correct("not UTF-8: read as Latin-1 (Windows-1252)")
        found = content.decode("cp1252", errors="replace")
    if "\0" in found:
        raise UnreadableError(f"is not text; {EXPECTED}")
    if found.lstrip()[:1] in ("{", "["):
        return _which(Given(report, "the document", _json(found, report)))
    header = found.lstrip().partition("\n")[0].casefold().split(",")
    if "project" in (column.strip(' "\r') for column in header):
        return Source(PROJECTS_CSV, found)
    raise UnreadableError(f"is none of the documents that can be loaded; {EXPECTED}")


def places(values: Iterable[object], report: Report, name: str = PROJECTS) -> Iterator[Given]:
    """The items of the document's list of that name."""
    return (Given(report, f"{name}/{n}", value) for n, value in enumerate(values))


def records(
    items: Iterable[Given], report: Report, what: str, read_one: Callable[[Given], Found[D] | None]
) -> Iterator[Found[D]]:
    """The records that can be taken, the first of each name; the others are reported."""
    seen: dict[str, str] = {}
    for given in items:
        report.read += 1
        if not isinstance(given.value, dict):
            given.leave_out(f"{kind(given.value)}, not {what}")
            continue
        found = read_one(given)
        if found is None:
            continue
        before = seen.setdefault(found.draft.name_key, given.record)
        if before != given.record:
            found.where.leave_out(f"has the name of {before}")
        else:
            yield found


def _json(found: str, report: Report) -> object:
    def members(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for name, value in pairs:
            if name in whole:
                Given(report, "an object").at(name).correct("named twice: the last counts")
            whole[name] = value
        return whole

    try:
        return json.loads(found, object_pairs_hook=members)
    except json.JSONDecodeError as error:
        what = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"is not JSON: {what}") from None
    except RecursionError:
        raise UnreadableError("is nested too deeply") from None
    except ValueError:
        raise UnreadableError("is not JSON: it holds a number that is too long") from None


def _which(document: Given) -> Source:
    if not isinstance(document.value, dict):
        raise UnreadableError(f"is {kind(document.value)}; {EXPECTED}")
    given = [name for name in ("entries", "projects") if name in document.value]
    if len(given) != 1:
        what = "has both entries and projects" if given else "is some other JSON"
        raise UnreadableError(f"{what}; {EXPECTED}")
    found = document.value[given[0]]
    if not isinstance(found, list):
        raise UnreadableError(f"/{given[0]} is {kind(found)}, not a list")
    if given == ["projects"]:
        document.counted("projects")
        return Source(PROJECTS, found)
    return Source(RADAR, document.counted("title", "quadrants", "rings", "entries").value)
