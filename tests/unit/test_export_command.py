"""The command `landscape export` into a folder: files, printed states and errors."""

import json
from pathlib import Path

from tests.support.api import ROOT
from tests.support.commands import invoke
from tests.support.exporting import SHIPPED
from tools.export.command import PROJECTS, RADAR


def landscape(command: str, *arguments: str, state: Path, code: int = 0) -> str:
    environment = {"XDG_STATE_HOME": str(state), "COLUMNS": "200"}
    done = invoke(command, "--stage", "local", *arguments, cwd=ROOT, environment=environment)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr if code else done.stdout


def test_a_file_is_written_only_where_it_differs(tmp_path: Path) -> None:
    out = tmp_path / "made" / "out"
    landscape("load", *map(str, SHIPPED), state=tmp_path)
    told = landscape("export", "--to", str(out), "--dry-run", state=tmp_path)
    assert f"{out / PROJECTS}: would be written, 20 projects" in told
    assert not out.exists()
    told = landscape("export", "--to", str(out), "--only", RADAR, state=tmp_path)
    assert told == f"{out / RADAR}: written, 90 entries\n"
    inode = (out / RADAR).stat().st_ino
    answer = json.loads(landscape("export", "--to", str(out), "--json", state=tmp_path))
    states = [(file["file"], file["state"], file["records"]) for file in answer["files"]]
    assert states == [
        (str(out / PROJECTS), "written", 20),
        (str(out / RADAR), "unchanged", 90),
    ]
    assert (out / RADAR).stat().st_ino == inode
    assert sorted(path.name for path in out.iterdir()) == [PROJECTS, RADAR]
    assert (out / PROJECTS).stat().st_mode & 0o077 == 0


def test_an_empty_register_overwrites_nothing(tmp_path: Path) -> None:
    told = landscape("export", "--to", str(tmp_path), state=tmp_path, code=1)
    assert told == "export: the register does not exist: load data first (landscape load)\n"
    assert list(tmp_path.iterdir()) == []
    landscape("load", str(SHIPPED[0]), state=tmp_path)
    out = tmp_path / "out"
    told = landscape("export", "--to", str(out), state=tmp_path, code=1)
    assert f"the register has no records for {PROJECTS}: load data first (landscape load)" in told
    assert not out.exists()
    landscape("export", "--to", str(out), "--only", RADAR, state=tmp_path)


def test_errors_name_their_cure(tmp_path: Path) -> None:
    landscape("load", *map(str, SHIPPED), state=tmp_path)
    (tmp_path / "file").touch()
    told = landscape("export", "--to", str(tmp_path / "file" / "out"), state=tmp_path, code=1)
    assert "Not a directory. Name a folder that you can write to (--to)" in told
    told = landscape("export", "--to", "s3:///prefix", state=tmp_path, code=2)
    assert "has no bucket name: write s3://bucket/prefix" in told
    told = landscape("export", "--to", "out", "--only", "radar", state=tmp_path, code=2)
    assert f"radar: use one of {PROJECTS}, {RADAR}" in told
