"""Loads documents into the register: radars, projects, and projects as CSV.

    python data/load.py --stage local data/ons_radar.json data/ons_projects.json

Each file's kind is told from what it holds. What can be mended is mended and reported, what cannot
is left out and reported, and all the rest goes in. Repeating a load changes nothing, and completes
one that was cut short. The exit code is 1 where a file could not be read or records were left out.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from progress import watched
from projects_csv import rows
from projects_document import places, read_projects
from radar_document import read_radar
from reading import PROJECTS_CSV, RADAR, Source, UnreadableError, read
from register import Register
from rehearsal import rehearsal_of
from report import Report
from rich.console import Console
from summary import print_summary

from chalicelib.bootstrap import open_store, services
from chalicelib.errors import RegisterError
from chalicelib.settings import STAGES, Settings, SettingsError, stage_environment


def load_file(path: Path, register: Register) -> Report:
    """What is wrong with the file or in it, the report says. Raises errors.UnavailableError."""
    report = Report(str(path))
    try:
        load(read(path, report), register, report)
    except UnreadableError as error:
        report.failure = str(error)
    return report


def load(source: Source, register: Register, report: Report) -> None:
    """Raises UnreadableError before anything is written; errors.UnavailableError at any time."""
    if source.kind == RADAR:
        for entry in watched(read_radar(source.content, report), report.file):
            register.take_technology(entry)
        return
    found = rows if source.kind == PROJECTS_CSV else places
    projects = list(found(source.content, report))
    for record in read_projects(watched(projects, report.file), report):
        register.take_project(record)


def open_register(stage: str, *, dry_run: bool) -> Register:
    """Raises SettingsError, errors.UnavailableError."""
    settings = Settings.read(stage_environment(stage, os.environ))
    return Register(*services(rehearsal_of(settings) if dry_run else open_store(settings)))


def load_files(files: list[Path], register: Register) -> list[Report]:
    """Loads each in turn. A file that cannot be read is told of at once, and the others go in."""
    reports = []
    for path in files:
        report = load_file(path, register)
        if report.failure:
            print(f"load: {path}: {report.failure}", file=sys.stderr)
        reports.append(report)
    return reports


def main(
    files: Annotated[list[Path], typer.Argument(help="radar and projects documents, projects CSV")],
    stage: Annotated[str, typer.Option(help=" or ".join(STAGES))],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell, but write nothing")] = False,
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="only where there is no project and no technology")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="print the lists whole")] = False,
) -> None:
    """Load radar documents, projects documents and the projects CSV into the register."""
    try:
        register = open_register(stage, dry_run=dry_run)
        if if_empty and not register.is_empty():
            print("load: the register is not empty, so nothing was loaded (--if-empty)")
            return
    except (SettingsError, RegisterError) as error:
        sys.exit(f"load: {error}")
    try:
        reports = load_files(files, register)
    except RegisterError as error:
        sys.exit(f"load: {error}. What was loaded stays; the same load again completes it")
    console = Console()
    print_summary(reports, console, verbose)
    if dry_run:
        console.print("\nA dry run: nothing was written", highlight=False)
    sys.exit(not all(report.is_clean for report in reports))


if __name__ == "__main__":
    typer.run(main)
