"""Exports the register as the documents of the Tech Audit Tool and the Digital Landscape.

    landscape export --stage local --to out/

The same register gives the same bytes. A file with the same content is not written again.
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
RECORDS = {PROJECTS: "projects", RADAR: "entries"}  # the member of each file that contains them
LOAD = "load data first (landscape load)"

Document = dict[str, Any]


def projects_document(parts: Services) -> Document:
    """All projects, sorted by name. One read for each project, because lists have no contacts."""
    projects = sorted(_projects(parts), key=lambda project: (project.name_key, project.name))
    return {"projects": [document_of(project) for project in projects]}


def radar_document(parts: Services, title: str) -> Document:
    """All rings and all moves. Sorted by quadrant and title, as in the Digital Landscape."""
    entries = [_entry(parts, each) for each in parts.technologies.on_radar(all_rings=True)]
    entries.sort(key=lambda entry: (entry["quadrant"], name_key(entry["title"])))
    return {**frame_of(title), "entries": entries}


def _projects(parts: Services) -> Iterator[Project]:
    texts = everything(parts.projects.find, ProjectQuery())
    for project_id in dict.fromkeys(json.loads(text)["id"] for text in texts):
        with suppress(NotFoundError):  # deleted since the list was read
            yield parts.projects.get(project_id)


def _entry(parts: Services, technology: Technology) -> dict[str, Any]:
    """`aliases` and `categories` are additions. The Digital Landscape ignores them."""
    if technology.move_count > len(technology.moves):
        newest_first = tuple(everything(parts.technologies.moves, technology.id))
        technology = replace(technology, moves=newest_first[::-1])
    own = {"aliases": list(technology.aliases), "categories": sorted(technology.categories)}
    return {**head_of(technology), **own, "timeline": timeline_of(technology.moves), "links": []}


def content_of(document: Document) -> bytes:
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return text.encode(errors="backslashreplace") + b"\n"


def documents(stage: str, files: Sequence[str]) -> dict[str, Document]:
    """The document of each file. Raises SettingsError, OperatorError."""
    settings = read_settings(stage, os.environ)
    if settings.store_url.startswith("sqlite:") and not sqlite_path(settings).exists():
        raise OperatorError(f"the register does not exist: {LOAD}")  # opening it would create it
    try:
        parts = services(open_store(settings))
        make = {
            PROJECTS: lambda: projects_document(parts),
            RADAR: lambda: radar_document(parts, settings.radar_title),
        }
        found = {file: make[file]() for file in files}
    except RegisterError as error:
        raise OperatorError(f"{error}. Nothing was written: run the command again") from None
    for file, document in found.items():
        if not document[RECORDS[file]]:
            raise OperatorError(
                f"the register has no records for {file}: {LOAD}, or export the other file (--only)"
            )
    return found


def write(place: Place, file: str, content: bytes, *, dry_run: bool) -> str:
    """Writes the file if it differs. Its state. Raises OperatorError, the SDK's errors."""
    if place.read(file) == content:
        return "unchanged"
    if dry_run:
        return "would be written"
    place.write(file, content)
    return "written"


def export(stage: str, place: Place, only: str, console: Console, *, dry_run: bool) -> None:
    """Writes and prints the files. Raises SettingsError, OperatorError, the SDK's errors."""
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
    only: Annotated[str, typer.Option(help=f"{PROJECTS} or {RADAR}; default: both")] = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Export the register as the documents that the two services read.

    The files contain personal data: the e-mail addresses of contacts and of authors of moves.
    """
    if only not in ("", *RECORDS):
        raise typer.BadParameter(f"{only}: use one of {', '.join(RECORDS)}", param_hint="--only")
    console = Console("export", as_json)
    with console.failures():
        try:
            place = place_of(to)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--to") from None
        export(stage, place, only, console, dry_run=dry_run)
