"""Log groups that are there before the first line, forget in time, and count refused callers."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from time import sleep
from typing import Any

from gateway_api import GatewayError
from gateway_retries import LOGS_BUSY, PAUSES, make_in_turn

from operators.steps import AS_WANTED, MISSING, Step, difference

# What CloudWatch Logs takes, in days.
RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
FILTER_NAME = "authorizer-failures"
# Of API Gateway's own refusals those about the caller's token: see `error_type` in the access log.
REFUSALS = ("UNAUTHORIZED", "EXPIRED_TOKEN", "ACCESS_DENIED", "AUTHORIZER_*")
FILTER_PATTERN = "{ " + " || ".join(f'($.error_type = "{name}")' for name in REFUSALS) + " }"


def group_steps(
    logs: Any,
    name: str,
    found: dict[str, Any] | None,
    retention_days: int,
    pauses: Sequence[float] = PAUSES,
) -> Iterator[Step]:
    """That it is there, and forgets after `retention_days`; `pauses` are those of make_in_turn."""
    yield Step(
        f"log group {name}",
        MISSING if found is None else "there",
        "there",
        partial(_create_group, logs, name),
    )
    put = partial(logs.put_retention_policy, logGroupName=name, retentionInDays=retention_days)
    kept = (found or {}).get("retentionInDays")
    yield Step(
        f"retention of {name}",
        f"{kept} days" if kept else "for ever",
        f"{retention_days} days",
        partial(make_in_turn, put, LOGS_BUSY, pauses),
    )


def _create_group(logs: Any, name: str) -> None:
    """The Lambda's first line may have made it since it was looked for."""
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=name)


def find_group(logs: Any, name: str) -> dict[str, Any] | None:
    """The log group of exactly this name."""
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
        for group in page["logGroups"]:
            if group["logGroupName"] == name:
                found: dict[str, Any] = group
                return found
    return None


def listed_group(logs: Any, name: str, pauses: Sequence[float] = PAUSES) -> dict[str, Any]:
    """One that is there: it is looked for again after each of `pauses`, in seconds.

    Raises GatewayError where CloudWatch Logs does not list it even then.
    """
    for pause in (*pauses, None):
        found = find_group(logs, name)
        if found is not None:
            return found
        if pause is not None:
            sleep(pause)
    raise GatewayError(
        f"CloudWatch Logs does not list the log group {name} yet: wait a minute, and run this again"
    )


def filter_step(
    logs: Any,
    app: str,
    stage: str,
    group: str,
    *,
    is_there: bool,
    pauses: Sequence[float] = PAUSES,
) -> Step:
    """Counts the refusals in the access log `group`, as a metric of its own. Counts from now on."""
    wanted = {
        "filterPattern": FILTER_PATTERN,
        "metricTransformations": [
            {
                "metricName": failures_metric(stage),
                "metricNamespace": app,
                "metricValue": "1",
                "defaultValue": 0.0,
            }
        ],
    }
    put = partial(logs.put_metric_filter, logGroupName=group, filterName=FILTER_NAME, **wanted)
    found = _find_filter(logs, group, wanted) if is_there else None
    return Step(
        f"metric filter {FILTER_NAME}",
        difference(found, wanted),
        AS_WANTED,
        partial(make_in_turn, put, LOGS_BUSY, pauses),
    )


def failures_metric(stage: str) -> str:
    return f"{FILTER_NAME}-{stage}"


def _find_filter(logs: Any, group: str, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """Of its transformations only what `wanted` names: CloudWatch Logs may add a unit."""
    names = wanted["metricTransformations"][0]
    answer = logs.describe_metric_filters(logGroupName=group, filterNamePrefix=FILTER_NAME)
    for one in answer["metricFilters"]:
        if one["filterName"] == FILTER_NAME:
            counted = one["metricTransformations"]
            metrics = [{name: metric.get(name) for name in names} for metric in counted]
            return {**one, "metricTransformations": metrics}
    return None
