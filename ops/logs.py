"""Finds and creates log groups of CloudWatch."""

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_logs.client import CloudWatchLogsClient
    from types_boto3_logs.type_defs import LogGroupTypeDef


def find_group(logs: "CloudWatchLogsClient", name: str) -> "LogGroupTypeDef | None":
    """The log group of exactly this name, if it exists."""
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
        for group in page["logGroups"]:
            if group["logGroupName"] == name:
                return group
    return None


def make_group(logs: "CloudWatchLogsClient", name: str) -> None:
    """Creates the group, unless a Lambda's first line or an earlier call has created it by now."""
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=name)
