"""`landscape status`: the live state of a stage, on one screen. It changes nothing.

Each part is read separately. A part that may not be read, or that fails, is named, and the others are
shown. AWS credentials, region, profile and endpoint are the SDK's own settings.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from typing import Annotated, Any

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import ClientError
from rich.table import Table
from rich.text import Text

from chalicelib.firewall.errors import FirewallError
from chalicelib.settings import Settings, SettingsError
from ops.apis import DeployError, apis_of, choose_api, recorded_api
from ops.console import DUE, FAILED, AsJson, Console, Pace, StageName
from ops.stage import Stage, stage_environment
from ops.status import firewall, parts
from ops.status.parts import Live, Part
from ops.steps import AWS_FAILURES, DENIED, OperatorError, explain

QUICK = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
ACTION = re.compile(r"perform: ([\w-]+:\w+)")
Reading = Callable[[Live], Part]


def readings(pace: float) -> dict[str, Reading]:
    """In the order of the screen."""
    return {
        "release": parts.release,
        "gateway": parts.gateway,
        "domains": parts.domains,
        "requests": parts.requests,
        "alarms": parts.alarms,
        "firewall": partial(firewall.firewall, pace=pace),
        "let in": partial(firewall.lists, pace=pace),
        "table": parts.table,
    }


def open_live(name: str, rest_api_id: str) -> Live:
    """Raises DeployError if nothing is deployed; StageError, SettingsError, the SDK's errors."""
    stage = Stage.read(name)
    client = cache(partial(boto3.client, config=QUICK))
    gateway = client("apigateway")
    api_id = rest_api_id or recorded_api(stage)
    region = gateway.meta.region_name
    api_id = api_id or choose_api(stage, apis_of(gateway, stage), region, adopt=True)
    if api_id is None:
        raise DeployError(
            f"nothing is deployed: no REST API calls {stage.full_name} in this account and region."
            f" Run make deploy STAGE={name}, or set AWS_PROFILE and AWS_DEFAULT_REGION to the stage's"
        )
    table = Settings.read(stage_environment(name, os.environ)).table
    return Live(stage, api_id, table, client, datetime.now(UTC))


def read_all(live: Live, pace: float) -> Iterator[tuple[str, Part | str]]:
    """Each part by its name, or the reason why it was not read."""
    for name, read in readings(pace).items():
        try:
            yield name, read(live)
        except (OperatorError, SettingsError, FirewallError, *AWS_FAILURES) as error:
            yield name, why(error)


def why(error: Exception) -> str:
    """The reason why a part was not read: the missing right, or the failure."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ClientError) and cause.response["Error"].get("Code") in DENIED:
            found = ACTION.search(cause.response["Error"].get("Message", ""))
            return f"may not read: {found[1] if found else cause.operation_name}"
        cause = cause.__cause__
    return explain(error)


def show(console: Console, title: str, found: dict[str, Part | str]) -> None:
    """One screen: a row for each part, and one for all faults."""
    table = Table(title=title, title_justify="left", box=None, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, part in found.items():
        lines = [part] if isinstance(part, str) else part.lines
        table.add_row(name, Text("\n".join(lines)))
    wrong = [f"{one['part']}: {one['what']}\n  {one['cure']}" for one in all_due(found)]
    table.add_row("due", Text("\n".join(wrong) or "nothing"))
    console.terminal.print(table)


def all_due(found: dict[str, Part | str]) -> list[dict[str, str]]:
    return [
        {"part": name, "what": what, "cure": cure}
        for name, part in found.items()
        if isinstance(part, Part)
        for what, cure in part.due
    ]


def document(live: Live, found: dict[str, Part | str]) -> dict[str, Any]:
    """The same for programs. A part that was not read has `not_read`, with the reason."""
    read = {
        name.replace(" ", "_"): {"not_read": part} if isinstance(part, str) else part.facts
        for name, part in found.items()
    }
    at = f"{live.now:%Y-%m-%dT%H:%M:%SZ}"
    return {"stage": live.stage.name, "at": at, **read, "due": all_due(found)}


def main(
    stage: StageName,
    rest_api_id: Annotated[
        str, typer.Option(help="id of an API that CloudFormation or Terraform deployed")
    ] = "",
    as_json: AsJson = False,
    pace: Pace = 1.0,
) -> None:
    """Show a stage's live state: release, gateway, requests, alarms, firewall, table."""
    console = Console("status", as_json)
    with console.failures():
        live = open_live(stage, rest_api_id)
        found = dict(read_all(live, pace))
        region = live.client("apigateway").meta.region_name
        title = f"{live.stage.full_name} in {region}, {live.now:%Y-%m-%d %H:%M} UTC"
        if not as_json:
            show(console, title, found)
        console.end(**document(live, found))
        is_unread = any(isinstance(part, str) for part in found.values())
        sys.exit(DUE if all_due(found) else FAILED if is_unread else 0)
