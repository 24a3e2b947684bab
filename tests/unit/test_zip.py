"""The Lambda's zip, as a plain `chalice package` makes it: its size, and byte code for all of it."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.util import cache_from_source, source_hash
from pathlib import Path

import pytest

from operators.byte_code import write_byte_code
from tests.support import ROOT, local_environment
from tests.zips import LARGEST_ZIP, code_in, sources_in

FILLED_IN = {
    "TECH_AUDIT_TOOL_POOL_ARN": "arn:aws:cognito-idp:eu-west-2:123456789012:userpool/eu-west-2_One",
    "DIGITAL_LANDSCAPE_POOL_ARN": "arn:aws:cognito-idp:eu-west-2:123456789012:userpool/eu-west-2_B",
    "TECH_AUDIT_TOOL_CLIENT_IDS": "one",
    "DIGITAL_LANDSCAPE_CLIENT_IDS": "two",
    "CORS_ORIGINS": "https://landscape.example.org",
}
ASK = """
from app import app
context = {"httpMethod": "GET", "resourcePath": "/", "path": "/"}
event = {"requestContext": context, "headers": {}, "pathParameters": None, "body": None,
         "multiValueQueryStringParameters": None, "stageVariables": None}
print(app(event, None)["body"])
"""


def copy_of_the_project(place: Path) -> Path:
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, place)
    for name in ("chalicelib", "operators", ".chalice"):
        ignored = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    path = place / ".chalice/config.json"
    config = json.loads(path.read_text())
    config["stages"]["dev"]["environment_variables"].update(FILLED_IN)
    path.write_text(json.dumps(config))
    return place


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy_of_the_project(tmp_path_factory.mktemp("project"))
    subprocess.run(
        [str(Path(sys.executable).parent / "chalice"), "package", "--stage", "dev", "out/"],
        cwd=project,
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-west-2"},
        check=True,
    )
    return project / "out/deployment.zip"


def ask(unpacked: Path, *options: str) -> tuple[str, str]:
    """What GET / answers from there, and what Python says beside it."""
    result = subprocess.run(
        [sys.executable, "-S", *options, "-c", ASK],
        cwd=unpacked,
        env={**local_environment(unpacked), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout, result.stderr


def test_the_zip_is_small_and_starts_without_compiling_anything(
    packaged: Path, tmp_path: Path
) -> None:
    assert packaged.stat().st_size < LARGEST_ZIP
    assert code_in(packaged) == sources_in(packaged)
    with zipfile.ZipFile(packaged) as archive:
        code = {name for name in archive.namelist() if name.endswith(".pyc")}
        archive.extractall(tmp_path)
    assert len(code) == len(sources_in(packaged))  # and none of what is no longer there
    answer, said = ask(tmp_path, "-v")
    assert json.loads(answer)["service"] == "landscape-api"
    assert not re.findall(rf"code object from '?{re.escape(str(tmp_path))}\S*\.py\b", said)

    version = tmp_path / "chalicelib/__init__.py"  # an edit is seen, though byte code is beside it
    version.write_text(version.read_text().replace('__version__ = "', '__version__ = "edited '))
    assert json.loads(ask(tmp_path)[0])["version"].startswith("edited ")


def test_byte_code_follows_the_sources(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    write_byte_code(project, ["deploy"])
    settings, errors = project / "chalicelib/settings.py", project / "chalicelib/errors.py"
    settings.write_text("EDITED = True")
    errors.unlink()
    before = times(project)
    write_byte_code(project, ["--debug", "package", "out/"])
    changed = Path(cache_from_source(str(settings)))
    assert changed.read_bytes()[8:16] == source_hash(b"EDITED = True")
    after = times(project)
    assert before.keys() - after.keys() == {Path(cache_from_source(str(errors)))}
    assert {path for path in after if after[path] != before[path]} == {changed}


def times(project: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in project.rglob("*.pyc")}


def test_chalice_local_finds_nothing_new(tmp_path: Path) -> None:
    """Its reloader would restart."""
    project = copy_of_the_project(tmp_path)
    write_byte_code(project, ["local", "--stage", "dev"])
    assert times(project) == {}


def test_a_project_that_cannot_be_written_to_is_deployed_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = copy_of_the_project(tmp_path)
    (project / "vendor").write_text("in the way, also of root")
    write_byte_code(project, ["deploy"])
    assert "no byte code" in capsys.readouterr().err
