"""CloudWatch alarms of a stage. docs/gateway.md says what each one means and what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ops.gateway.logs import failures_metric
from ops.stage import Stage
from ops.steps import AS_WANTED, Step, difference

PERIOD, SCHEDULE = 300, 900  # seconds; the latter is how often the scheduled functions run
KEPT = ("OKActions", "InsufficientDataActions")  # an operator's own: put_metric_alarm replaces all
# The scheduled functions of app.py, and what it means that one of them failed or did not run.
SCHEDULED = {
    "expire": "Expired addresses were not taken out of the firewall",
    "finish": "Writes to the register that were cut short were not completed",
}


@dataclass(frozen=True)
class Watched:
    """What the alarms and the dashboard of a stage look at, by its names on AWS.

    `api` is the REST API, `function` its Lambda; `scheduled` has a Lambda for each of SCHEDULED.
    """

    stage: Stage
    api: str
    function: str
    scheduled: Mapping[str, str]
    table: str

    @property
    def log_groups(self) -> list[str]:
        """Those of the Lambdas, then that of the gateway's access log."""
        functions = (self.function, *self.scheduled.values())
        names = [f"/aws/lambda/{function}" for function in functions]
        return [*names, f"/aws/apigateway/{self.stage.full_name}"]


@dataclass(frozen=True)
class Alarm:
    """In ALARM when `statistic` reaches `threshold` in each of the last `periods` × 5 minutes.

    With `is_silence`, when it stays below `threshold` for `periods` × 15 minutes, or nothing is sent.
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
        """As put_metric_alarm takes them and describe_alarms gives them."""
        kind = "ExtendedStatistic" if self.statistic.startswith("p") else "Statistic"
        above, below = "GreaterThanOrEqualToThreshold", "LessThanThreshold"
        return {
            "AlarmName": self.name,
            "AlarmDescription": self.about,
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
    """All of a stage. Their names depend on the stage alone."""
    return (*_gateway_alarms(watched), *_lambda_alarms(watched), *_table_alarms(watched))


def _gateway_alarms(watched: Watched) -> Iterator[Alarm]:
    stage, rest = watched.stage, "AWS/ApiGateway"
    prefix = stage.full_name
    of = {"ApiName": watched.api, "Stage": stage.gateway_stage}
    about = "Five answers or more in five minutes were 5xx"
    yield Alarm(f"{prefix}-5xx", about, rest, "5XXError", of, "Sum", 5.0)
    about = "For a quarter of an hour one answer in a hundred has taken three seconds or more"
    yield Alarm(f"{prefix}-latency-p99", about, rest, "Latency", of, "p99", 3000.0, 3)
    about = (
        "Fifty requests or more in five minutes came with a token or a signature that was refused"
    )
    metric = failures_metric(stage.name)
    yield Alarm(f"{prefix}-authorizer-failures", about, stage.app, metric, {}, "Sum", 50.0)


def _lambda_alarms(watched: Watched) -> Iterator[Alarm]:
    prefix, space = watched.stage.full_name, "AWS/Lambda"
    of = {"FunctionName": watched.function}
    about = "Lambda had no room to run the API"
    yield Alarm(f"{prefix}-lambda-throttles", about, space, "Throttles", of, "Sum", 1.0)
    about = "The API's Lambda broke off: an error that it did not answer, or its time was up"
    yield Alarm(f"{prefix}-lambda-errors", about, space, "Errors", of, "Sum", 1.0)
    for name, failed in SCHEDULED.items():
        of = {"FunctionName": watched.scheduled[name]}
        yield Alarm(f"{prefix}-{name}-errors", failed, space, "Errors", of, "Sum", 1.0)
        about = f"Lambda had no room to run {name}"
        yield Alarm(f"{prefix}-{name}-throttles", about, space, "Throttles", of, "Sum", 1.0)
        about = f"{name} has not run for three quarters of an hour. {failed}"
        stopped = f"{prefix}-{name}-stopped"
        yield Alarm(stopped, about, space, "Invocations", of, "Sum", 1.0, 3, is_silence=True)


def _table_alarms(watched: Watched) -> Iterator[Alarm]:
    """The store repeats what was throttled or in conflict, so that a few are no trouble."""
    prefix, space, of = watched.stage.full_name, "AWS/DynamoDB", {"TableName": watched.table}
    for what, metric in (("read", "ReadThrottleEvents"), ("write", "WriteThrottleEvents")):
        about = f"The table refused ten {what}s or more in five minutes, as too many"
        yield Alarm(f"{prefix}-table-{what}-throttles", about, space, metric, of, "Sum", 10.0)
    about = "Fifty writes or more in five minutes were in the way of each other"
    metric = "TransactionConflict"
    yield Alarm(f"{prefix}-table-conflicts", about, space, metric, of, "Sum", 50.0)


def alarm_steps(cloudwatch: Any, wanted: tuple[Alarm, ...], topic: str) -> Iterator[Step]:
    """Without `topic` the actions that an alarm has are left as they are."""
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


def _comparable(alarm: dict[str, Any]) -> dict[str, Any]:
    dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions", [])}
    return {"AlarmActions": [], **alarm, "Dimensions": _dimensions(dimensions)}


def _dimensions(of: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": of[name]} for name in sorted(of)]
