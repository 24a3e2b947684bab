"""CloudWatch alarms of a stage. docs/gateway.md says what each one means and what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ops.gateway.api import Api
from ops.gateway.logs import failures_metric
from ops.steps import AS_WANTED, Step, difference

PERIOD = 300  # seconds
KEPT = ("OKActions", "InsufficientDataActions")  # an operator's own: put_metric_alarm replaces all
# The scheduled functions of app.py, and what it means that one of them failed.
SCHEDULED = {
    "expire": "Expired addresses were not taken out of the firewall",
    "finish": "Writes to the register that were cut short were not completed",
}


@dataclass(frozen=True)
class Alarm:
    """In ALARM when `statistic` reaches `threshold` in each of the last `periods` × 5 minutes."""

    name: str
    about: str
    namespace: str
    metric: str
    dimensions: dict[str, str]
    statistic: str
    threshold: float
    periods: int = 1

    def settings(self) -> dict[str, Any]:
        """As put_metric_alarm takes them and describe_alarms gives them."""
        kind = "ExtendedStatistic" if self.statistic.startswith("p") else "Statistic"
        return {
            "AlarmName": self.name,
            "AlarmDescription": self.about,
            "ActionsEnabled": True,
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": _dimensions(self.dimensions),
            kind: self.statistic,
            "Period": PERIOD,
            "EvaluationPeriods": self.periods,
            "Threshold": self.threshold,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        }


def alarms(api: Api, function: str, scheduled: Mapping[str, str]) -> tuple[Alarm, ...]:
    """The seven of a stage. `function` is the API's Lambda, `scheduled` has a Lambda for each of SCHEDULED."""
    prefix = api.stage.full_name
    return (*_gateway_alarms(api), *_lambda_alarms(prefix, function, scheduled))


def _gateway_alarms(api: Api) -> Iterator[Alarm]:
    prefix, rest = api.stage.full_name, "AWS/ApiGateway"
    of = {"ApiName": api.name, "Stage": api.stage.gateway_stage}
    about = "Five answers or more in five minutes were 5xx"
    yield Alarm(f"{prefix}-5xx", about, rest, "5XXError", of, "Sum", 5.0)
    about = "For a quarter of an hour one answer in a hundred has taken three seconds or more"
    yield Alarm(f"{prefix}-latency-p99", about, rest, "Latency", of, "p99", 3000.0, 3)
    about = (
        "Fifty requests or more in five minutes came with a token or a signature that was refused"
    )
    metric = failures_metric(api.stage.name)
    yield Alarm(f"{prefix}-authorizer-failures", about, api.stage.app, metric, {}, "Sum", 50.0)


def _lambda_alarms(prefix: str, function: str, scheduled: Mapping[str, str]) -> Iterator[Alarm]:
    of = {"FunctionName": function}
    about = "Lambda had no room to run the API"
    yield Alarm(f"{prefix}-lambda-throttles", about, "AWS/Lambda", "Throttles", of, "Sum", 1.0)
    about = "The API's Lambda broke off: an error that it did not answer, or its time was up"
    yield Alarm(f"{prefix}-lambda-errors", about, "AWS/Lambda", "Errors", of, "Sum", 1.0)
    for name, about in SCHEDULED.items():
        of = {"FunctionName": scheduled[name]}
        yield Alarm(f"{prefix}-{name}-errors", about, "AWS/Lambda", "Errors", of, "Sum", 1.0)


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
