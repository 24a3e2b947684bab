"""An export to a bucket and from a table, on the emulated AWS."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.bootstrap import services
from chalicelib.models.technology import Move, Technology
from chalicelib.services.clock import timestamp
from tests.contract.places import OPENERS, emulated
from tests.support.api import ROOT
from tests.support.commands import invoke
from tests.support.emulator import REGION, Emulator, environment_at
from tests.support.exporting import (
    FORM,
    SHIPPED,
    copy_of,
    exported,
    loaded,
    projects_of,
    technologies_of,
)
from tests.support.loading import load_projects
from tools.export.command import PROJECTS, RADAR

BUCKET = "landscape-export"


@pytest.fixture(scope="module")
def bucket(emulator: Emulator) -> Any:
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


def landscape(
    emulator: Emulator, state: Path, command: str, *arguments: str, code: int = 0, **more: str
) -> str:
    environment = {**environment_at(emulator.url), "XDG_STATE_HOME": str(state), **more}
    done = invoke(command, "--stage", "local", *arguments, cwd=ROOT, environment=environment)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr if code else done.stdout


@pytest.fixture
def state(emulator: Emulator, tmp_path: Path) -> Path:
    landscape(emulator, tmp_path, "load", *map(str, SHIPPED))
    return tmp_path


def test_an_export_to_a_bucket_equals_an_export_to_a_folder(
    emulator: Emulator, bucket: Any, state: Path
) -> None:
    to = f"s3://{BUCKET}/moving/over/"
    told = landscape(emulator, state, "export", "--to", to, "--dry-run")
    assert f"{to}{PROJECTS}: would be written, 20 projects" in told
    assert "Contents" not in bucket.list_objects_v2(Bucket=BUCKET)
    landscape(emulator, state, "export", "--to", str(state / "out"))
    told = landscape(emulator, state, "export", "--to", to)
    assert told.splitlines() == [
        f"{to}{PROJECTS}: written, 20 projects",
        f"{to}{RADAR}: written, 90 entries",
    ]
    for name in (PROJECTS, RADAR):
        found = bucket.get_object(Bucket=BUCKET, Key=f"moving/over/{name}")
        assert found["ContentType"] == "application/json"
        assert found["Body"].read() == (state / "out" / name).read_bytes()
    assert "written" not in landscape(emulator, state, "export", "--to", to)


def test_only_a_file_that_differs_is_written(emulator: Emulator, bucket: Any, state: Path) -> None:
    bucket.put_object(Bucket=BUCKET, Key=RADAR, Body=b"{}")
    only = ("export", "--to", f"s3://{BUCKET}", "--only", RADAR, "--json")
    answers = [json.loads(landscape(emulator, state, *only)) for _ in range(2)]
    assert [answer["files"][0]["state"] for answer in answers] == ["written", "unchanged"]
    keys = [each["Key"] for each in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert RADAR in keys
    assert PROJECTS not in keys


def test_errors_name_their_cure(emulator: Emulator, bucket: Any, state: Path) -> None:
    told = landscape(emulator, state, "export", "--to", "s3://no-such-bucket-here", code=1)
    assert told.startswith("export: bucket no-such-bucket-here not found: create it")
    told = landscape(emulator, state, "export", "--to", "s3://A_%/x", code=1)
    assert told == "export: A_% is not a valid bucket name: correct --to\n"
    away = {"HOME": str(state), "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"}
    nobody = {"AWS_PROFILE": "nobody"}
    told = landscape(emulator, state, "export", "--to", f"s3://{BUCKET}", code=1, **nobody)
    assert told.startswith("export: The config profile (nobody) could not be found")
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    away["AWS_EC2_METADATA_DISABLED"] = "true"
    told = landscape(emulator, state, "export", "--to", f"s3://{BUCKET}", code=1, **nobody, **away)
    assert "no AWS credentials were found: set AWS_PROFILE" in told


def test_a_table_is_exported_like_a_database_file(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in emulated(emulator.url).items():
        monkeypatch.setenv(name, value)
    parts = services(OPENERS["dynamodb-http"](tmp_path))
    loaded(parts, *(path.read_bytes() for path in SHIPPED))
    day = datetime(2024, 5, 10, tzinfo=UTC)
    moves = [Move(("review", "hold")[n % 2], timestamp(day + timedelta(n))) for n in range(120)]
    parts.technologies.create(Technology("Zig", "languages", tuple(moves)), None)
    load_projects(parts, FORM)
    copy = copy_of(parts)
    assert exported(copy) == exported(parts)
    assert projects_of(copy) == projects_of(parts)
    assert technologies_of(copy) == technologies_of(parts)
    zig = next(entry for entry in exported(parts)[RADAR]["entries"] if entry["id"] == "zig")
    assert len(zig["timeline"]) == len(moves)
