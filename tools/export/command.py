"""Writes the register as the two documents that the Tech Audit Tool and the Digital Landscape read.

    landscape export --stage local --to out/

The same register gives the same bytes, and a file is written only where they differ.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

import typer

from chalicelib.bootstrap import Services, open_store, services, sqlite_path
from chalicelib.errors import NotFoundError, RegisterError
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.models.technology import Technology
from chalicelib.models.text import name_key
from chalicelib.services.radar import frame_of, head_of, timeline_of
from chalicelib.settings import STAGES
from ops.console import AsJson, Console, DryRun
from ops.stage import read_settings
from ops.steps import OperatorError
from tools.export.places import Place, place_of
from tools.export.projects import document_of
from tools.load.register import everything

PROJECTS, RADAR = "new_project_data.json", "onsRadarSkeleton.json"
RECORDS = {PROJECTS: "projects", RADAR: "entries"}  # under which name each file holds them
LOAD = "load the register first (landscape load)"

Document = dict[str, Any]


def projects_document(parts: Services) -> Document:
    """By name. Each project is read by itself, for its contacts."""
    projects = sorted(_projects(parts), key=lambda project: (project.name_key, project.name))
    return {"projects": [document_of(project) for project in projects]}


def radar_document(parts: Services, title: str) -> Document:
    """All rings and all moves, by quadrant and then by title, as the Digital Landscape sorts them."""
    entries = [_entry(parts, each) for each in parts.technologies.on_radar(all_rings=True)]
    entries.sort(key=lambda entry: (entry["quadrant"], name_key(entry["title"])))
    return {**frame_of(title), "entries": entries}


def _projects(parts: Services) -> Iterator[Project]:
    texts = everything(parts.projects.find, ProjectQuery())
    for project_id in dict.fromkeys(json.loads(text)["id"] for text in texts):
        with suppress(NotFoundError):  # removed a moment ago
            yield parts.projects.get(project_id)


def _entry(parts: Services, technology: Technology) -> dict[str, Any]:
    """`aliases` and `categories` are the register's own: the Digital Landscape passes them over."""
    if technology.move_count > len(technology.moves):
        newest_first = tuple(everything(parts.technologies.moves, technology.id))
        technology = replace(technology, moves=newest_first[::-1])
    own = {"aliases": list(technology.aliases), "categories": sorted(technology.categories)}
    return {**head_of(technology), **own, "timeline": timeline_of(technology.moves), "links": []}


def content_of(document: Document) -> bytes:
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return text.encode(errors="backslashreplace") + b"\n"


def documents(stage: str, files: Sequence[str]) -> dict[str, Document]:
    """What each file is to hold. Raises SettingsError, OperatorError."""
    settings = read_settings(stage, os.environ)
    if settings.store_url.startswith("sqlite:") and not sqlite_path(settings).exists():
        raise OperatorError(f"there is no register: {LOAD}")  # opening it would make it
    try:
        parts = services(open_store(settings))
        make = {
            PROJECTS: lambda: projects_document(parts),
            RADAR: lambda: radar_document(parts, settings.radar_title),
        }
        found = {file: make[file]() for file in files}
    except RegisterError as error:
        raise OperatorError(f"{error}. Nothing was written: run it again") from None
    for file, document in found.items():
        if not document[RECORDS[file]]:
            raise OperatorError(
                f"there is nothing to put into {file}: {LOAD}, or leave it out (--only)"
            )
    return found


def write(place: Place, file: str, content: bytes, *, dry_run: bool) -> str:
    """What became of it. Raises OperatorError, the SDK's errors."""
    if place.read(file) == content:
        return "unchanged"
    if dry_run:
        return "would be written"
    place.write(file, content)
    return "written"


def export(stage: str, place: Place, only: str, console: Console, *, dry_run: bool) -> None:
    """Raises SettingsError, OperatorError, the SDK's errors."""
    told = []
    for file, document in documents(stage, [only] if only else list(RECORDS)).items():
        state = write(place, file, content_of(document), dry_run=dry_run)
        name, count = place.name_of(file), len(document[RECORDS[file]])
        console.say(f"{name}: {state}, {count:,} {RECORDS[file]}")
        console.done += [file] if state == "written" else []
        told.append({"file": name, "state": state, "records": count})
    console.end(files=told)


def main(
    stage: Annotated[str, typer.Option(help=" or ".join(STAGES))],
    to: Annotated[str, typer.Option(help="a folder, or s3://bucket/prefix")],
    only: Annotated[str, typer.Option(help=f"{PROJECTS} or {RADAR}; both if left out")] = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Export the register as the documents that the two services read.

    The files hold e-mail addresses, of contacts and of authors of moves: they are personal data.
    """
    if only not in ("", *RECORDS):
        raise typer.BadParameter(f"{only} is none of {', '.join(RECORDS)}", param_hint="--only")
    console = Console("export", as_json)
    with console.failures():
        try:
            place = place_of(to)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--to") from None
        export(stage, place, only, console, dry_run=dry_run)
