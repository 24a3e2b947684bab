"""The Lambda's runtime: its pinned Python, its wheels for Linux, its printed concurrency."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from chalice.config import Config
from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from ops.apis import DeployError
from ops.runtime import describe_concurrency, pinned_python, require_pinned_python, require_wheels
from tests.support.api import ROOT
from tests.support.stubbed_aws import StubbedAws

PINNED = pinned_python(ROOT)
TAG = f"cp{PINNED.replace('.', '')}"
LINUX = f"{TAG}-{TAG}-manylinux_2_17_x86_64.manylinux2014_x86_64"
MAC = f"{TAG}-{TAG}-macosx_11_0_arm64"
FOR_LAMBDA = f"_pydantic_core.cpython-{TAG[2:]}-x86_64-linux-gnu.so"
FOR_MAC = f"_pydantic_core.cpython-{TAG[2:]}-darwin.so"


def found(pattern: str, file: str) -> set[str]:
    return set(re.findall(pattern, (ROOT / file).read_text()))


def test_one_python_is_pinned_and_said_alike_everywhere() -> None:
    assert found(r"python:(3\.\d+)-slim", "container/Dockerfile") == {PINNED}
    assert found(r"python:(3\.\d+)-slim", "docs/fargate.md") == {PINNED}
    assert found(r"AWS_Lambda_python(3\.\d+)", "bench/lambda.json") == {PINNED}
    assert found(r"you need Python (3\.\d+)", "README.md") == {PINNED}
    assert found(r"Install Python (3\.\d+) and", "docs/first-deployment.md") == {PINNED}
    assert found(r"Python (3\.\d+) to deploy", "CONTRIBUTING.md") == {PINNED}


def test_the_oldest_python_is_said_alike_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    oldest = project["project"]["requires-python"].removeprefix(">=")
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert project["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert found(r"(?m)^OLDEST := (.+)$", "Makefile") == {oldest}
    assert found(r"Python (3\.\d+) or newer", "README.md") == {oldest}
    assert found(r"Python (3\.\d+) or newer", "CONTRIBUTING.md") == {oldest}


def test_the_python_that_deploys_is_the_one_that_chalice_gives_the_lambda() -> None:
    assert require_pinned_python(ROOT) == PINNED
    assert Config().lambda_python_version == f"python{PINNED}"


def test_another_python_is_refused_and_the_cure_is_named(tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text("3.99\n")
    here = f"3.{sys.version_info.minor}"
    with pytest.raises(DeployError, match=rf"this is Python {here}.*`uv python install 3\.99`"):
        require_pinned_python(tmp_path)


# --- make


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that pins a Python that is not installed. Its .venv has another and is up to date."""
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    locks = [str(path.relative_to(ROOT)) for path in ROOT.glob("requirements/*.txt")]
    for name in (*locks, "pyproject.toml", ".venv/run", ".venv/ready"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".python-version").write_text("3.99")
    os.utime(tmp_path / ".python-version", (0, 0))
    return tmp_path


def make(checkout: Path, *words: str, ci: str = "") -> tuple[int, str]:
    done = subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=checkout,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("target", ["check", "test"])
def test_the_tests_want_the_pinned_python_and_name_the_cure(checkout: Path, target: str) -> None:
    status, said = make(checkout, target)
    assert status == 2
    assert "Python 3.99 is missing in .venv: install it (pyenv install 3.99, or uv" in said


def test_a_machine_without_the_oldest_python_is_told_and_ci_fails(checkout: Path) -> None:
    status, said = make(checkout, "oldest", "OLDEST=3.98")
    assert status == 0
    assert said == ("check: skipped the tests on Python 3.98, which is not installed\n")
    assert make(checkout, "oldest", "OLDEST=3.98", ci="true")[0] == 2


# --- packaging


def write_wheel(index: Path, tags: str, native: str) -> None:
    about = "pydantic_core-1.0.dist-info"
    texts = {
        f"pydantic_core/{native}": "",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: pydantic_core\nVersion: 1.0\n",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tags}\n",
        f"{about}/RECORD": "",
    }
    with zipfile.ZipFile(index / f"pydantic_core-1.0-{tags}.whl", "w") as wheel:
        for name, text in texts.items():
            wheel.writestr(name, text)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project for pip on an ARM Mac. The index has the Mac's wheel and none for Linux."""
    index = tmp_path / "index"
    index.mkdir()
    write_wheel(index, MAC, FOR_MAC)
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": "/dev/null"}
    for name, value in {**settings, "_PYTHON_HOST_PLATFORM": "macosx-11.0-arm64"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "app.py").write_text("")
    (tmp_path / "requirements.txt").write_text("pydantic_core==1.0\n")
    (tmp_path / ".python-version").write_text(PINNED)
    return tmp_path


def package(project: Path) -> Path:
    """The zip by Chalice's own packager, in this process, with a deploy's check."""
    osutils = OSUtils()
    packager = LambdaDeploymentPackager(osutils, DependencyBuilder(osutils), UI())
    zipped = Path(packager.create_deployment_package(str(project), f"python{PINNED}"))
    require_wheels(zipped, PINNED)
    return zipped


def native_in(zipped: Path) -> list[str]:
    with zipfile.ZipFile(zipped) as archive:
        return [Path(name).name for name in archive.namelist() if name.endswith(".so")]


def test_on_another_machine_the_zip_gets_lambdas_wheels(project: Path) -> None:
    write_wheel(project / "index", LINUX, FOR_LAMBDA)
    assert native_in(package(project)) == [FOR_LAMBDA]


def test_a_zip_without_lambdas_wheel_is_refused(project: Path) -> None:
    """Chalice prints a warning and would still deploy it."""
    with pytest.raises(DeployError, match=r"no pydantic_core.*Linux wheel for Python"):
        package(project)


def test_another_machines_code_in_the_zip_is_refused(project: Path) -> None:
    write_wheel(project / "index", LINUX, FOR_LAMBDA)
    (project / "vendor").mkdir()
    (project / "vendor" / FOR_MAC).write_text("")
    with pytest.raises(DeployError, match=f"holds {re.escape(FOR_MAC)}, but Lambda needs"):
        package(project)


# --- concurrency


@pytest.mark.parametrize(("total", "free"), [(10, 10), (1000, 40), (1000, 900)])
def test_an_account_with_few_lambdas_at_once_is_told_how_to_get_more(total: int, free: int) -> None:
    limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": free}
    with StubbedAws("lambda") as aws:
        aws.answers("get_account_settings", {"AccountLimit": limit})
        said = describe_concurrency(aws.clients[0])
    assert f"{free} Lambdas may run at once (the account's limit is {total:,})" in said
    assert ("L-B99A9384" in said) == (free < 100)


def test_who_may_not_read_the_accounts_settings_is_told_so_and_goes_on() -> None:
    with StubbedAws("lambda") as aws:
        aws.refuses("get_account_settings", "AccessDeniedException")
        aws.refuses("get_account_settings", "TooManyRequestsException")
        assert "may not call lambda:GetAccountSettings" in describe_concurrency(aws.clients[0])
        with pytest.raises(ClientError, match="TooManyRequests"):
            describe_concurrency(aws.clients[0])
