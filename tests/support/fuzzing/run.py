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
from tests.support.api import ROOT
from tests.support.commands import BIN

HOOKS = "tests.support.fuzzing.exceptions"
CONFIG = ROOT / "tests/support/fuzzing/schemathesis.toml"
USER = "fuzz@example.org"
DATA = ("data/ons_radar.json", "data/ons_projects.json")
SEED = ("--seed", "20261122")
THOROUGH = ("--max-examples", "200")
# Without what the other phases send, for a way to an application that has been asked all of it another way.
BRIEF = ("--phases", "examples,fuzzing")
# Who sends, and how much. Without a token a write has one answer, whatever its body: the other phases are for the soak.
EFFORT = [
    pytest.param("nobody", ("--max-examples", "10", *BRIEF, *SEED), id="nobody"),
    pytest.param("admins", ("--max-examples", "30", *SEED), id="admins"),
    pytest.param("nobody", THOROUGH, marks=pytest.mark.soak, id="nobody-thorough"),
    pytest.param("admins", THOROUGH, marks=pytest.mark.soak, id="admins-thorough"),
]


def fuzz(
    url: str,
    place: Path,
    options: tuple[str, ...],
    tokens: Mapping[str, str],
    secrets: Mapping[str, str] | None = None,
    **environment: str,
) -> None:
    """Fails the test with what schemathesis says, where it finds anything; a dropped connection too.

    `tokens` are by the name of their pool, `secrets` of development credentials by the name of their
    service; with secrets it signs. It keeps a database of what it found at `place`.
    """
    command = [BIN / "schemathesis", "--config-file", CONFIG, "run", DOCUMENT, "--url", url]
    set_here = {"PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": HOOKS, "COLUMNS": "120"}
    sent = {"FUZZ_TOKENS": json.dumps(tokens), "FUZZ_SECRETS": json.dumps(secrets or {})}
    # With one worker: two would delete each other's records.
    result = subprocess.run(
        [*map(str, command), "--continue-on-failure", *options],
        cwd=place,
        env={**os.environ, **set_here, **sent, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said[-20_000:]
    described = {route for route in TABLE if not route[0].startswith("/docs")}
    assert f"Tested: {len(described)}" in said, said
    # Else most of it would have been about the firewall's or the authorizers' refusals.
    assert "Rate limited" not in said, said
    assert ("Authentication failed" in said) == (not tokens and not secrets), said
