"""Byte code for the Lambda's zip: app.py calls this when `chalice deploy` or `package` loads it.

Lambda's code is read-only, so that every cold start compiles anew what has none. Python takes byte
code of this kind ("checked hash") only where its source is still the same, whatever the files'
times: it can be missing or old, never wrong. Chalice puts everything under chalicelib/ into the
zip, and what is under vendor/ at its root; there `vendor/pydantic/__pycache__` lands beside the
sources that come from the wheel.
"""

import py_compile
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from importlib.util import MAGIC_NUMBER, cache_from_source, find_spec, source_hash
from pathlib import Path
from py_compile import PycInvalidationMode, PyCompileError

COMMANDS = {"deploy", "package"}
CHECKED_HASH = (0b11).to_bytes(4, "little")
NAME = re.compile(r"[\w.-]+")


def write_byte_code(project: Path, arguments: list[str]) -> None:
    """Where `arguments`, those of `chalice`, make a zip: `chalice local` restarts at a new file."""
    if not COMMANDS.intersection(arguments):
        return
    try:
        _bring_up_to_date(project)
    except OSError as error:
        print(f"app.py: no byte code, so cold starts will be slower: {error}", file=sys.stderr)


def _bring_up_to_date(project: Path) -> None:
    targets = dict(_planned(project))
    for folder in (project / "chalicelib", project / "vendor"):
        for path in folder.rglob("*.pyc"):
            if path not in targets:  # of a module that is gone, or of another Python
                path.unlink()
    for target, (source, module) in targets.items():
        if not _is_current(target, source):
            with suppress(PyCompileError):
                py_compile.compile(
                    str(source),
                    str(target),
                    module,  # in place of a path of this machine
                    doraise=True,
                    invalidation_mode=PycInvalidationMode.CHECKED_HASH,
                )


def _is_current(target: Path, source: Path) -> bool:
    wanted = MAGIC_NUMBER + CHECKED_HASH + source_hash(source.read_bytes())
    with suppress(FileNotFoundError), target.open("rb") as file:
        return file.read(len(wanted)) == wanted
    return False


def _planned(project: Path) -> Iterator[tuple[Path, tuple[Path, str]]]:
    """Each file of byte code, its source, and the source's place in the zip."""
    for source in (project / "chalicelib").rglob("*.py"):
        yield Path(cache_from_source(str(source))), (source, str(source.relative_to(project)))
    for source, module in _beside_the_project(project):
        yield Path(cache_from_source(str(project / "vendor" / module))), (source, module)


def _beside_the_project(project: Path) -> Iterator[tuple[Path, str]]:
    """Sources that Chalice puts at the root of the zip, and their places there."""
    yield project / "app.py", "app.py"
    chalice = find_spec("chalice")
    for folder in (chalice and chalice.submodule_search_locations) or ():
        for name in ("__init__.py", "app.py"):
            yield Path(folder) / name, f"chalice/{name}"
    for wheel in _wheels((project / "requirements.txt").read_text()):
        for file in wheel.files or ():
            if file.suffix == ".py" and ".." not in file.parts:
                yield Path(str(file.locate())), str(file)


def _wheels(requirements: str) -> Iterator[metadata.Distribution]:
    """What requirements.txt names and what that needs, as installed here.

    A version other than the zip's does no harm: its byte code is passed over.
    """
    lines = [line.partition("#")[0].strip() for line in requirements.splitlines()]
    waiting, seen = [line for line in lines if line], set[str]()
    while waiting:
        found = NAME.match(waiting.pop())
        if found and found[0] not in seen:
            seen.add(found[0])
            with suppress(metadata.PackageNotFoundError):
                wheel = metadata.distribution(found[0])
                waiting += [line for line in wheel.requires or () if "extra ==" not in line]
                yield wheel
