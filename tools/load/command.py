"""Loads documents into the register: radars, projects, lists of directorates, and projects as CSV.

    landscape load --stage local data/ons_radar.json data/ons_projects.json

The content of a file decides its kind. A value that can be corrected is corrected and reported. A
record that cannot be corrected is left out and reported. A second load of the same file completes an
interrupted one, and otherwise changes nothing. The exit code is 1 if a file is unreadable or a record
is left out.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chalicelib.errors import RegisterError
from chalicelib.settings import STAGES, SettingsError
from ops.console import AsJson
from ops.stage import wrong_values_named
from tools.load.decoding import UnreadableError
from tools.load.directorates import take_directorates
from tools.load.projects import read_projects
from tools.load.radar import read_radar
from tools.load.reading import DIRECTORATES, PROJECTS_CSV, RADAR, Source, places, read
from tools.load.register import Register, open_register
from tools.load.report import Report, document, print_summary, watched
from tools.load.spreadsheet import rows


def load_file(path: Path, register: Register) -> Report:
    """Loads one file and reports its faults. Raises errors.UnavailableError."""
    report = Report(str(path))
    try:
        load(read(path, report), register, report)
    except UnreadableError as error:
        report.failure = str(error)
    return report


def load(source: Source, register: Register, report: Report) -> None:
    """Raises UnreadableError before the first write; errors.UnavailableError at any time."""
    if source.kind == RADAR:
        for technology in watched(read_radar(source.content, report), report.file):
            register.take_technology(technology)
        return
    if source.kind == DIRECTORATES:
        take_directorates(source.content, register.directorates, report)
        return
    found = rows if source.kind == PROJECTS_CSV else places
    projects = list(found(source.content, report))
    for project in read_projects(watched(projects, report.file), report):
        register.take_project(project)


def load_files(files: list[Path], register: Register) -> list[Report]:
    """Loads each file in turn. Prints the error of an unreadable file at once and continues."""
    reports = []
    for path in files:
        reports.append(load_file(path, register))
        if failure := reports[-1].failure:
            print(f"load: {path}: {failure}", file=sys.stderr)
    return reports


def main(
    files: Annotated[
        list[Path], typer.Argument(help="radar, projects and directorates documents, projects CSV")
    ],
    stage: Annotated[str, typer.Option(help=" or ".join(STAGES))],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print the report, but write nothing")
    ] = False,
    if_empty: Annotated[
        bool,
        typer.Option(
            "--if-empty", help="load only into a register without projects and technologies"
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="print each correction and each loss")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load documents into the register: radar, projects, directorates, and projects as CSV."""
    how = {"dry_run": dry_run, "if_empty": if_empty, "verbose": verbose, "as_json": as_json}
    sys.exit(load_all(files, stage, **how))


def reports_of(
    files: list[Path], stage: str, *, dry_run: bool = False, if_empty: bool = False
) -> list[Report] | None:
    """Loads the files. None if only `if_empty` forbids it. Ends the program on failure."""
    try:
        with wrong_values_named(stage, os.environ):
            register = open_register(stage, dry_run=dry_run)
        if if_empty and not register.is_empty():
            return None
    except (SettingsError, RegisterError) as error:
        sys.exit(f"load: {error}")
    try:
        return load_files(files, register)
    except RegisterError as error:
        sys.exit(
            f"load: {error}. The loaded records are kept: run the same command again to load the rest"
        )


def load_all(
    files: list[Path],
    stage: str,
    *,
    dry_run: bool = False,
    if_empty: bool = False,
    verbose: bool = False,
    as_json: bool = False,
) -> int:
    """Loads the files and prints the reports. The exit code is 1 after a loss."""
    reports = reports_of(files, stage, dry_run=dry_run, if_empty=if_empty)
    if reports is None:
        said = "load: nothing was loaded (--if-empty), because the register is not empty"
        print("[]" if as_json else said)
        return 0
    if as_json:
        print(json.dumps([document(report) for report in reports], indent=2))
    else:
        console = Console()
        print_summary(reports, console, verbose)
        if dry_run:
            console.print("\nDry run: nothing was written", highlight=False)
    return int(not all(report.is_clean for report in reports))
