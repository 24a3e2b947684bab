"""Schemathesis sends everything that the contract allows or forbids, with all checks and links.

exceptions.py lists the accepted differences, with reasons.
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
# Fewer phases, where another test sends all phases to the same application.
BRIEF = ("--phases", "examples,fuzzing")
# The caller and the number of examples. Without a token, a write has one answer for any body: only
# the soak sends the other phases.
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
    """Fails the test with the output of schemathesis, if it finds a fault or a dropped connection.

    `tokens` has a token for each pool's name. `secrets` has a development secret for each service's
    name, to sign with. Schemathesis writes its database of findings to `place`.
    """
    command = [BIN / "schemathesis", "--config-file", CONFIG, "run", DOCUMENT, "--url", url]
    set_here = {"PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": HOOKS, "COLUMNS": "120"}
    sent = {"FUZZ_TOKENS": json.dumps(tokens), "FUZZ_SECRETS": json.dumps(secrets or {})}
    # One worker, because two would delete each other's records.
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
    # Otherwise most answers would be refusals by the firewall or the authorizers.
    assert "Rate limited" not in said, said
    assert ("Authentication failed" in said) == (not tokens and not secrets), said
