"""`landscape gateway`: sets API Gateway's own errors, logs, limits and alarms, which Chalice cannot.

Run it after each `chalice deploy`, which deletes the gateway responses. A second run changes nothing.
docs/gateway.md has the reason for each setting. AWS credentials, region, profile and endpoint are the
SDK's own settings.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

import boto3
import typer

from chalicelib.settings import Settings
from ops.console import AlarmTopic, AsJson, Console, DryRun, StageName, Status, Yes
from ops.gateway.alarms import SCHEDULED, Watched, alarm_steps, alarms
from ops.gateway.api import (
    Api,
    Clients,
    GatewayError,
    find_api,
    require_log_role,
    stage_steps,
)
from ops.gateway.dashboard import dashboard_step
from ops.gateway.logs import RETENTIONS, filter_step, group_steps
from ops.gateway.removal import removal_steps
from ops.gateway.responses import response_steps
from ops.logs import find_group
from ops.stage import Stage, stage_environment
from ops.steps import Step

TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+")
RATE, BURST, LOG_DAYS = 50, 100, 30


@dataclass(frozen=True)
class GatewayOptions:
    """An operator's choices; None keeps the present value, or takes the default.

    `function` is the API's Lambda, `scheduled` has the others by their names in app.py. `table` is
    the DynamoDB table. All are names on AWS.

    Raises GatewayError for a value that AWS would refuse after the first changes.
    """

    function: str
    scheduled: Mapping[str, str]
    table: str
    rate: float | None = None
    burst: int | None = None
    log_days: int | None = None
    alarm_topic: str = ""
    detailed_metrics: bool = False

    def __post_init__(self) -> None:
        limits = (limit for limit in (self.rate, self.burst) if limit is not None)
        if any(limit <= 0 for limit in limits):
            raise GatewayError("--rate and --burst must be above 0: at 0 every caller gets a 429")
        if self.log_days is not None and self.log_days not in RETENTIONS:
            days = ", ".join(map(str, RETENTIONS))
            raise GatewayError(f"--log-days {self.log_days} is unsupported: use one of {days}")
        if self.alarm_topic and not TOPIC.fullmatch(self.alarm_topic):
            raise GatewayError(
                f"--alarm-topic {self.alarm_topic} is not the ARN of an SNS topic:"
                " `aws sns list-topics` lists them"
            )


def plan(clients: Clients, api: Api, options: GatewayOptions) -> Iterator[Step]:
    """All steps, in their order. Raises GatewayError, ClientError.

    The responses come first: until they are deployed, the gateway's errors are API Gateway's own.
    """
    require_log_role(clients.gateway)
    yield from response_steps(clients, api)
    stage, access_log = api.stage, api.access_log_group
    watched = Watched(stage, api.name, options.function, options.scheduled, options.table)
    groups = {name: find_group(clients.logs, name) for name in watched.log_groups}
    for name, found in groups.items():
        kept = (found or {}).get("retentionInDays")
        yield from group_steps(clients, name, found, options.log_days or kept or LOG_DAYS)
    is_there = groups[access_log] is not None
    yield filter_step(clients, stage.app, stage.name, access_log, is_there=is_there)
    rate = options.rate or api.every_method.get("throttlingRateLimit") or RATE
    burst = options.burst or api.every_method.get("throttlingBurstLimit") or BURST
    yield from stage_steps(
        clients, api, rate, burst, groups[access_log], detailed_metrics=options.detailed_metrics
    )
    yield from alarm_steps(clients.cloudwatch, alarms(watched), options.alarm_topic)
    yield dashboard_step(clients.cloudwatch, watched, access_log)


def configure(
    console: Console,
    stage: Stage,
    rest_api_id: str,
    options: GatewayOptions,
    *,
    dry_run: bool,
    status: bool,
) -> int:
    """The exit code. Raises GatewayError, StageError, StepError and the SDK's errors."""
    rest_api_id = rest_api_id or stage.deployed_api()
    clients = _clients()
    api = find_api(clients.gateway, stage, rest_api_id)
    title = f"{api.name} ({api.id}), stage {stage.gateway_stage}"
    steps = [*plan(clients, api, options)]
    return console.bring_about(title, steps, dry_run=dry_run, status=status)


def _clients() -> Clients:
    return Clients(boto3.client("apigateway"), boto3.client("logs"), boto3.client("cloudwatch"))


def take_down(
    console: Console, watched: Watched, *, with_logs: bool, yes: bool, dry_run: bool, status: bool
) -> int:
    """The exit code. Raises GatewayError, StepError and the SDK's errors."""
    steps = [*removal_steps(_clients(), watched, with_logs=with_logs)]
    title = f"Alarms, dashboard and logs of {watched.stage.full_name}"
    question = "" if yes else f"Delete these resources of {watched.stage.full_name}?"
    return console.bring_about(title, steps, dry_run=dry_run, status=status, question=question)


def main(  # noqa: PLR0913, PLR0917 - a command's options
    stage: StageName,
    rest_api_id: Annotated[
        str, typer.Option(help="id of an API that CloudFormation or Terraform deployed")
    ] = "",
    alarm_topic: AlarmTopic = "",
    rate: Annotated[
        float | None, typer.Option(help=f"requests a second for each method; {RATE} at first")
    ] = None,
    burst: Annotated[
        int | None, typer.Option(help=f"requests at once for each method; {BURST} at first")
    ] = None,
    log_days: Annotated[
        int | None, typer.Option(help=f"days to keep log lines; {LOG_DAYS} at first")
    ] = None,
    detailed_metrics: Annotated[
        bool, typer.Option("--detailed-metrics", help="metrics of each method, which are charged")
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="delete alarms, dashboard and metric filter")
    ] = False,
    with_logs: Annotated[
        bool, typer.Option("--with-logs", help="with --delete: also delete the log groups")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    status: Status = False,
    as_json: AsJson = False,
) -> None:
    """Set API Gateway's own errors, logs, limits, alarms and a dashboard, which Chalice cannot."""
    console = Console("gateway", as_json)
    with console.failures():
        found = Stage.read(stage)
        function = found.full_name
        scheduled = {each: f"{function}-{each}" for each in SCHEDULED}
        if delete:
            watched = Watched(found, "", function, scheduled, "")
            looks = {"dry_run": dry_run, "status": status}
            sys.exit(take_down(console, watched, with_logs=with_logs, yes=yes, **looks))
        if with_logs:
            raise GatewayError("--with-logs needs --delete: pass both, or neither")
        table = Settings.read(stage_environment(stage, os.environ)).table
        choice = (rate, burst, log_days, alarm_topic, detailed_metrics)
        options = GatewayOptions(function, scheduled, table, *choice)
        sys.exit(configure(console, found, rest_api_id, options, dry_run=dry_run, status=status))
