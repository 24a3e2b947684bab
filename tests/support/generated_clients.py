"""The five generators of clients, called as a team calls them, and data to try their code with."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chalicelib.routes.contract import DOCUMENT
from tests.support.api import ROOT
from tests.support.commands import BIN
from tests.support.contract_check import contract
from tests.support.machine import NODE

PACKAGE = "generated_landscape_client"
MODELS = "generated_landscape_models"
STRICT = ("--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--lib", "es2022,dom")
COMMON_JS = ("--module", "node16", "--moduleResolution", "node16", "--skipLibCheck")
NAMED = "#/components/schemas/"


def run(*command: object, place: Path = ROOT, **environment: str) -> str:
    """The output of a command. Fails the test if its exit code is not 0."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment}
    result = subprocess.run(
        list(map(str, command)), cwd=place, env=env, capture_output=True, text=True, check=False
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    return said


def python_client(place: Path) -> Path:
    """The package of openapi-python-client, below `place`."""
    made = place / PACKAGE
    said = run(
        *(BIN / "openapi-python-client", "generate", "--path", DOCUMENT, "--meta", "none"),
        *("--output-path", made, "--fail-on-warning"),
    )
    assert "Warning" not in said
    return made


def python_models(place: Path) -> Path:
    """The module of datamodel-code-generator, below `place`."""
    made = place / f"{MODELS}.py"
    run(
        *(BIN / "datamodel-codegen", "--input", DOCUMENT, "--output", made),
        *("--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"),
        *("--target-python-version", "3.13", "--use-annotated", "--formatters", "builtin"),
    )
    return made


def typescript(place: Path) -> Path:
    """The code of hey-api with zod, of orval with zod and of openapi-typescript, in `place`."""
    place.joinpath("node_modules").symlink_to(NODE.parent)
    run(NODE / "openapi-typescript", DOCUMENT, "-o", place / "types.ts")
    plugins = ("@hey-api/typescript", "@hey-api/sdk", "@hey-api/client-fetch", "zod")
    run(NODE / "openapi-ts", "-s", "-i", DOCUMENT, "-o", place / "hey", "-p", *plugins)
    for client in ("fetch", "zod"):
        output = place / f"orval-{client}.ts"
        run(NODE / "orval", "--input", DOCUMENT, "--output", output, "--client", client)
    return place


def strictly_typed(made: Path) -> None:
    """Fails the test if mypy finds a fault.

    The generator's template of `client.py` is excepted: it passes a tuple of objects to httpx's
    `__exit__`.
    """
    config = made.parent / "mypy.ini"
    config.write_text(f"[mypy]\nstrict = True\n[mypy-{PACKAGE}.client]\nignore_errors = True\n")
    run(
        *(sys.executable, "-m", "mypy", "--config-file", config),
        *("--cache-dir", made.parent / ".mypy_cache", made.name),
        place=made.parent,
    )


def answers() -> Iterator[tuple[str, Any]]:
    """The examples of answers in the contract, each with the name of its schema. The API gave them."""
    for item in contract()["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                media = response.get("content", {}).get("application/json", {})
                if "example" in media:
                    yield media["schema"]["$ref"].removeprefix(NAMED), media["example"]
    for response in contract()["components"]["responses"].values():
        for media in response.get("content", {}).values():
            for example in media["examples"].values():
                yield media["schema"]["$ref"].removeprefix(NAMED), example["value"]


def bodies() -> Iterator[tuple[str, Any]]:
    """The examples of bodies in the contract, each with the name of its schema."""
    for item in contract()["paths"].values():
        for operation in item.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                yield media["schema"]["$ref"].removeprefix(NAMED), media["example"]


def of_a_later_release(answer: Any) -> Any:
    """The answer as a later release may send it: unknown enum values and new members."""
    if isinstance(answer, list):
        return [of_a_later_release(each) for each in answer]
    if isinstance(answer, dict):
        return {"new": "member", **{k: of_a_later_release(v) for k, v in answer.items()}}
    return f"later-{answer}" if answer in _values() else answer


def _values() -> list[Any]:
    schemas = contract()["components"]["schemas"].values()
    return [value for schema in schemas for value in schema.get("enum", ())]


def write_samples(file: Path, samples: list[tuple[str, Any]]) -> None:
    file.write_text(json.dumps(samples))
