"""`landscape prepare`: checks and compiles the code before Chalice makes the Lambda's zip.

Chalice zips everything under chalicelib/, so a stray key or database there would be deployed.

Lambda's code is read-only: a module without byte code is compiled again at every cold start. Python
uses "checked hash" byte code only if its source is still the same, so old byte code does no harm.
Chalice puts the contents of vendor/ at the root of the zip. So `vendor/pydantic/__pycache__` lands
beside the sources of pydantic's wheel.
"""

import re
import shutil
from collections.abc import Iterator
from compileall import compile_dir
from contextlib import suppress
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory

from ops.console import Console
from ops.stage import chalice_directory
from ops.steps import OperatorError

PACKAGE = re.compile(r"^([\w.-]+)==", re.MULTILINE)
# The files that chalicelib/ may hold beside Python's.
SHIPPED = ("openapi.json", "page/*.html", "page/*.css", "page/*.js", "page/LICENSE")
# pydantic's copy of its version 1, for old code. Its byte code would be 4 % of the zip.
NEVER_IMPORTED = PurePosixPath("pydantic/v1")


class StrayError(OperatorError):
    """chalicelib/ holds files that no release needs. The message names them."""


def prepare(project: Path) -> str:
    """Checks for stray files, writes byte code, returns a summary. Raises StrayError, OSError."""
    require_no_stray_file(project / "chalicelib")
    return f"byte code of {write_byte_code(project)} modules"


def require_no_stray_file(folder: Path) -> None:
    shipped = {
        path for pattern in ("**/*.py", "**/*.pyc", *SHIPPED) for path in folder.glob(pattern)
    }
    stray = sorted(path for path in folder.rglob("*") if path.is_file() and path not in shipped)
    if stray:
        names = ", ".join(str(path.relative_to(folder.parent)) for path in stray)
        raise StrayError(f"{names} would be part of the Lambda: move it out of chalicelib/")


def write_byte_code(project: Path) -> int:
    """Compiles this project, Chalice's runtime and the packages of requirements.txt.

    Returns the number of modules. Raises OSError.
    """
    for folder in (project / "chalicelib", project / "vendor"):
        for path in folder.rglob("*.pyc"):  # of a deleted module, or of another Python
            path.unlink()
    _compile(project / "chalicelib", project)
    count = len(list((project / "chalicelib").rglob("*.pyc")))
    with TemporaryDirectory() as place:
        for source, name in _beside_the_project(project):
            target = Path(place, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        _compile(Path(place), Path(place))
        only_byte_code = shutil.ignore_patterns("*.py")
        shutil.copytree(place, project / "vendor", ignore=only_byte_code, dirs_exist_ok=True)
        return count + len(list(Path(place).rglob("*.pyc")))


def _compile(folder: Path, root: Path) -> None:
    """File names in the byte code begin at `root`: they show no path of this machine."""
    checked = PycInvalidationMode.CHECKED_HASH
    compile_dir(folder, quiet=2, force=True, stripdir=str(root), invalidation_mode=checked)


def _beside_the_project(project: Path) -> Iterator[tuple[Path, str]]:
    """Sources that Chalice puts at the root of the zip, and their paths there."""
    yield project / "app.py", "app.py"
    chalice = find_spec("chalice")
    for folder in (chalice and chalice.submodule_search_locations) or ():
        for name in ("__init__.py", "app.py"):
            yield Path(folder) / name, f"chalice/{name}"
    for wheel in _wheels((project / "requirements.txt").read_text()):
        for file in wheel.files or ():
            if (
                file.suffix == ".py"
                and ".." not in file.parts
                and NEVER_IMPORTED not in file.parents
            ):
                yield Path(str(file.locate())), str(file)


def _wheels(requirements: str) -> Iterator[metadata.Distribution]:
    """The packages of requirements.txt, as installed here.

    Lambda ignores the byte code of a version that is not in the zip.
    """
    for name in PACKAGE.findall(requirements):
        with suppress(metadata.PackageNotFoundError):
            yield metadata.distribution(name)


def main() -> None:
    """Check chalicelib/ for stray files and compile the Lambda's code, before `chalice deploy`."""
    console = Console("prepare")
    with console.failures():
        console.say(f"prepare: {prepare(chalice_directory().absolute().parent)}")
