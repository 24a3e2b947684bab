"""The modules that a request makes a new process import, at a cold start."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.routes.contract import page_names
from chalicelib.settings import Settings
from tests.support.api import ROOT, local_environment
from tools.token import claims

HEAVY = ("pydantic", "boto3", "botocore", "jwt", "cryptography", "slugify", "typer", "rich")
SCRIPT = """
import json, os, sys
from app import app
for method, resource, path, parameters, *claims in json.loads(sys.argv[1]):
    context = {"httpMethod": method, "resourcePath": resource, "path": path}
    event = {
        "requestContext": {**context, "authorizer": {"claims": claims[0]}} if claims else context,
        "headers": {"content-type": "application/json"},
        "pathParameters": parameters,
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "body": '{"name": "A name"}',
    }
    print(app(event, None)["statusCode"], file=sys.stderr)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
P = "/api/v1/projects"
T = "/api/v1/technologies"
PAGE_JS = page_names()["page.js"]
READS = [
    ("GET", "/", "/", None),
    ("GET", "/health", "/health", None),
    ("GET", "/openapi.json", "/openapi.json", None),
    ("GET", "/docs", "/docs", None),
    ("GET", "/docs/{file}", f"/docs/{PAGE_JS}", {"file": PAGE_JS}),
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


def imported(state: Path, *requests: object, **environment: str) -> tuple[set[str], list[int]]:
    """The top-level modules of a new process that answered `requests`, and the statuses."""
    environment = {**local_environment(state), **environment}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(requests)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(json.loads(result.stdout.splitlines()[-1]))
    return modules, [int(status) for status in result.stderr.split()]


@pytest.mark.parametrize("stage", ["local", "dev"])
def test_no_read_and_no_refusal_imports_what_only_writes_need(tmp_path: Path, stage: str) -> None:
    found, statuses = imported(tmp_path, *READS, LANDSCAPE_STAGE=stage)
    assert found.isdisjoint(HEAVY)
    assert set(statuses) == {200, 204, 401, 404}


def test_inside_lambda_no_request_imports_cryptography(tmp_path: Path) -> None:
    environment = {"LANDSCAPE_STAGE": "dev", "AWS_LAMBDA_FUNCTION_NAME": "landscape-api-dev"}
    pool = Settings.read(local_environment(tmp_path)).pools[0]
    said = claims(pool, "somebody@example.org", ["Admin"], 1)
    requests = [(*request, said) for request in READS]
    found, statuses = imported(tmp_path, *requests, **environment)
    assert set(statuses) == {200, 201, 204, 404}
    assert found.isdisjoint({"jwt", "cryptography", "boto3", "rich", "typer"})
    assert "pydantic" in found  # this proves that the test sees the imports of a write
