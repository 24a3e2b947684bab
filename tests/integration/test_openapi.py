"""The contract as a document: what the standards and their tools say of it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.routes.contract import DOCUMENT
from chalicelib.services.access import RULES
from tests.api.test_routes import TABLE
from tests.support.api import ROOT
from tests.support.contract_check import contract
from tests.support.machine import NODE


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path, method.upper()): operation
        for path, item in contract()["paths"].items()
        for method, operation in item.items()
    }


def test_it_is_valid_openapi_3_1() -> None:
    assert contract()["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(contract()).validate()


@pytest.mark.node
def test_spectral_has_nothing_to_say() -> None:
    command = [str(NODE / "spectral"), "lint", "--ruleset", "tests/support/node/spectral.yaml"]
    result = subprocess.run(
        [*command, "--fail-severity", "hint", str(DOCUMENT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_it_has_every_route_and_no_other() -> None:
    assert operations().keys() == {(path, method) for path, method, *_ in TABLE}


@pytest.mark.parametrize(("path", "method", "rule"), sorted((p, m, r) for p, m, _, r in TABLE if r))
def test_each_restricted_operation_names_its_pools_and_groups(
    path: str, method: str, rule: str
) -> None:
    operation = operations()[path, method]
    schemes = {name for choice in operation["security"] for name in choice}
    assert schemes == {*RULES[rule].groups, "bearer", "iam-role"}
    for service, groups in RULES[rule].groups.items():
        for word in (service, *(groups or ()), *(RULES[rule].contact_or or ())):
            assert word in operation["description"]


def test_operation_ids_are_good_names_for_a_client() -> None:
    ids = [operation["operationId"] for operation in operations().values()]
    assert len(set(ids)) == len(ids)
    assert all(name.isalpha() and name[0].islower() for name in ids)


def test_every_pattern_is_read_alike_by_all_dialects() -> None:
    """ECMA-262 with and without its flag u, Python, Rust: no class that one of them has of its own."""
    text = json.dumps(contract())
    for own in (r"\\w", r"\\s", r"\\d", r"\\p{", r"\\b"):
        assert own not in text


def test_every_problem_example_fits_its_answer() -> None:
    components = {"components": contract()["components"]}
    for name, answer in contract()["components"]["responses"].items():
        for media in answer.get("content", {}).values():
            validator = jsonschema_rs.validator_for({**media["schema"], **components})
            for example in media["examples"].values():
                assert validator.is_valid(example["value"]), name


def test_the_generator_says_so_where_the_document_is_another(tmp_path: Path) -> None:
    """What `make check` rests on."""
    from tools.openapi.write import differing

    other = tmp_path / "openapi.json"
    other.write_text(DOCUMENT.read_text().replace("Find projects", "Find a project"))
    content = DOCUMENT.read_bytes()
    assert differing([(DOCUMENT, content)]) == []
    assert differing([(other, content)]) == [(other, content)]
