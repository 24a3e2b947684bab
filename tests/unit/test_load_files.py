"""The command `landscape load`: kinds of files, printed reports and exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import TechnologyQuery
from chalicelib.stores.sqlite import SqliteStore
from tests.support.loading import entry
from tools.load import command as load

Run = Callable[..., Result]
Write = Callable[[Any], Path]
RADAR, PROJECTS, CSV = "data/ons_radar.json", "data/ons_projects.json", "data/ons_projects_raw.csv"
TWICE = "name: the same key twice: the last value is used"


def invoked(*arguments: str | Path, store: str, stage: str = "local") -> Result:
    app = typer.Typer()
    app.command()(load.main)
    environment = {"LANDSCAPE_STORE_URL": store, "COLUMNS": "80"}
    return CliRunner().invoke(app, ["--stage", stage, *map(str, arguments)], env=environment)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "landscape.db"


@pytest.fixture
def run(database: Path) -> Run:
    return lambda *arguments: invoked(*arguments, store=f"sqlite:///{database}")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: Any) -> Path:
        path = tmp_path / "given"
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        path.write_bytes(content)
        return path

    return write


def counts(database: Path) -> tuple[int, int]:
    store = SqliteStore(database)
    technologies = store.technologies.find(TechnologyQuery(), None, 100).items
    return len(technologies), len(store.projects.find(ProjectQuery(), None, 100).items)


def figures(result: Result, *lines: int) -> list[list[str]]:
    """Read, added, changed, unchanged, corrected, left out: for the files in these lines."""
    return [result.stdout.splitlines()[line].split()[1:] for line in lines]


def words(result: Result) -> str:
    """The standard output with single spaces instead of line ends."""
    return " ".join(result.stdout.split())


def test_the_shipped_files_are_loaded_and_summarised(run: Run, database: Path) -> None:
    result = run(RADAR, PROJECTS, CSV)
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[1:4]] == [RADAR, PROJECTS, CSV]
    assert figures(result, 1, 2, 3) == [
        ["65", "65", "0", "0", "0", "0"],
        ["20", "20", "0", "0", "19", "0"],
        ["20", "0", "0", "20", "23", "0"],
    ]
    assert "new technologies (ring review), 25" in result.stdout
    assert "SQLLite corrected to SQLite" in words(result)
    assert "other/messaging 6" in result.stdout
    assert counts(database) == (90, 20)


def test_a_dry_run_prints_the_same_and_writes_nothing(run: Run, database: Path) -> None:
    told = run("--dry-run", RADAR, PROJECTS).stdout
    assert not database.exists()
    done = run(RADAR, PROJECTS).stdout
    assert told.removesuffix("\nDry run: nothing was written\n") == done
    again = figures(run("--dry-run", RADAR, PROJECTS), 1, 2)
    assert [line[:4] for line in again] == [["65", "0", "0", "65"], ["20", "0", "0", "20"]]


def test_a_dry_run_includes_moves_that_a_record_no_longer_shows(run: Run, write: Write) -> None:
    moves = [("hold", f"2025-03-01T00:{n:02}:00") for n in range(60)]
    path = write({"entries": [entry("Zig", *moves)]})
    assert run(path).exit_code == 0
    again = run("--dry-run", path)
    assert (again.exit_code, figures(again, 1)[0][:4]) == (0, ["1", "0", "0", "1"])


def test_if_empty_loads_once(run: Run, database: Path) -> None:
    assert run("--if-empty", PROJECTS).exit_code == 0
    result = run("--if-empty", RADAR)
    assert (result.exit_code, counts(database)[1]) == (0, 20)
    assert "not empty" in result.stdout
    assert SqliteStore(database).technologies.get("ruby") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("hello", "is not a document that can be loaded"),
        (b"\x89PNG\x00\x01", "is not text"),
        ('{"projects": [', "is not JSON: Expecting value at line 1, column 15"),
        ({"technologies": []}, "is JSON of another kind"),
        ([{"name": "Zebra"}], "is a list"),
        ({"entries": [], "projects": []}, "has both entries and projects"),
        ({"projects": {}}, "/projects is an object: make it a list"),
        ('{"projects": [{"details": {"name": "Z"}}], "n": 1' + "0" * 5000 + "}", "is not JSON"),
    ],
)
def test_an_unsupported_file_is_refused_and_the_others_are_loaded(
    run: Run, database: Path, write: Write, content: Any, reason: str
) -> None:
    path = write(content)
    result = run(path, RADAR)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"load: {path}: ")
    assert reason in result.stderr
    assert counts(database) == (65, 0)


def test_a_missing_file_is_named(run: Run, tmp_path: Path) -> None:
    result = run(tmp_path / "no.json", tmp_path)
    assert result.exit_code == 1
    assert f"load: {tmp_path / 'no.json'}: No such file or directory" in result.stderr
    assert f"load: {tmp_path}: Is a directory" in result.stderr


def test_a_record_left_out_makes_exit_code_1_and_no_address_is_printed(
    run: Run, write: Write
) -> None:
    details = {"name": "Zebra by z@example.org", "z@example.org": "z@example.org"}
    user = [{"email": "y@example.org y@example.org"}, {"email": "", "grade": "x@example.org"}]
    languages = ["w@example.org"]
    project = {"details": details, "user": user, "architecture": {"languages": languages}}
    result = run(write({"projects": [project]}))
    assert result.exit_code == 1
    assert "LEFT OUT, 2" in words(result)
    assert "example.org" not in result.output


def test_notes_of_one_kind_are_one_line_unless_verbose(run: Run, write: Write) -> None:
    hosted = {"architecture": {"hosting": {"details": ["AWS"]}}}
    path = write({"projects": [{"details": {"name": f"Z{n}"}} | hosted for n in range(1200)]})
    short = words(run("--dry-run", path))
    kind = "hosting without a type, read as cloud: 1,200"
    assert f"{kind} (first: projects/0 Z0, architecture/hosting: AWS)" in short
    assert "projects/1 " not in short
    assert "projects/1199 Z1199, architecture/hosting" in words(run("--dry-run", "--verbose", path))
    (said,) = json.loads(run("--dry-run", "--json", path).output)
    assert len(said["mended"]) == 1200


def test_long_lists_are_cut_unless_verbose(run: Run, write: Write) -> None:
    path = write({"projects": [{"details": {"name": "Z", f"pet {n}": "cat"}} for n in range(60)]})
    short = words(run("--dry-run", path))
    assert "… and 10 more (--verbose lists all)" in short
    assert "pet 50" not in short
    assert "pet 59" in words(run("--dry-run", "--verbose", path))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"projects": [{"details": {"name": "A", "name": "B"}}]}', TWICE),
        ({"projects": [], "directorates": [{"id": 0, "name": "Digital"}]}, "directorates 2"),
    ],
)
def test_duplicate_and_additional_members_of_a_document_are_reported(
    run: Run, write: Write, content: Any, told: str
) -> None:
    assert told in words(run(write(content)))


@pytest.mark.parametrize(
    ("stage", "store", "reason"),
    [
        ("nowhere", "sqlite:", "has no stage 'nowhere'"),
        ("local", "oracle:", "LANDSCAPE_STORE_URL is 'oracle:'"),
        ("local", "sqlite:////dev/null/x.db", "cannot be opened"),
    ],
)
def test_a_register_that_cannot_be_opened_is_an_error(stage: str, store: str, reason: str) -> None:
    result = invoked(RADAR, store=store, stage=stage)
    assert result.exit_code == 1
    assert result.output.startswith("load: ")
    assert reason in result.output


def test_the_report_is_available_as_json(run: Run, write: Write) -> None:
    path = write({"entries": [entry("Zig", ("assess", "2024-05-10")), "no entry"]})
    done = run(path, "--json")
    (said,) = json.loads(done.output)
    assert (done.exit_code, said["read"], said["added"], len(said["left_out"])) == (1, 2, 1, 1)


def test_a_row_left_out_of_a_csv_makes_exit_code_1(run: Run, write: Write) -> None:
    result = run(write(b'Project,Stage\nZebra,"Unsupported\nYak,\n'))
    assert (result.exit_code, figures(result, 1)[0]) == (1, ["1", "1", "0", "0", "0", "1"])
    assert "line 2: unbalanced quotes" in words(result)


DIRECTORATES = [
    {"id": 0, "name": "Digital", "colour": "#1f77b4", "default": True, "enabled": True},
    {"id": 1, "name": "Campus", "colour": "#ff7f0e", "default": False, "enabled": True},
]


def test_directorates_are_loaded_once_and_never_replaced(run: Run, write: Write) -> None:
    assert figures(run(write(DIRECTORATES)), 1) == [["2", "2", "0", "0", "0", "0"]]
    assert figures(run(write({"directorates": DIRECTORATES})), 1) == [
        ["2", "0", "0", "2", "0", "0"]
    ]
    other = run(write(DIRECTORATES[:1]))
    assert other.exit_code == 1
    assert "replace it with PUT /api/v1/directorates" in " ".join(other.stdout.split())


def test_directorates_without_a_default_are_left_out(run: Run, write: Write) -> None:
    done = run(write(DIRECTORATES[1:]))
    assert done.exit_code == 1
    assert "must have exactly one default directorate" in " ".join(done.stdout.split())
