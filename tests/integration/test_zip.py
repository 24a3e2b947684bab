"""The Lambda's zip, as `landscape prepare` and `chalice package` create it."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import metadata
from importlib.util import cache_from_source, source_hash
from pathlib import Path

import pytest

from ops.prepare import StrayError, prepare
from tests.support.api import ROOT, local_environment
from tests.support.zips import LARGEST_ZIP, code_in, sources_in

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
    place.mkdir(exist_ok=True)
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, place)
    for name in ("chalicelib", ".chalice"):
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
    prepare(project)
    subprocess.run(
        [str(Path(sys.executable).parent / "chalice"), "package", "--stage", "dev", "out/"],
        cwd=project,
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-west-2"},
        check=True,
    )
    return project / "out/deployment.zip"


def ask(unpacked: Path, *options: str) -> tuple[str, str]:
    """The answer to GET / from the unpacked zip, and Python's messages on stderr."""
    result = subprocess.run(
        [sys.executable, *options, "-c", ASK],
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
    assert len(code) == len(sources_in(packaged))  # no byte code without a source
    answer, said = ask(tmp_path, "-v")
    assert json.loads(answer)["service"] == "landscape-api"
    assert not re.findall(rf"code object from '?{re.escape(str(tmp_path))}\S*\.py\b", said)

    version = tmp_path / "chalicelib/__init__.py"  # an edit works beside old byte code
    version.write_text(version.read_text().replace('__version__ = "', '__version__ = "edited '))
    assert json.loads(ask(tmp_path)[0])["version"].startswith("edited ")


def test_byte_code_follows_the_sources(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    prepare(project)
    settings, errors = project / "chalicelib/settings.py", project / "chalicelib/errors.py"
    settings.write_text("EDITED = True")
    errors.unlink()
    prepare(project)
    changed = Path(cache_from_source(str(settings)))
    assert changed.read_bytes()[8:16] == source_hash(b"EDITED = True")
    assert not Path(cache_from_source(str(errors))).exists()


@pytest.mark.parametrize("stray", ["key.pem", "stores/landscape.db", "page/notes.md"])
def test_a_stray_file_is_named_before_it_is_deployed(tmp_path: Path, stray: str) -> None:
    project = copy_of_the_project(tmp_path)
    (project / "chalicelib" / stray).write_text("not for a release")
    with pytest.raises(StrayError, match=f"chalicelib/{stray} would be part of the Lambda"):
        prepare(project)


def test_importing_the_app_writes_nothing(tmp_path: Path) -> None:
    """A write would restart the reloader of `chalice local`."""
    project = copy_of_the_project(tmp_path / "project")
    environment = {**os.environ, **local_environment(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = {*project.rglob("*")}
    subprocess.run([sys.executable, "-c", "import app"], cwd=project, env=environment, check=True)
    written = {path for path in project.rglob("*") if path.is_file()} - before
    assert {path.parent.name for path in written} <= {"__pycache__"}  # app.py's byte code
    assert {path.name.partition(".")[0] for path in written} <= {"app"}


def licence_of(package: str) -> str:
    stated = metadata(package)
    return next((stated[key] for key in ("License-Expression", "License") if key in stated), "")


def test_the_licence_of_every_shipped_package_is_documented(packaged: Path) -> None:
    with zipfile.ZipFile(packaged) as archive:
        found = {re.match(r"(.+)-[\d.]+\.dist-info/", name) for name in archive.namelist()}
    in_zip = {match[1].replace("_", "-") for match in found if match} | {"chalice"}
    text = (ROOT / "container/requirements.txt").read_text()
    in_container = set(re.findall(r"^([\w-]+)==", text, re.MULTILINE))
    page = (ROOT / "docs/licences.md").read_text()
    listed = set(re.findall(r"^\| (\S+) \| (.+) \| (yes|no) \| (yes|no) \|$", page, re.MULTILINE))
    assert listed == {
        (
            name,
            licence_of(name),
            *("yes" if name in place else "no" for place in (in_zip, in_container)),
        )
        for name in in_zip | in_container
    }
