"""The locks that `make lock` writes."""

import re
from collections import defaultdict
from pathlib import Path

from tests.support.api import ROOT

LOCKS = {
    "lambda.in": ROOT / "requirements.txt",
    "run.in": ROOT / "requirements/run.txt",
    "dev.in": ROOT / "requirements/dev.txt",
    "container.in": ROOT / "container/requirements.txt",
    "emulator.in": ROOT / "requirements/emulator.txt",
}


def versions(path: Path) -> dict[str, set[str]]:
    """The versions of each package in a lock or its source: more than one where a marker chooses."""
    found = defaultdict[str, set[str]](set)
    for name, version in re.findall(r"(?m)^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", path.read_text()):
        found[name.lower()].add(version)
    return found
