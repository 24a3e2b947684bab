"""CloudWatch alarms of a stage. docs/gateway.md has the meaning and the cure of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ops.gateway.logs import failures_metric
from ops.stage import Stage
from ops.steps import AS_WANTED, Step, difference

if TYPE_CHECKING:
    from types_boto3_cloudwatch.client import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricAlarmTypeDef

PERIOD, SCHEDULE = 300, 900  # seconds; the scheduled functions run every SCHEDULE
KEPT = ("OKActions", "InsufficientDataActions")  # an operator's own; put_metric_alarm replaces all
CURE = "Cure: docs/gateway.md, What an alarm means"
# The scheduled functions of app.py, and the effect of a failed or a missing run.
SCHEDULED = {
    "expire": "Expired addresses were not removed from the firewall",
    "finish": "Interrupted writes to the register were not completed",
}


@dataclass(frozen=True)
class Watched:
    """The resources that a stage's alarms and dashboard watch, by their names on AWS.

    `api` is the REST API, `function` its Lambda; `scheduled` has a Lambda for each of SCHEDULED.
    """

    stage: Stage
    api: str
    function: str
    scheduled: Mapping[str, str]
    table: str

    @property
    def log_groups(self) -> list[str]:
        """The groups of the Lambdas, then that of the gateway's access log."""
        functions = (self.function, *self.scheduled.values())
        names = [f"/aws/lambda/{function}" for function in functions]
        return [*names, f"/aws/apigateway/{self.stage.full_name}"]


@dataclass(frozen=True)
class Alarm:
    """In ALARM if `statistic` reaches `threshold` in each of the last `periods` × 5 minutes.

    With `is_silence`: if it stays below `threshold` for `periods` × 15 minutes, or has no data.
    """

    name: str
    about: str
    namespace: str
    metric: str
    dimensions: dict[str, str]
    statistic: str
    threshold: float
    periods: int = 1
    is_silence: bool = False

    def settings(self) -> dict[str, Any]:
        """As put_metric_alarm accepts them and describe_alarms returns them."""
        kind = "ExtendedStatistic" if self.statistic.startswith("p") else "Statistic"
        above, below = "GreaterThanOrEqualToThreshold", "LessThanThreshold"
        return {
            "AlarmName": self.name,
            "AlarmDescription": f"{self.about}. {CURE}",
            "ActionsEnabled": True,
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": _dimensions(self.dimensions),
            kind: self.statistic,
            "Period": SCHEDULE if self.is_silence else PERIOD,
            "EvaluationPeriods": self.periods,
            "Threshold": self.threshold,
            "ComparisonOperator": below if self.is_silence else above,
            "TreatMissingData": "breaching" if self.is_silence else "notBreaching",
        }


def alarms(watched: Watched) -> tuple[Alarm, ...]:
    """All alarms of a stage. Their names depend on the stage alone."""
    return (*_gateway_alarms(watched), *_lambda_alarms(watched), *_table_alarms(watched))


def _gateway_alarms(watched: Watched) -> Iterator[Alarm]:
    stage, rest = watched.stage, "AWS/ApiGateway"
    prefix = stage.full_name
    of = {"ApiName": watched.api, "Stage": stage.gateway_stage}
    about = "At least 5 answers in 5 minutes were 5xx"
    yield Alarm(f"{prefix}-5xx", about, rest, "5XXError", of, "Sum", 5.0)
    about = "For 15 minutes 1 answer in 100 took 3 seconds or more"
    yield Alarm(f"{prefix}-latency-p99", about, rest, "Latency", of, "p99", 3000.0, 3)
    about = "At least 50 requests in 5 minutes had a refused token or signature"
    metric = failures_metric(stage.name)
    yield Alarm(f"{prefix}-authorizer-failures", about, stage.app, metric, {}, "Sum", 50.0)


def _lambda_alarms(watched: Watched) -> Iterator[Alarm]:
    prefix, space = watched.stage.full_name, "AWS/Lambda"
    of = {"FunctionName": watched.function}
    about = "Lambda had no capacity to run the API"
    yield Alarm(f"{prefix}-lambda-throttles", about, space, "Throttles", of, "Sum", 1.0)
    about = "The API's Lambda failed: an unhandled error, or a timeout"
    yield Alarm(f"{prefix}-lambda-errors", about, space, "Errors", of, "Sum", 1.0)
    for name, failed in SCHEDULED.items():
        of = {"FunctionName": watched.scheduled[name]}
        yield Alarm(f"{prefix}-{name}-errors", failed, space, "Errors", of, "Sum", 1.0)
        about = f"Lambda had no capacity to run {name}"
        yield Alarm(f"{prefix}-{name}-throttles", about, space, "Throttles", of, "Sum", 1.0)
        about = f"{name} has not run for 45 minutes. {failed}"
        stopped = f"{prefix}-{name}-stopped"
        yield Alarm(stopped, about, space, "Invocations", of, "Sum", 1.0, 3, is_silence=True)


def _table_alarms(watched: Watched) -> Iterator[Alarm]:
    """The store retries throttled and conflicting calls, so a few of them raise no alarm."""
    prefix, space, of = watched.stage.full_name, "AWS/DynamoDB", {"TableName": watched.table}
    for what, metric in (("read", "ReadThrottleEvents"), ("write", "WriteThrottleEvents")):
        about = f"DynamoDB throttled at least 10 {what}s in 5 minutes"
        yield Alarm(f"{prefix}-table-{what}-throttles", about, space, metric, of, "Sum", 10.0)
    about = "At least 50 writes in 5 minutes conflicted with each other"
    metric = "TransactionConflict"
    yield Alarm(f"{prefix}-table-conflicts", about, space, metric, of, "Sum", 50.0)


def alarm_steps(
    cloudwatch: "CloudWatchClient", wanted: tuple[Alarm, ...], topic: str
) -> Iterator[Step]:
    """Without `topic` an alarm keeps its actions."""
    answer = cloudwatch.describe_alarms(
        AlarmNames=[alarm.name for alarm in wanted], AlarmTypes=["MetricAlarm"]
    )
    known = {alarm["AlarmName"]: _comparable(alarm) for alarm in answer["MetricAlarms"]}
    for alarm in wanted:
        found = known.get(alarm.name)
        actions = [topic] if topic else (found or {}).get("AlarmActions", [])
        settings = {**alarm.settings(), "AlarmActions": actions}
        kept = {name: found[name] for name in KEPT if found and found.get(name)}
        yield Step(
            f"alarm {alarm.name}",
            difference(found, settings),
            AS_WANTED,
            partial(cloudwatch.put_metric_alarm, **settings, **kept),
        )


def _comparable(alarm: "MetricAlarmTypeDef") -> dict[str, Any]:
    dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions", [])}
    return {"AlarmActions": [], **alarm, "Dimensions": _dimensions(dimensions)}


def _dimensions(of: dict[str, str]) -> "list[DimensionTypeDef]":
    return [{"Name": name, "Value": of[name]} for name in sorted(of)]
