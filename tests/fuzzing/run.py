"""Whatever the contract allows or forbids is sent, and held against it: schemathesis, all checks, links followed.

What it may find all the same is in exceptions.py, each with its reason.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from chalicelib.routes.contract import DOCUMENT
from tests.api.test_routes import TABLE
from tests.deployment import BIN
from tests.support import ROOT

CONFIG = ROOT / "tests/fuzzing/schemathesis.toml"
USER = "fuzz@example.org"
DATA = ("data/ons_radar.json", "data/ons_projects.json")
USUAL = ("--max-examples", "30", "--seed", "20261122")
THOROUGH = ("--max-examples", "200")
EFFORT = [
    pytest.param(USUAL, id="usual"),
    pytest.param(THOROUGH, marks=pytest.mark.soak, id="thorough"),
]


def fuzz(
    url: str,
    place: Path,
    options: tuple[str, ...],
    tokens: Mapping[str, str],
    **environment: str,
) -> None:
    """Fails the test with what schemathesis says, where it finds anything; a dropped connection too.

    `tokens` are by the name of their pool; it keeps a database of what it found at `place`.
    """
    command = [BIN / "schemathesis", "--config-file", CONFIG, "run", DOCUMENT, "--url", url]
    result = subprocess.run(
        [*map(str, command), "--continue-on-failure", "--workers", "2", *options],
        cwd=place,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.fuzzing.exceptions",
            "FUZZ_TOKENS": json.dumps(tokens),
            "COLUMNS": "120",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said[-20_000:]
    assert f"Tested: {len(TABLE)}" in said, said
    # Else most of it would have been about the firewall's or the authorizers' refusals.
    assert "Rate limited" not in said, said
    assert ("Authentication failed" in said) == (not tokens), said
