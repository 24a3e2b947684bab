"""The image as container/Dockerfile builds it: files and packages in a folder, without a container."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from container.__main__ import HEALTH_PORT, PORT
from ops.prepare import SHIPPED
from tests.support.api import ROOT, ServerProcess, free_port, local_environment, through_http
from tests.support.locks import versions

DOCKERFILE = (ROOT / "container/Dockerfile").read_text()
LINES = re.sub(r"(?m)^#.*\n", "", DOCKERFILE).replace("\\\n", " ").splitlines()
LAST = dict(line.split(maxsplit=1) for line in LINES if line)  # the last of each instruction
HEALTH_CHECK: list[str] = json.loads(LAST["HEALTHCHECK"].partition("CMD ")[2])
COMMAND: list[str] = json.loads(LAST["ENTRYPOINT"]) + json.loads(LAST["CMD"])


def sent() -> set[Path]:
    """The paths that .dockerignore sends to the build."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return {path for line in lines if line.startswith("!") for path in ROOT.glob(line[1:])}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("image")
    for source in sent():
        target = place / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for name in versions(ROOT / "container/requirements.txt"):
        wheel = metadata.distribution(name)
        for top in {file.parts[0] for file in wheel.files or ()} - {"..", "__pycache__"}:
            (place / top).symlink_to(Path(str(wheel.locate_file(top))))
    return place


class ImageServer(ServerProcess):
    what = "the image"


def in_image(command: list[str], port: int = PORT, health_port: int = HEALTH_PORT) -> list[str]:
    """The command on loopback with these ports. It runs this Python without site-packages."""
    instead = {"0.0.0.0": "127.0.0.1", str(PORT): str(port), str(HEALTH_PORT): str(health_port)}
    words = [re.sub("|".join(instead), lambda found: instead[found[0]], each) for each in command]
    assert words.pop(0) == "python"
    return [sys.executable, "-S", "-B", *words]


def test_it_starts_and_is_healthy_with_what_it_holds(image: Path, tmp_path: Path) -> None:
    port, health_port = free_port(), free_port()
    stage = {"LANDSCAPE_STAGE": "dev", "LANDSCAPE_REQUIRE_WAF": "false"}
    environment = local_environment(tmp_path, **stage)
    check = in_image(HEALTH_CHECK, port, health_port)
    with ImageServer(
        tmp_path, in_image(COMMAND, port, health_port), port, image, environment
    ) as server:
        for path in ("/", "/docs", "/openapi.json", "/api/v1/technologies"):
            assert server.send("GET", path, {}, b"").status == 200, path
        assert through_http("127.0.0.1", health_port)("GET", "/ready", {}, b"").status == 200
        assert subprocess.run(check, check=False).returncode == 0
    assert subprocess.run(check, stderr=subprocess.DEVNULL, check=False).returncode == 1


def test_it_holds_the_packages_that_are_imported_later(image: Path) -> None:
    subprocess.run(in_image(shlex.split(LAST["RUN"])), cwd=image, check=True)


def test_it_has_the_code_that_the_zip_has() -> None:
    folder = ROOT / "chalicelib"
    in_zip = {path for pattern in ("**/*.py", *SHIPPED) for path in folder.glob(pattern)}
    assert {path for path in sent() if path.is_relative_to(folder)} == in_zip


def test_its_user_ports_and_base_are_what_a_task_relies_on() -> None:
    user, _, group = LAST["USER"].partition(":")
    assert int(user) > 0 < int(group)
    assert LAST["EXPOSE"] == f"{PORT} {HEALTH_PORT}"
    assert COMMAND[-4:] == ["--port", str(PORT), "--health-port", str(HEALTH_PORT)]
    assert LAST["STOPSIGNAL"] == "SIGTERM"
    (base,) = re.findall("(?m)^ARG PYTHON_IMAGE=(.+)$", DOCKERFILE)
    assert re.fullmatch(r"python:3\.\d+-slim@sha256:(CHANGE-ME|[0-9a-f]{64})", base)
