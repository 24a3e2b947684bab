"""The stage's dashboard in CloudWatch. docs/gateway.md lists what it shows."""

import json
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.routes.telemetry import NAMESPACE
from ops.gateway.alarms import PERIOD, Watched
from ops.steps import AS_WANTED, MISSING, Step

if TYPE_CHECKING:
    from types_boto3_cloudwatch.client import CloudWatchClient

# A metric as a widget has it: namespace, name, dimensions, and an object with statistic and label.
Metric = list[Any]
# The code depends on the SDK's protocol; its exception class covers only one of the two.
NOT_FOUND = ("ResourceNotFound", "DashboardNotFoundError")
COLUMNS, WIDTH, HEIGHT = 2, 12, 6
REFUSALS = (
    "SOURCE '{group}' | filter status >= 400"
    " | stats count(*) as requests by error_type, status | sort requests desc"
)


def dashboard_step(cloudwatch: "CloudWatchClient", watched: Watched, access_log_group: str) -> Step:
    """Creates or updates the dashboard."""
    name = watched.stage.full_name
    wanted = body(watched, access_log_group, cloudwatch.meta.region_name)
    found = find_dashboard(cloudwatch, name)
    put = partial(cloudwatch.put_dashboard, DashboardName=name, DashboardBody=json.dumps(wanted))
    said = MISSING if found is None else AS_WANTED if found == wanted else "other widgets"
    return Step(f"dashboard {name}", said, AS_WANTED, put)


def find_dashboard(cloudwatch: "CloudWatchClient", name: str) -> Any:
    """Its body, or None if there is none."""
    try:
        return json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    except ClientError as error:
        if error.response["Error"].get("Code") not in NOT_FOUND:
            raise
        return None


def body(watched: Watched, access_log_group: str, region: str) -> dict[str, Any]:
    """As put_dashboard accepts it, once it is JSON."""
    widgets: list[dict[str, Any]] = [
        {"type": "metric", "properties": {**_GRAPH, "title": title, "metrics": metrics}}
        for title, metrics in _graphs(watched, region)
    ]
    title, found = (
        "Refused and failed requests, by the gateway's error",
        REFUSALS.format(group=access_log_group),
    )
    table = dict(view="table", title=title, query=found)  # noqa: C408 - "query" names a call to DynamoDB
    widgets.append({"type": "log", "properties": table})
    for number, widget in enumerate(widgets):
        row, column = divmod(number, COLUMNS)
        widget |= {"x": column * WIDTH, "y": row * HEIGHT, "width": WIDTH, "height": HEIGHT}
        widget["properties"]["region"] = region
    return {"widgets": widgets}


_GRAPH = {"view": "timeSeries", "stacked": False, "period": PERIOD}


def _graphs(watched: Watched, region: str) -> Iterator[tuple[str, list[Metric]]]:
    stage = watched.stage
    gateway = ("AWS/ApiGateway", {"ApiName": watched.api, "Stage": stage.gateway_stage})
    ours = (NAMESPACE, {"stage": stage.name})
    code = ("AWS/Lambda", {"FunctionName": watched.function})
    table = ("AWS/DynamoDB", {"TableName": watched.table})
    # The web ACL's own metric has the name of its default action: waf/rules.py.
    acl = {"WebACL": f"{stage.full_name}-default", "Region": region}
    waf = ("AWS/WAFV2", {**acl, "Rule": "ALL"})
    yield (
        "Requests",
        [
            _metric(gateway, "Count", "SampleCount", "at the gateway"),
            _metric(gateway, "4XXError", "Sum", "4xx"),
            _metric(gateway, "5XXError", "Sum", "5xx"),
            _metric(ours, "Requests", "Sum", "at the API"),
        ],
    )
    yield "Errors by route", [_search((NAMESPACE, {"stage": stage.name, "route": ""}), "Errors")]
    yield (
        "Latency, ms",
        [
            *(_metric(gateway, "Latency", p, f"{p} at the gateway") for p in ("p50", "p99")),
            *(_metric(ours, "Latency", p, f"{p} in the API") for p in ("p50", "p99")),
        ],
    )
    yield (
        "Cold starts",
        [
            _metric(ours, "ColdStarts", "Sum", "cold starts"),
            _metric(code, "ConcurrentExecutions", "Maximum", "concurrent executions"),
        ],
    )
    yield (
        "Throttles",
        [
            _metric(code, "Throttles", "Sum", "the API's Lambda"),
            _metric(table, "ReadThrottleEvents", "Sum", "reads of the table"),
            _metric(table, "WriteThrottleEvents", "Sum", "writes to the table"),
            _metric(table, "TransactionConflict", "Sum", "conflicting writes"),
        ],
    )
    yield (
        "Firewall",
        [
            _metric(waf, "AllowedRequests", "Sum", "allowed"),
            _metric(waf, "BlockedRequests", "Sum", "blocked"),
        ],
    )
    yield "Blocked by rule", [_search(("AWS/WAFV2", {**acl, "Rule": ""}), "BlockedRequests")]
    operations = ("AWS/DynamoDB", {"TableName": watched.table, "Operation": ""})
    yield (
        "Calls to the table",
        [_search(operations, "SuccessfulRequestLatency", "SampleCount")],
    )
    yield (
        "Capacity of the table, units",
        [
            _metric(table, "ConsumedReadCapacityUnits", "Sum", "read"),
            _metric(table, "ConsumedWriteCapacityUnits", "Sum", "written"),
        ],
    )
    yield (
        "Scheduled functions",
        [
            _metric(("AWS/Lambda", {"FunctionName": lambda_name}), metric, "Sum", f"{name}: {said}")
            for name, lambda_name in watched.scheduled.items()
            for metric, said in _OF_A_FUNCTION.items()
        ],
    )


_OF_A_FUNCTION = {"Invocations": "runs", "Errors": "failed", "Throttles": "throttled"}


def _metric(source: tuple[str, dict[str, str]], name: str, stat: str, label: str) -> Metric:
    space, dimensions = source
    pairs = (part for pair in dimensions.items() for part in pair)
    return [space, name, *pairs, {"stat": stat, "label": label}]


def _search(source: tuple[str, dict[str, str]], name: str, stat: str = "Sum") -> Metric:
    """One line for each value of the dimension whose value is empty."""
    space, dimensions = source
    schema = ",".join((space, *dimensions))
    known = " ".join(f'{key}="{value}"' for key, value in dimensions.items() if value)
    (open_one,) = (key for key, value in dimensions.items() if not value)
    found = f"SEARCH('{{{schema}}} {known} MetricName=\"{name}\"', '{stat}', {PERIOD})"
    return [{"expression": found, "label": f"${{PROP('Dim.{open_one}')}}"}]
