"""The contract as a document, checked by the standards and their tools."""

import builtins
import os
import re
import subprocess
from collections.abc import Iterator
from itertools import zip_longest
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

VERBS = ("list", "get", "create", "replace", "update", "delete", "merge")


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path, method.upper()): operation
        for path, item in contract()["paths"].items()
        for method, operation in item.items()
    }


def test_it_is_valid_openapi_3_1() -> None:
    assert contract()["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(contract()).validate()


SPECTRAL = ("spectral", "lint", "--ruleset", "tests/support/node/spectral.yaml")


@pytest.mark.node
@pytest.mark.parametrize(
    "command",
    [
        (*SPECTRAL, "--fail-severity", "hint"),
        ("redocly", "lint", "--extends", "recommended-strict"),
    ],
    ids=["spectral", "redocly"],
)
def test_a_linter_has_nothing_to_say(command: tuple[str, ...]) -> None:
    result = subprocess.run(
        [str(NODE / command[0]), *command[1:], str(DOCUMENT)],
        cwd=ROOT,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_it_has_every_route_and_no_other() -> None:
    assert operations().keys() == {
        (path, method) for path, method, *_ in TABLE if not path.startswith("/docs")
    }


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
    assert all(re.fullmatch(f"({'|'.join(VERBS)})([A-Z][a-z]+)+", name) for name in ids)


@pytest.mark.node
def test_no_schema_has_the_name_of_something_in_typescript_or_python() -> None:
    """A generated type with such a name would hide the browser's or the language's own."""
    libraries = (NODE.parent / "typescript/lib").glob("lib.*.d.ts")
    text = "\n".join(path.read_text() for path in libraries)
    own = set(re.findall(r"^(?:declare (?:var|function)|interface|type) (\w+)", text, re.MULTILINE))
    assert {"Request", "Element", "Record"} < own
    assert not contract()["components"]["schemas"].keys() & {*own, *dir(builtins)}


def parts(of: object) -> Iterator[dict[str, Any]]:
    """Every object in the document, at any depth."""
    if isinstance(of, list):
        for each in of:
            yield from parts(each)
    elif isinstance(of, dict):
        yield of
        for each in of.values():
            yield from parts(each)


def test_every_pattern_is_short_and_read_alike_by_all_dialects() -> None:
    """Escapes differ in ECMA-262, Python and Rust, and generators decode them."""
    for part in parts(contract()):
        pattern = part.get("pattern", "")
        if isinstance(pattern, str):
            assert len(pattern) <= 40
            assert re.fullmatch("[ -~]*", pattern)
            assert "\\" not in pattern


def test_every_schema_member_and_value_has_a_description() -> None:
    for name, schema in contract()["components"]["schemas"].items():
        assert schema.get("description"), name
        for member, said in schema.get("properties", {}).items():
            assert said.get("description"), f"{name}.{member}"
        for value, text in zip_longest(
            schema.get("enum", ()), schema.get("x-enum-descriptions", ())
        ):
            assert f"- `{value}`: {text}" in schema["description"], name


def test_every_choice_of_several_values_is_a_schema_with_a_name() -> None:
    schemas = contract()["components"]["schemas"]
    assert {"Ring", "Quadrant", "Stage", "Category"} <= schemas.keys()
    named = [schema["enum"] for schema in schemas.values() if "enum" in schema]
    inline = [
        part["enum"]
        for each in (contract()["paths"], schemas, contract()["components"]["parameters"])
        for part in parts(each)
        if isinstance(part.get("enum"), list) and len(part["enum"]) > 1
    ]
    problems = [values for values in inline if "problem" in values[0]]
    files = [values for values in inline if "page.css" in values]
    assert sorted(inline) == sorted([*named, *problems, *files])


def test_every_problem_example_fits_its_answer() -> None:
    components = {"components": contract()["components"]}
    for name, answer in contract()["components"]["responses"].items():
        for media in answer.get("content", {}).values():
            validator = jsonschema_rs.validator_for({**media["schema"], **components})
            for example in media["examples"].values():
                assert validator.is_valid(example["value"]), name


def test_the_generator_says_so_where_the_document_is_another(tmp_path: Path) -> None:
    """`make check` relies on this."""
    from tools.openapi.write import differing

    other = tmp_path / "openapi.json"
    other.write_text(DOCUMENT.read_text().replace("List projects", "List a project"))
    content = DOCUMENT.read_bytes()
    assert differing([(DOCUMENT, content)]) == []
    assert differing([(other, content)]) == [(other, content)]
