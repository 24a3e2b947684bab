"""The command: which file is what, what it prints, and how it exits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import load
import pytest
import typer
from typer.testing import CliRunner, Result

from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import TechnologyQuery
from chalicelib.stores.sqlite import SqliteStore

Run = Callable[..., Result]
RADAR, PROJECTS, CSV = "data/ons_radar.json", "data/ons_projects.json", "data/ons_projects_raw.csv"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "landscape.db"


@pytest.fixture
def run(database: Path) -> Run:
    app = typer.Typer()
    app.command()(load.main)
    environment = {"LANDSCAPE_STORE_URL": f"sqlite:///{database}", "COLUMNS": "80"}

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, ["--stage", "local", *map(str, arguments)], env=environment)

    return run


def counts(database: Path) -> tuple[int, int]:
    store = SqliteStore(database)
    technologies = store.technologies.find(TechnologyQuery(), None, 100).items
    return len(technologies), len(store.projects.find(ProjectQuery(), None, 100).items)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], Path]:
    def write(content: Any) -> Path:
        path = tmp_path / "given"
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        path.write_bytes(content)
        return path

    return write


def test_the_shipped_files_are_loaded_and_summed_up(run: Run, database: Path) -> None:
    result = run(RADAR, PROJECTS, CSV)
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()[1:4]]
    assert lines == [
        [RADAR, *["65", "65", "0", "0", "0", "0"]],
        [PROJECTS, *["20", "20", "0", "0", "18", "0"]],
        [CSV, *["20", "0", "0", "20", "22", "0"]],
    ]
    assert "new to the register (ring review), 25" in result.stdout
    assert "SQLLite is spelled SQLite" in " ".join(result.stdout.split())
    assert "other/messaging 6" in result.stdout
    assert counts(database) == (90, 20)


def test_a_dry_run_tells_the_same_and_writes_nothing(run: Run, database: Path) -> None:
    told = run("--dry-run", RADAR, PROJECTS)
    assert not database.exists()
    assert (
        told.stdout.removesuffix("\nA dry run: nothing was written\n")
        == run(RADAR, PROJECTS).stdout
    )
    again = run("--dry-run", RADAR, PROJECTS)
    assert [line.split()[1:5] for line in again.stdout.splitlines()[1:3]] == [
        ["65", "0", "0", "65"],
        ["20", "0", "0", "20"],
    ]


def test_a_dry_run_knows_of_moves_that_a_record_no_longer_shows(
    run: Run, write: Callable[[Any], Path]
) -> None:
    moves = [{"ringId": "hold", "date": f"2025-03-01T00:{n:02}:00"} for n in range(60)]
    entry = {"title": "Zig", "description": "Languages", "timeline": moves}
    assert run(write({"entries": [entry]})).exit_code == 0
    again = run("--dry-run", write({"entries": [entry]}))
    assert (again.exit_code, again.stdout.splitlines()[1].split()[1:5]) == (0, ["1", "0", "0", "1"])


def test_if_empty_loads_once(run: Run, database: Path) -> None:
    assert run("--if-empty", PROJECTS).exit_code == 0
    result = run("--if-empty", RADAR)
    assert (result.exit_code, counts(database)[1]) == (0, 20)
    assert "not empty" in result.stdout
    assert SqliteStore(database).technologies.get("ruby") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "none of the documents"),
        ("hello", "none of the documents"),
        (b"\x89PNG\x00\x01", "is not text"),
        ('{"projects": [', "is not JSON: Expecting value at line 1, column 15"),
        ({"technologies": []}, "is some other JSON"),
        ([{"name": "Zebra"}], "is a list"),
        ({"entries": [], "projects": []}, "has both entries and projects"),
        ({"projects": {}}, "/projects is an object, not a list"),
        ("Project\nZebra\n" + "x" * 200_000, "is not CSV"),
        ('{"projects": [{"details": {"name": "Z"}}], "n": 1' + "0" * 5000 + "}", "is not JSON"),
    ],
)
def test_a_file_that_is_none_of_the_three_is_refused_and_the_others_go_in(
    run: Run, database: Path, write: Callable[[Any], Path], content: Any, reason: str
) -> None:
    path = write(content)
    result = run(path, RADAR)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"load: {path}: ")
    assert reason in result.stderr
    assert counts(database) == (65, 0)


def test_a_file_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    result = run(tmp_path / "no.json", tmp_path)
    assert result.exit_code == 1
    assert f"load: {tmp_path / 'no.json'}: No such file or directory" in result.stderr
    assert f"load: {tmp_path}: Is a directory" in result.stderr


def test_a_record_left_out_makes_exit_code_1_and_no_address_is_printed(
    run: Run, write: Callable[[Any], Path]
) -> None:
    details = {"name": "Zebra by z@example.org", "z@example.org": "z@example.org"}
    user = [{"email": "y@example.org y@example.org"}, {"email": "", "grade": "x@example.org"}]
    languages = ["w@example.org"]
    project = {"details": details, "user": user, "architecture": {"languages": languages}}
    result = run(write({"projects": [project]}))
    assert result.exit_code == 1
    assert "LEFT OUT, 2" in result.stdout
    assert "example.org" not in result.output


def test_long_lists_are_cut_unless_verbose(run: Run, write: Callable[[Any], Path]) -> None:
    path = write({"projects": [None] * 60})
    short = run(path).stdout
    assert "… and 10 more (--verbose)" in short
    assert "projects/50" not in short
    assert "projects/59" in run("--verbose", path).stdout


def test_a_name_that_stands_twice_in_an_object_is_reported(
    run: Run, write: Callable[[Any], Path]
) -> None:
    result = run(write('{"projects": [{"details": {"name": "A", "name": "B"}}]}'))
    assert "name: named twice: the last counts" in result.stdout


@pytest.mark.parametrize(
    ("stage", "store", "reason"),
    [
        ("nowhere", "sqlite:", "has no stage 'nowhere'"),
        ("local", "oracle:", "LANDSCAPE_STORE_URL is 'oracle:'"),
        ("local", "sqlite:////dev/null/x.db", "cannot be opened"),
    ],
)
def test_a_register_that_cannot_be_opened_is_told(stage: str, store: str, reason: str) -> None:
    app = typer.Typer()
    app.command()(load.main)
    result = CliRunner().invoke(app, ["--stage", stage, RADAR], env={"LANDSCAPE_STORE_URL": store})
    assert result.exit_code == 1
    assert result.output.startswith("load: ")
    assert reason in result.output


def test_what_a_document_holds_besides_is_counted(run: Run, write: Callable[[Any], Path]) -> None:
    result = run(write({"projects": [], "directorates": [{"id": 0, "name": "Digital"}]}))
    assert "directorates 2" in result.stdout
