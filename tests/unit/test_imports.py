"""What a request costs at a cold start: the modules that it makes a new process import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, local_environment

HEAVY = ("pydantic", "boto3", "botocore", "jwt", "cryptography", "slugify", "typer", "rich")
SCRIPT = """
import json, os, sys
from app import app
for method, resource, path, parameters in json.loads(sys.argv[1]):
    event = {
        "requestContext": {"httpMethod": method, "resourcePath": resource, "path": path},
        "headers": {"content-type": "application/json"},
        "pathParameters": parameters,
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "body": "{}",
    }
    app(event, None)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
P = "/api/v1/projects"
T = "/api/v1/technologies"
READS = [
    ("GET", "/", "/", None),
    ("GET", "/health", "/health", None),
    ("GET", P, P, None),
    ("GET", f"{P}/{{project_id}}", f"{P}/x", {"project_id": "x"}),
    ("GET", T, T, None),
    ("GET", f"{T}/{{technology_id}}", f"{T}/x", {"technology_id": "x"}),
    ("GET", f"{T}/{{technology_id}}/projects", f"{T}/x/projects", {"technology_id": "x"}),
    ("GET", "/api/v1/radar", "/api/v1/radar", None),
    ("OPTIONS", P, P, None),
    ("GET", "/api/v1/me", "/api/v1/me", None),
    ("POST", P, P, None),
]


def imported(state: Path, *requests: object, **environment: str) -> set[str]:
    """The top-level modules of a new process that answered `requests`."""
    environment = {**local_environment(state), **environment}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(requests)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize("stage", ["local", "dev"])
def test_no_read_and_no_refusal_imports_what_only_writes_need(tmp_path: Path, stage: str) -> None:
    found = imported(tmp_path, *READS, LANDSCAPE_STAGE=stage)
    assert found.isdisjoint(HEAVY)


def test_the_probe_sees_an_import(tmp_path: Path) -> None:
    """That the test above can fail."""
    token = {"LANDSCAPE_STAGE": "dev", "AWS_LAMBDA_FUNCTION_NAME": "landscape-api-dev"}
    assert "sqlite3" in imported(tmp_path, *READS, **token)
