"""Conditions of the documented policies whose effect differs from their apparent meaning."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from tests.support.api import ROOT

WRITTEN = [*(ROOT / ".chalice").glob("policy-*.json"), *(ROOT / "docs").glob("*policy.json")]
POLICIES = [*WRITTEN, ROOT / "waf/policy.json", ROOT / "container/stack.yaml"]


def conditions(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if isinstance(part.get("Condition"), dict):
            yield part["Condition"]
        for each in part.values():
            yield from conditions(each)
    elif isinstance(part, list):
        for each in part:
            yield from conditions(each)


def read(path: Path) -> Any:
    return json.loads(path.read_text()) if path.suffix == ".json" else cfn_yaml.load(str(path))


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name)
def test_for_all_values_of_a_key_wants_the_key_to_be_there(path: Path) -> None:
    """ForAllValues alone is also true for a call without the key."""
    for condition in conditions(read(path)):
        for operator, keys in condition.items():
            if operator.startswith("ForAllValues:"):
                assert dict.fromkeys(keys, "false").items() <= condition["Null"].items()


def test_some_policy_has_such_a_condition() -> None:
    assert sum("ForAllValues:" in path.read_text() for path in POLICIES) == 3
