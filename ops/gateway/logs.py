"""Log groups, their retention, and the metric filter that counts refused callers."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ops.gateway.api import Clients
from ops.logs import make_group
from ops.retries import LOGS_BUSY
from ops.steps import AS_WANTED, MISSING, Step, difference

if TYPE_CHECKING:
    from types_boto3_logs.client import CloudWatchLogsClient
    from types_boto3_logs.type_defs import LogGroupTypeDef

# The values that CloudWatch Logs accepts, in days.
RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
FILTER_NAME = "authorizer-failures"
# API Gateway's refusals of a token or a signature, as `error_type` in the access log. A missing
# signature is not counted: it is logged like an unknown path.
REFUSALS = ("UNAUTHORIZED", "EXPIRED_TOKEN", "INVALID_SIGNATURE", "ACCESS_DENIED", "AUTHORIZER_*")
FILTER_PATTERN = "{ " + " || ".join(f'($.error_type = "{name}")' for name in REFUSALS) + " }"


def group_steps(
    clients: Clients, name: str, found: "LogGroupTypeDef | None", retention_days: int
) -> Iterator[Step]:
    """Creates the group, and sets its retention."""
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
    """Counts the refusals in the access log `group` as a metric, from its creation on."""
    wanted: dict[str, Any] = {
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


def has_metric_filter(logs: "CloudWatchLogsClient", group: str) -> bool:
    answer = logs.describe_metric_filters(logGroupName=group, filterNamePrefix=FILTER_NAME)
    return any(one["filterName"] == FILTER_NAME for one in answer["metricFilters"])


def _find_filter(
    logs: "CloudWatchLogsClient", group: str, wanted: dict[str, Any]
) -> dict[str, Any] | None:
    """Its transformations have only the fields of `wanted`: CloudWatch Logs may add a unit."""
    names = wanted["metricTransformations"][0]
    answer = logs.describe_metric_filters(logGroupName=group, filterNamePrefix=FILTER_NAME)
    for one in answer["metricFilters"]:
        if one["filterName"] == FILTER_NAME:
            counted = one["metricTransformations"]
            metrics = [{name: metric.get(name) for name in names} for metric in counted]
            return {**one, "metricTransformations": metrics}
    return None
