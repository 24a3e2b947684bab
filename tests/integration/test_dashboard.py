"""The stage's dashboard, and `landscape gateway --delete`, against an emulated AWS.

Each metric on the dashboard must exist. The log lines of real requests show ours, and AWS's
documentation lists those of AWS.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.firewall.names import SET_KINDS, VERSIONS, Names
from chalicelib.routes.telemetry import NAMESPACE
from chalicelib.settings import Settings
from ops.gateway.alarms import Watched, alarms
from ops.gateway.api import ACCESS_LOG_FORMAT
from ops.gateway.dashboard import body
from ops.stage import Stage
from tests.integration.test_gateway import Project, project
from tests.support.api import Api, event, in_lambda, through_app
from waf.rules import Choice, wanted_acl

__all__ = ["project"]  # a fixture
Metric = tuple[str, str, frozenset[str]]  # namespace, name, names of the dimensions
SCHEDULED = {"expire": "f-expire", "finish": "f-finish"}
WATCHED = Watched(Stage("dev", "landscape-api", "v1"), "the API", "f", SCHEDULED, "the-table")
BODY = body(WATCHED, "/aws/apigateway/landscape-api-dev", "eu-west-2")
SEARCH = re.compile(r"SEARCH\('\{([\w/,-]+)\} (.*?) MetricName=\"(\w+)\"', '\w+', 300\)")
EVERY_LAMBDA = "Invocations Errors Throttles ConcurrentExecutions"
EVERY_TABLE = "ConsumedReadCapacityUnits ConsumedWriteCapacityUnits ReadThrottleEvents WriteThrottleEvents TransactionConflict"
# By namespace and dimensions, without API Gateway's detailed metrics, which are off. From
# docs.aws.amazon.com: apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html,
# lambda/latest/dg/monitoring-metrics-types.html, waf/latest/developerguide/waf-metrics.html,
# amazondynamodb/latest/developerguide/metrics-dimensions.html
DOCUMENTED = {
    ("AWS/ApiGateway", "ApiName Stage"): "Count 4XXError 5XXError Latency IntegrationLatency",
    ("AWS/Lambda", "FunctionName"): EVERY_LAMBDA,
    ("AWS/WAFV2", "WebACL Region Rule"): "AllowedRequests BlockedRequests CountedRequests",
    ("AWS/DynamoDB", "TableName"): EVERY_TABLE,
    ("AWS/DynamoDB", "TableName Operation"): "SuccessfulRequestLatency ThrottledRequests",
}


def sent_by_aws() -> set[Metric]:
    return {
        (space, name, frozenset(dimensions.split()))
        for (space, dimensions), names in DOCUMENTED.items()
        for name in names.split()
    }


def shown() -> Iterator[Metric]:
    for widget in BODY["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            if isinstance(metric[0], dict):
                searched = SEARCH.fullmatch(metric[0]["expression"])
                assert searched, metric
                space, *dimensions = searched[1].split(",")
                assert set(re.findall(r"(\w+)=\"[^\"]+\"", searched[2])) < {*dimensions}
                yield space, searched[3], frozenset(dimensions)
            else:
                space, name, *pairs, _ = metric
                yield space, name, frozenset(pairs[::2])


@pytest.fixture
def lines(settings: Settings, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Log lines inside Lambda: a preflight first, then a HEAD and a GET."""
    app = create_app(in_lambda(settings))
    for method in ("OPTIONS", "HEAD"):
        app(event(method, "/health", "/health"), None)
    Api(through_app(app), settings).get("/health")
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def sent(line: dict[str, Any]) -> set[Metric]:
    return {
        (each["Namespace"], metric["Name"], frozenset(dimensions))
        for each in line["_aws"]["CloudWatchMetrics"]
        for metric in each["Metrics"]
        for dimensions in each["Dimensions"]
        if {metric["Name"], *dimensions} <= line.keys()
    }


def test_every_metric_that_it_shows_is_sent(lines: list[dict[str, Any]]) -> None:
    metrics = {*shown()}
    ours = {metric for metric in metrics if metric[0] == NAMESPACE}
    assert metrics - ours <= sent_by_aws()
    assert ours <= set().union(*map(sent, lines))


def test_every_alarm_watches_a_metric_that_is_sent() -> None:
    """API Gateway's detailed metrics are off. One metric comes from the stage's own filter."""
    watched = {(one.namespace, one.metric, frozenset(one.dimensions)) for one in alarms(WATCHED)}
    made = {("landscape-api", "authorizer-failures-dev", frozenset[str]())}
    assert watched - sent_by_aws() == made


def test_it_shows_what_an_operator_asks_for() -> None:
    names = {name for _, name, _ in shown()}
    assert names >= {"Requests", "Errors", "Latency", "ColdStarts", "Throttles"}
    assert names >= {"AllowedRequests", "BlockedRequests", "SuccessfulRequestLatency"}
    text = json.dumps(BODY)
    assert all(name in text for name in ("p50", "p99", *SCHEDULED.values(), "the-table"))


def test_the_values_are_those_under_which_metrics_are_sent(lines: list[dict[str, Any]]) -> None:
    """The dashboard uses the stage of our log lines, and the web ACL's metric name."""
    arns = {(kind, version): "arn" for kind in SET_KINDS for version in VERSIONS}
    acl = wanted_acl(Names("landscape-api", "dev"), arns, "value", Choice())
    text = json.dumps(BODY)
    assert f'"WebACL", "{acl["VisibilityConfig"]["MetricName"]}"' in text
    (stage,) = {line["stage"] for line in lines}
    assert f'"stage", "{stage}"' in text


def test_of_a_preflight_only_a_cold_start_counts_and_head_has_no_route(
    lines: list[dict[str, Any]],
) -> None:
    preflight, head, read = map(sent, lines)
    stage, route = frozenset({"stage"}), frozenset({"stage", "route"})
    assert preflight == {(NAMESPACE, "ColdStarts", stage)}
    assert lines[0]["ColdStarts"] == 1
    assert {dimensions for *_, dimensions in head} == {stage}
    by_route = {name for _, name, dimensions in read if dimensions == route}
    assert by_route == {"Requests", "Errors", "Latency"}
    assert {name for _, name, dimensions in read if dimensions == stage} == by_route | {
        "ColdStarts"
    }


def test_the_query_of_the_log_uses_fields_that_a_line_has() -> None:
    (query,) = (w["properties"]["query"] for w in BODY["widgets"] if w["type"] == "log")
    used = {*re.findall(r"\b(\w*_\w+|status)\b", query)}
    assert used == {"error_type", "status"} <= json.loads(ACCESS_LOG_FORMAT).keys()


def test_widgets_do_not_overlap() -> None:
    places = [(widget["x"], widget["y"]) for widget in BODY["widgets"]]
    assert len({*places}) == len(places)
    assert {widget["x"] + widget["width"] for widget in BODY["widgets"]} == {12, 24}


def dashboard(project: Project) -> Any:
    found = project.client("cloudwatch").get_dashboard(DashboardName=f"{project.app}-dev")
    return json.loads(found["DashboardBody"])


def test_it_is_made_with_the_stage_and_put_right(project: Project) -> None:
    project.configure()
    made = dashboard(project)
    assert f'"TableName", "{project.app}"' in json.dumps(made)
    project.client("cloudwatch").put_dashboard(
        DashboardName=f"{project.app}-dev", DashboardBody='{"widgets": []}'
    )
    assert project.configure() == [f"dashboard {project.app}-dev"]
    assert dashboard(project) == made


def names_of(project: Project) -> set[str]:
    found = project.client("cloudwatch").list_dashboards(DashboardNamePrefix=project.app)
    return {one["DashboardName"] for one in found["DashboardEntries"]}


def test_what_it_made_is_taken_away_and_the_logs_stay_unless_told(project: Project) -> None:
    """The deletion works without the API. Alarms of other stages and of the container stay."""
    project.configure()
    cloudwatch = project.client("cloudwatch")
    theirs = f"{project.app}-dev-container-5xx"
    cloudwatch.put_metric_alarm(
        AlarmName=theirs,
        MetricName="m",
        Namespace="n",
        Period=60,
        Statistic="Sum",
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    assert len(project.due("--delete", "--dry-run")) == 16
    assert "Pass --yes to skip the question" in project.run("--delete", expect=1)
    assert len(project.alarms) == 15
    project.client("apigateway").delete_rest_api(restApiId=project.api_id)
    assert len(project.due("--delete", "--yes")) == 16
    assert {*project.alarms} == {theirs}
    assert names_of(project) == set()
    access_log = f"/aws/apigateway/{project.app}-dev"
    assert project.group(access_log)["retentionInDays"] == 30
    logs = project.client("logs")
    assert logs.describe_metric_filters(logGroupName=access_log)["metricFilters"] == []
    assert project.run("--delete").endswith("\nnothing to change\n")
    assert len(project.due("--delete", "--with-logs", "--status", expect=3)) == 4
    project.due("--delete", "--with-logs", "--yes")
    assert project.group(access_log) is None
    assert project.due("--delete", "--with-logs", "--yes") == []


def test_logs_are_deleted_with_the_rest_alone(project: Project) -> None:
    assert "--with-logs needs --delete" in project.run("--with-logs", expect=1)
