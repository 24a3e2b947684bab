"""Sets what Chalice cannot: logs, limits, alarms, and API Gateway's own errors.

    python gateway/configure.py --stage dev --alarm-topic arn:aws:sns:…

After each `chalice deploy`, which wipes the gateway responses; twice in a row it does nothing the
second time. docs/gateway.md says what each setting is for. AWS credentials, region, profile and
endpoint are the SDK's own settings.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from gateway_alarms import alarm_steps, alarms
from gateway_api import Api, Clients, GatewayError, find_api, require_log_role
from gateway_logs import RETENTIONS, filter_step, find_group, group_steps
from gateway_responses import response_steps
from gateway_stage import stage_steps
from rich.console import Console

from chalicelib.settings import STAGES
from operators.stage import Stage, StageError
from operators.steps import Step, StepError, carry_out, explain, is_anything_due

TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+")


RATE, BURST, LOG_DAYS = 50, 100, 30


@dataclass(frozen=True)
class Wishes:
    """What an operator may choose; None keeps what there is, or takes the default.

    `function` is the name of the API's Lambda; `scheduled` has the others', by their names in app.py.

    Raises GatewayError for what AWS would refuse half-way.
    """

    function: str
    scheduled: Mapping[str, str]
    rate: float | None
    burst: int | None
    log_days: int | None
    alarm_topic: str

    def __post_init__(self) -> None:
        limits = (limit for limit in (self.rate, self.burst) if limit is not None)
        if any(limit <= 0 for limit in limits):
            raise GatewayError("--rate and --burst are to be above 0: at 0 every caller gets 429")
        if self.log_days is not None and self.log_days not in RETENTIONS:
            days = ", ".join(map(str, RETENTIONS))
            raise GatewayError(f"--log-days {self.log_days} is not one of CloudWatch's: {days}")
        if self.alarm_topic and not TOPIC.fullmatch(self.alarm_topic):
            raise GatewayError(f"--alarm-topic {self.alarm_topic} is not the ARN of an SNS topic")


def plan(clients: Clients, api: Api, wishes: Wishes) -> list[Step]:
    """Everything that should be so, in the order of doing it. Raises GatewayError, ClientError."""
    require_log_role(clients.gateway)
    return [*_log_steps(clients, api, wishes), *_other_steps(clients, api, wishes)]


def _log_steps(clients: Clients, api: Api, wishes: Wishes) -> Iterator[Step]:
    logs, stage = clients.logs, api.stage
    for function in (wishes.function, *wishes.scheduled.values()):
        group = f"/aws/lambda/{function}"
        found = find_group(logs, group)
        yield from group_steps(logs, group, found, _days(wishes, found))
    access_group = find_group(logs, api.access_log_group)
    yield from group_steps(logs, api.access_log_group, access_group, _days(wishes, access_group))
    is_there = access_group is not None
    yield filter_step(logs, stage.app, stage.name, api.access_log_group, is_there=is_there)
    rate = wishes.rate or api.every_method.get("throttlingRateLimit") or RATE
    burst = wishes.burst or api.every_method.get("throttlingBurstLimit") or BURST
    yield from stage_steps(clients.gateway, logs, api, rate, burst, access_group)


def _days(wishes: Wishes, group: dict[str, Any] | None) -> int:
    return wishes.log_days or (group or {}).get("retentionInDays") or LOG_DAYS


def _other_steps(clients: Clients, api: Api, wishes: Wishes) -> Iterator[Step]:
    wanted = alarms(api, wishes.function, wishes.scheduled)
    yield from alarm_steps(clients.cloudwatch, wanted, wishes.alarm_topic)
    yield from response_steps(clients.gateway, api)


def configure(stage: Stage, rest_api_id: str, wishes: Wishes, *, dry_run: bool) -> bool:
    """Whether anything was due. Raises GatewayError, StageError, StepError and the SDK's errors."""
    rest_api_id = rest_api_id or stage.deployed_api()
    names = ("apigateway", "logs", "cloudwatch")
    clients = Clients(*(boto3.client(name) for name in names))
    api = find_api(clients.gateway, stage, rest_api_id)
    steps = plan(clients, api, wishes)
    title = f"{api.name} ({api.id}), stage {stage.gateway_stage}"
    console = Console()
    console.print(carry_out(title, steps, dry_run=dry_run))
    is_due = is_anything_due(steps)
    if not is_due:
        console.print("Nothing to do: everything is as wanted")
    return is_due


def main(  # noqa: PLR0913, PLR0917 - a command's options
    stage: Annotated[str, typer.Option(help=" or ".join(STAGES[1:]))],
    rest_api_id: Annotated[
        str, typer.Option(help="where CloudFormation or Terraform deployed the API")
    ] = "",
    function_name: Annotated[
        str, typer.Option(help="the API's Lambda, where Chalice did not name it")
    ] = "",
    expire_function_name: Annotated[
        str, typer.Option(help="the scheduled Lambda `expire`, where Chalice did not name it")
    ] = "",
    finish_function_name: Annotated[
        str, typer.Option(help="the scheduled Lambda `finish`, where Chalice did not name it")
    ] = "",
    alarm_topic: Annotated[str, typer.Option(help="ARN of the SNS topic that alarms go to")] = "",
    rate: Annotated[
        float | None, typer.Option(help=f"requests a second, of each method; {RATE} at first")
    ] = None,
    burst: Annotated[
        int | None, typer.Option(help=f"requests at once, of each method; {BURST} at first")
    ] = None,
    log_days: Annotated[
        int | None, typer.Option(help=f"how long log lines are kept; {LOG_DAYS} at first")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell, but change nothing")] = False,
    status: Annotated[
        bool, typer.Option("--status", help="as --dry-run, and exit 1 when something is due")
    ] = False,
) -> None:
    """Set what Chalice cannot: logs, limits, alarms, and API Gateway's own errors."""
    try:
        found = Stage.read(stage)
        function = function_name or found.full_name
        scheduled = {
            "expire": expire_function_name or f"{function}-expire",
            "finish": finish_function_name or f"{function}-finish",
        }
        wishes = Wishes(function, scheduled, rate, burst, log_days, alarm_topic)
        is_due = configure(found, rest_api_id, wishes, dry_run=dry_run or status)
    except (StageError, GatewayError, StepError) as error:
        sys.exit(f"configure: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"configure: {explain(error)}")
    sys.exit(1 if status and is_due else 0)


if __name__ == "__main__":
    typer.run(main)
