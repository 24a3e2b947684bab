"""Compares the versions of AWS's managed rule groups with AWS's recommendation.

A group without a version changes whenever AWS changes it. So the web ACL names one, and keeps it
until an operator updates it. AWS's lists of addresses (IP reputation) have no versions.
"""

import re
from collections.abc import Mapping

from chalicelib.firewall.calls import Waf
from chalicelib.firewall.names import SCOPE
from waf.rules import VERSIONED


def newer(waf: Waf, held: Mapping[str, str]) -> list[str]:
    """A sentence for each managed group that differs from AWS's recommendation. Raises the SDK's errors."""
    found = []
    for group in VERSIONED:
        version = held.get(group)
        offered, recommended = _offered(waf, group)
        if version is None:
            found.append(f"{group}: no version is set, so it changes whenever AWS changes it")
        elif version not in offered:
            found.append(
                f"{group}: {version} is set, which AWS has withdrawn; {recommended} is available"
            )
        elif _number(recommended) > _number(version):
            found.append(f"{group}: {version} is set, {recommended} is available")
    return found


def due_versions(waf: Waf, held: Mapping[str, str], *, update: bool) -> dict[str, str]:
    """The versions to set: the `held` ones, or AWS's recommendation for a missing or withdrawn one.

    With `update` the recommendation for all. Raises the SDK's errors.
    """
    due: dict[str, str] = {}
    for group in VERSIONED:
        offered, recommended = _offered(waf, group)
        version = held.get(group, "")
        if update or version not in offered:
            version = recommended
        due |= {group: version} if version else {}
    return due


def _offered(waf: Waf, group: str) -> tuple[list[str], str]:
    """The available versions, and AWS's default, which is its recommendation."""
    of = {"VendorName": "AWS", "Name": group, "Scope": SCOPE}
    names: list[str] = []
    while True:
        answer = waf("list_available_managed_rule_group_versions", **of)
        names += [each["Name"] for each in answer["Versions"]]
        if not answer.get("NextMarker"):
            return names, answer.get("CurrentDefaultVersion", "")
        of["NextMarker"] = answer["NextMarker"]


def _number(version: str) -> list[int]:
    """The numbers of `Version_1.16`, for comparison."""
    return [int(part) for part in re.findall(r"\d+", version)]
