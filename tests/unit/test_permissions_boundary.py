"""docs/permissions-boundary.json allows what the three functions need, and nothing else."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.support.api import ROOT

BOUNDARY: list[dict[str, Any]] = json.loads((ROOT / "docs/permissions-boundary.json").read_text())[
    "Statement"
]
POLICIES = ("policy-dev.json", "policy-dev-expire.json", "policy-dev-finish.json")


def rights(statements: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Each action with each of its resources, as if in the account and region of the documents."""
    return {
        (
            action,
            resource.replace("arn:*:", "arn:aws:").replace(":*:*:", ":eu-west-2:123456789012:"),
        )
        for one in statements
        if one["Effect"] == "Allow"
        for action in listed(one["Action"])
        for resource in listed(one["Resource"])
    }


def listed(of: str | list[str]) -> list[str]:
    return [of] if isinstance(of, str) else of


def needed(name: str) -> set[tuple[str, str]]:
    return rights(json.loads((ROOT / ".chalice" / name).read_text())["Statement"])


@pytest.mark.parametrize("name", POLICIES)
def test_it_takes_nothing_from_a_function(name: str) -> None:
    refused = {
        (action, resource)
        for action, resource in needed(name)
        if not any(action == may and fnmatchcase(resource, at) for may, at in rights(BOUNDARY))
    }
    assert refused == set()


def test_each_of_its_actions_is_some_functions() -> None:
    actions = {action for name in POLICIES for action, _ in needed(name)}
    assert {action for action, _ in rights(BOUNDARY)} == actions
