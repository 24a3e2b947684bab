"""Tests that need Node or a browser are skipped if it is missing, with a line. In CI they fail."""

import os
import shutil

import pytest

from tests.support.api import ROOT

NODE = ROOT / "tests/support/node/node_modules/.bin"
MARKS = {"node": "Node and npm", "browser": "chromium"}


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def missing() -> list[str]:
    """The marks whose tests cannot run here. None in CI, where such tests fail."""
    has = {"node": (NODE / "spectral").exists(), "browser": chromium() is not None}
    return [mark for mark in MARKS if not (has[mark] or os.environ.get("CI"))]


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    marks = missing()
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in marks)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def said() -> list[str]:
    without = "skipped: tests that need {}, which this machine does not have"
    return [without.format(MARKS[mark]) for mark in missing()]
