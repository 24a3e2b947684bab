"""The check of the English names each fault with its line, its rule and its cure."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.api import ROOT
from tools.prose import faults

LONG = " ".join(["word"] * 26)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"{LONG}.", "length: 26 words"),
        ("One; two; three.", "semicolon: more than one"),
        ("Whoever may read it can rotate it.", "subject: a pronoun"),
        ("The table knows no secret.", "person: 'table knows'"),
        ("The color changes.", "spelling: 'color' is American"),
        ("Callers are authorized.", "spelling: 'authorized' is American"),
        ("It goes on after it was cut short.", "phrase: 'cut short'. Write instead: interrupted."),
        ("## Make A Stage", "heading: 'Stage' has a capital"),
        ("| a | b |\n|---|---|\n| c | All parts but for one |", "phrase: 'but for'"),
    ],
)
def test_a_fault_is_named_with_its_line_and_its_cure(text: str, rule: str) -> None:
    ((line, fault),) = faults(f"# A page\n\nA plain sentence.\n\n{text}\n")
    assert fault.startswith(rule)
    assert line == (7 if "|" in text else 5)


@pytest.mark.parametrize(
    "text",
    [
        f"{' '.join(['word'] * 25)}.",
        "What does it cost?",
        "## What an alarm means",
        "| to | see |\n|---|---|\n| cost | [What it costs](fargate.md#what-it-costs), [Other Pages](api.md) |",
        "The `Authorization` header passes the Cognito authorizer. Their size is a prize.",
        "Set `color: behavior` in the file.",
        "```\nWhoever knows; the color; is authorized\n```",
        "## The gateway on AWS Lambda and DynamoDB",
        "The image stays.\n\n![Who reads this; or that; or the color](drawing.svg)",
    ],
)
def test_plain_english_code_and_names_pass(text: str) -> None:
    assert list(faults(text)) == []


def test_the_command_prints_file_line_rule_and_fails(tmp_path: Path) -> None:
    module = tmp_path / "said.py"
    module.write_text('"""A module."""\n\n\ndef made() -> None:\n    """Whoever calls it."""\n')
    contract = tmp_path / "openapi.json"
    contract.write_text('{\n  "info": {\n    "description": "The favorite one."\n  }\n}\n')
    ran = subprocess.run(
        [sys.executable, "-m", "tools.prose", contract, module],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert [line.partition(". ")[0] for line in ran.stdout.splitlines()] == [
        f"{contract}:3: spelling: 'favorite' is American",
        f"{module}:5: subject: a pronoun",
    ]
