"""Log groups of CloudWatch: found, and created."""

from contextlib import suppress
from typing import Any


def find_group(logs: Any, name: str) -> dict[str, Any] | None:
    """The log group of exactly this name."""
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
        for group in page["logGroups"]:
            if group["logGroupName"] == name:
                found: dict[str, Any] = group
                return found
    return None


def make_group(logs: Any, name: str) -> None:
    """A Lambda's first line, or a call whose answer was lost, may have created it by now."""
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=name)
