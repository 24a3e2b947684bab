"""The modules that a cold read imports inside Lambda. read_imports.txt lists all that are allowed.

Each additional line makes every cold start slower. Remove a line that is no longer needed. The test
counts modules instead of seconds, so the speed of the machine does not matter.
"""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.firewall.names import HEADER
from chalicelib.stores.dynamodb.client import item_key
from chalicelib.stores.dynamodb.keys import FIREWALL_SECRET
from tests.contract.places import emulated
from tests.contract.samples import people, project, technology, uses
from tests.support.api import ROOT, local_environment
from tests.support.emulator import Emulator
from tests.support.faults import emulated_tables

LISTED = frozenset((Path(__file__).parent / "read_imports.txt").read_text().split())
HEALTH, INDEX, LIST = "/health", "/", "/api/v1/projects"
PASS = "let-in" * 8
SCRIPT = """
import sys
before = set(sys.modules)
import json
from app import app
context = {"httpMethod": "GET", "resourcePath": sys.argv[1], "path": sys.argv[1], "requestId": "1"}
event = {
    "requestContext": context,
    "headers": {sys.argv[2]: sys.argv[3]},
    "pathParameters": None,
    "multiValueQueryStringParameters": {"limit": ["50"]} if sys.argv[1] != "/health" else None,
    "stageVariables": None,
    "body": None,
}
answer = app(event, None)
print(json.dumps([sorted(set(sys.modules) - before), answer]))
"""
Read = Callable[[str], tuple[set[str], dict[str, object]]]


@pytest.fixture(scope="module")
def cold_read(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Reads a path in a new process, as Lambda starts it, from a table with two projects."""
    with emulated_tables(emulator) as tables:
        table = tables.new()
        store = tables.open(table)
        store.technologies.add(technology("python"))
        for name in ("one", "two"):
            contacts = people("a@example.org")
            store.projects.add(project(name, technologies=uses("python"), contacts=contacts))
        secret = {**item_key(FIREWALL_SECRET), "values": {"S": json.dumps([PASS])}}
        tables.transport("PutItem", {"TableName": table, "Item": secret})
    environment = {
        **local_environment(tmp_path_factory.mktemp("state")),
        **emulated(emulator.url),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}{os.pathsep}{sysconfig.get_path('purelib')}",
        "LANDSCAPE_STAGE": "dev",
        "LANDSCAPE_STORE_URL": f"dynamodb://{table}",
        "LANDSCAPE_REQUIRE_WAF": "true",
        "AWS_LAMBDA_FUNCTION_NAME": "landscape-api-dev",
    }

    def read(path: str) -> tuple[set[str], dict[str, object]]:
        result = subprocess.run(
            [sys.executable, "-S", "-c", SCRIPT, path, HEADER, PASS],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        modules, answer = json.loads(result.stdout.splitlines()[-1])
        return set(modules), answer

    return read


def is_inner(module: str) -> bool:
    """Whether it is internal to the standard library: it differs between versions of Python."""
    parts = module.split(".")
    return parts[0] in sys.stdlib_module_names and any(part.startswith("_") for part in parts)


@pytest.mark.parametrize("path", [HEALTH, INDEX, LIST])
def test_a_cold_read_imports_only_what_is_listed(cold_read: Read, path: str) -> None:
    modules, answer = cold_read(path)
    assert answer["statusCode"] == 200
    assert {module for module in modules - LISTED if not is_inner(module)} == set()


def test_the_list_names_nothing_that_is_not_imported(cold_read: Read) -> None:
    modules, answer = cold_read(LIST)
    assert len(json.loads(str(answer["body"]))["items"]) == 2
    listed = {one for one in LISTED if one.partition(".")[0] not in sys.stdlib_module_names}
    assert listed - modules == set()
    assert {one.partition(".")[0] for one in listed} == {"app", "chalice", "chalicelib"}
