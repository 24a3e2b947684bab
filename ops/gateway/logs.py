"""Log groups that are there before the first line, forget in time, and count refused callers."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ops.gateway.api import Clients
from ops.logs import make_group
from ops.retries import LOGS_BUSY
from ops.steps import AS_WANTED, MISSING, Step, difference

# What CloudWatch Logs takes, in days.
RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
FILTER_NAME = "authorizer-failures"
# Of API Gateway's own refusals those about the caller's token or signature: see `error_type` in the
# access log. A missing signature is not among them: it is logged like an unknown path.
REFUSALS = ("UNAUTHORIZED", "EXPIRED_TOKEN", "INVALID_SIGNATURE", "ACCESS_DENIED", "AUTHORIZER_*")
FILTER_PATTERN = "{ " + " || ".join(f'($.error_type = "{name}")' for name in REFUSALS) + " }"


def group_steps(
    clients: Clients, name: str, found: dict[str, Any] | None, retention_days: int
) -> Iterator[Step]:
    """That it is there, and forgets after `retention_days`."""
    yield Step(
        f"log group {name}",
        MISSING if found is None else "there",
        "there",
        partial(make_group, clients.logs, name),
    )
    put = partial(
        clients.logs.put_retention_policy, logGroupName=name, retentionInDays=retention_days
    )
    kept = (found or {}).get("retentionInDays")
    yield Step(
        f"retention of {name}",
        f"{kept} days" if kept else "for ever",
        f"{retention_days} days",
        partial(LOGS_BUSY.repeat, put, clients.sleep),
    )


def filter_step(clients: Clients, app: str, stage: str, group: str, *, is_there: bool) -> Step:
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
    put = partial(
        clients.logs.put_metric_filter, logGroupName=group, filterName=FILTER_NAME, **wanted
    )
    found = _find_filter(clients.logs, group, wanted) if is_there else None
    return Step(
        f"metric filter {FILTER_NAME}",
        difference(found, wanted),
        AS_WANTED,
        partial(LOGS_BUSY.repeat, put, clients.sleep),
    )


def failures_metric(stage: str) -> str:
    return f"{FILTER_NAME}-{stage}"


def has_metric_filter(logs: Any, group: str) -> bool:
    answer = logs.describe_metric_filters(logGroupName=group, filterNamePrefix=FILTER_NAME)
    return any(one["filterName"] == FILTER_NAME for one in answer["metricFilters"])


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
