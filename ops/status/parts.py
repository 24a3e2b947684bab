"""The parts of `landscape status`. Each reads a few things from AWS, and changes nothing."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.partitions import domain_of
from chalicelib.routes.telemetry import NAMESPACE
from ops.domain.names import domains_of, ip_address_type
from ops.gateway.api import Api, Clients, find_api
from ops.gateway.responses import RESPONSES, response_steps
from ops.releases import current_release, live_deployment
from ops.stage import Stage
from ops.steps import AS_WANTED
from ops.table.create import TTL_ATTRIBUTE, point_in_time_recovery, ttl_attribute

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_cloudwatch.client import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDataQueryTypeDef
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_lambda.client import LambdaClient

HOUR = timedelta(hours=1)
UNITS = ((timedelta(days=1), "d"), (HOUR, "h"), (timedelta(minutes=1), "min"))
SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@dataclass(frozen=True)
class Part:
    """`facts` are for programs, `lines` for people; `due` has each fault with its cure."""

    facts: dict[str, Any]
    lines: Sequence[str]
    due: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Live:
    """A stage on AWS; `client` returns boto3's client of a service."""

    stage: Stage
    api_id: str
    table: str
    client: Callable[[str], Any]
    now: datetime

    def api(self) -> Api:
        """Raises GatewayError if the API or its stage is not found."""
        return find_api(self.client("apigateway"), self.stage, self.api_id)


def release(live: Live) -> Part:
    """The recorded release, the time of its last change, and whether its code answers."""
    client: LambdaClient = live.client("lambda")
    stage = live.stage
    again = f"make deploy STAGE={stage.name}"
    last = current_release(stage, client)
    if last is None:
        return Part({"version": None}, ["none"], [("no deploy has finished", again)])
    function = {"FunctionName": stage.full_name}
    published = client.get_function_configuration(**function, Qualifier=last.version)
    at = datetime.strptime(published["LastModified"], "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
    now = client.get_function_configuration(**function)
    deployment = live_deployment(stage, live.api_id, live.client("apigateway"))
    is_live, is_recorded = last.code_sha256 == now["CodeSha256"], last.deployment == deployment
    facts = {
        "version": last.version,
        "published_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "runtime": now["Runtime"],
        "is_live": is_live,
        "deployment_is_recorded": is_recorded,
    }
    since = f"{at:%Y-%m-%d %H:%M} UTC, {span(live.now - at)} ago"
    lines = [f"version {last.version}, {since}; {now['Runtime']}"]
    if is_live and not is_recorded:
        lines.append(f"the gateway was deployed after it. To release that deployment, run {again}")
    cure = f"{again}, or make rollback STAGE={stage.name}"
    due = [] if is_live else [(f"the code that answers is not version {last.version}", cure)]
    return Part(facts, lines, due)


def table(live: Live) -> Part:
    """The table's size and protections."""
    client: DynamoDBClient = live.client("dynamodb")
    found = client.describe_table(TableName=live.table)["Table"]
    items, size = found.get("ItemCount", 0), found.get("TableSizeBytes", 0)
    switches = {
        "point-in-time recovery": point_in_time_recovery(client, live.table),
        "deletion protection": "on" if found.get("DeletionProtectionEnabled") else "off",
        "time to live": "on" if ttl_attribute(client, live.table) == TTL_ATTRIBUTE else "off",
    }
    off = [name for name, switch in switches.items() if switch != "on"]
    named = {re.sub(r"\W", "_", name): switch for name, switch in switches.items()}
    facts = {"name": live.table, "items": items, "bytes": size, **named}
    lines = [
        f"{live.table}: {items:,} items, {_size(size)} (AWS updates both every six hours)",
        ", ".join(f"{name} {switch}" for name, switch in switches.items()),
    ]
    cure = f"landscape table --stage {live.stage.name}"
    return Part(facts, lines, [(f"{' and '.join(off)} off", cure)] if off else [])


def gateway(live: Live) -> Part:
    """The API's URL, its limits, and the gateway's own errors."""
    client: APIGatewayClient = live.client("apigateway")
    api = live.api()
    clients = Clients(client, live.client("logs"), live.client("cloudwatch"))
    steps = list(response_steps(clients, api))
    made = sum(not step.is_due for step in steps[:-1])
    rate = api.every_method.get("throttlingRateLimit")
    burst = api.every_method.get("throttlingBurstLimit")
    url = api_url(live)
    facts = {
        "rest_api_id": api.id,
        "url": url,
        "stage": live.stage.gateway_stage,
        "rate": rate,
        "burst": burst,
        "responses": made,
        "responses_wanted": len(RESPONSES),
        "responses_are_deployed": steps[-1].found == AS_WANTED,
        "deployment": api.deployment_id,
        "ip_address_type": ip_address_type(client.get_rest_api(restApiId=api.id)),
    }
    limits = f"{rate:g} requests a second, bursts of {burst}" if rate else "the account's limits"
    lines = [
        url,
        f"{limits}; {facts['ip_address_type']}; deployment {api.deployment_id}",
        f"own errors: {made} of {len(RESPONSES)} set"
        + ("" if facts["responses_are_deployed"] else ", not deployed"),
    ]
    is_due = any(step.is_due for step in steps) or rate is None
    cure = f"landscape gateway --stage {live.stage.name}"
    return Part(facts, lines, [("limits or own errors are not set", cure)] if is_due else [])


def api_url(live: Live) -> str:
    """The API's own URL, without a trailing slash."""
    region = live.client("apigateway").meta.region_name
    host = f"{live.api_id}.execute-api.{region}.{domain_of(region)}"
    return f"https://{host}/{live.stage.gateway_stage}"


def domains(live: Live) -> Part:
    """The custom domains that lead to the stage."""
    found = domains_of(live.client("apigateway"), live.api_id, live.stage)
    return Part({"names": found}, [f"https://{name}" for name in found] or ["none"])


# The queries to CloudWatch: a metric of chalicelib/routes/telemetry.py, and a statistic.
FIGURES = {
    "requests": ("Requests", "Sum"),
    "errors": ("Errors", "Sum"),
    "cold_starts": ("ColdStarts", "Sum"),
    "p50_ms": ("Latency", "p50"),
    "p99_ms": ("Latency", "p99"),
}


def requests(live: Live) -> Part:
    """The requests of the last 60 minutes, by the application's own metrics."""
    end = live.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    dimensions: list[DimensionTypeDef] = [{"Name": "stage", "Value": live.stage.name}]
    queries: list[MetricDataQueryTypeDef] = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions},
                "Period": 3600,
                "Stat": statistic,
            },
        }
        for name, (metric, statistic) in FIGURES.items()
    ]
    client: CloudWatchClient = live.client("cloudwatch")
    answer = client.get_metric_data(MetricDataQueries=queries, StartTime=end - HOUR, EndTime=end)
    values = {one["Id"]: one["Values"] for one in answer["MetricDataResults"]}
    counts = {
        name: int(sum(values.get(name, []))) for name in ("requests", "errors", "cold_starts")
    }
    # CloudWatch may return two values, one for each clock hour: the slower one is shown.
    times = {name: max(values.get(name, []), default=None) for name in ("p50_ms", "p99_ms")}
    if not counts["requests"]:
        return Part({**counts, **times}, ["none in the last hour"])
    lines = [
        f"{counts['requests']:,} in the last hour; errors: {counts['errors']:,};"
        f" cold starts: {counts['cold_starts']:,}",
        f"half within {_milliseconds(times['p50_ms'])}, 99 % within"
        f" {_milliseconds(times['p99_ms'])}",
    ]
    return Part({**counts, **times}, lines)


def alarms(live: Live) -> Part:
    """The stage's alarms by state, and whether they notify anybody."""
    prefix = f"{live.stage.full_name}-"
    client: CloudWatchClient = live.client("cloudwatch")
    pages = client.get_paginator("describe_alarms")
    found = [
        alarm
        for page in pages.paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
        for alarm in page["MetricAlarms"]
    ]
    by_state: dict[str, list[str]] = {"ALARM": [], "OK": [], "INSUFFICIENT_DATA": []}
    for alarm in found:
        by_state[alarm["StateValue"]].append(alarm["AlarmName"].removeprefix(prefix))
    silent = [one["AlarmName"] for one in found if not one.get("AlarmActions")]
    facts = {
        "in_alarm": sorted(by_state["ALARM"]),
        "ok": len(by_state["OK"]),
        "without_data": len(by_state["INSUFFICIENT_DATA"]),
        "without_action": len(silent),
    }
    cure = f"landscape gateway --stage {live.stage.name}"
    if not found:
        return Part(facts, ["none"], [("the stage has no alarms", cure)])
    lines = [
        f"{len(by_state['ALARM'])} raised, {facts['ok']} ok, {facts['without_data']} without data"
    ]
    if silent:
        lines.append(f"{len(silent)} notify nobody: {cure} --alarm-topic ARN")
    cure = "docs/gateway.md, What an alarm means"
    due = [(f"{name} is raised", cure) for name in sorted(by_state["ALARM"])]
    return Part(facts, lines, due)


def span(time: timedelta) -> str:
    """In the largest unit that fits: "3 d", "5 h", "12 min"; "less than a minute"."""
    for unit, name in UNITS:
        if time >= unit:
            return f"{time // unit} {name}"
    return "less than a minute"


def _size(size: int) -> str:
    for unit, name in SIZES:
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size} bytes"


def _milliseconds(value: float | None) -> str:
    return "an unknown time" if value is None else f"{value:,.0f} ms"
