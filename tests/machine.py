"""What a machine may lack: Node, a browser. Tests marked so are left out there, with a line, and never in CI."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import ROOT

NODE = ROOT / "tests/node/node_modules/.bin"
MARKS = {"node": "Node and npm", "browser": "chromium"}


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def missing(environment: Mapping[str, str] = os.environ, tools: Path = NODE) -> list[str]:
    """The marks whose tests cannot run here. In CI none is ever left out: there they fail."""
    if environment.get("CI"):
        return []
    has = {"node": (tools / "spectral").exists(), "browser": chromium() is not None}
    return [mark for mark in MARKS if not has[mark]]


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    marks = missing()
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in marks)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def said() -> list[str]:
    return [
        f"left out: what needs {MARKS[mark]}, which this machine does not have"
        for mark in missing()
    ]
