"""Looks into a Lambda's zip."""

import zipfile
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path, PurePosixPath

from ops.prepare import NEVER_IMPORTED

LARGEST_ZIP = 5_000_000  # bytes
CHECKED_HASH = b"\x03\0\0\0"


def sources_in(path: Path) -> set[str]:
    """The names of the sources that the API can import."""
    with zipfile.ZipFile(path) as archive:
        names = {name for name in archive.namelist() if name.endswith(".py")}
    return {name for name in names if NEVER_IMPORTED not in PurePosixPath(name).parents}


def code_in(path: Path) -> set[str]:
    """The names of the sources with byte code in the zip that matches their hash."""
    with zipfile.ZipFile(path) as archive:
        return {name for name in sources_in(path) if _has_code(archive, name)}


def _has_code(archive: zipfile.ZipFile, name: str) -> bool:
    wanted = MAGIC_NUMBER + CHECKED_HASH + source_hash(archive.read(name))
    cached = cache_from_source(name)
    return cached in archive.namelist() and archive.read(cached)[:16] == wanted
