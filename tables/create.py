"""Makes the register's DynamoDB table, or brings it up to date.

    python tables/create.py --stage dev

On-demand capacity, point-in-time recovery, deletion protection, and a time to live for receipts.
Twice in a row gives the same table; a table of another shape is left alone. AWS credentials,
region, profile and endpoint are the SDK's own settings.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from chalicelib.settings import STAGES, Settings, SettingsError, stage_environment

SCHEME = "dynamodb://"
TTL_ATTRIBUTE = "ttl"
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
WAIT = {"Delay": 2, "MaxAttempts": 150}  # seconds, five minutes in all


class TableError(Exception):
    """Says what stands in the way."""


@dataclass(frozen=True)
class Step:
    """One thing the table should be: whether it is, and how it becomes so."""

    what: str
    wanted: str
    found: str
    make: Callable[[], Any]

    @property
    def is_due(self) -> bool:
        return self.found != self.wanted


def table_name(settings: Settings) -> str:
    """Raises SettingsError where the stage keeps its register elsewhere."""
    if not settings.store_url.startswith(SCHEME):
        raise SettingsError(
            f"LANDSCAPE_STORE_URL of the stage {settings.stage} is not dynamodb://…: no table to make"
        )
    return settings.store_url.removeprefix(SCHEME)


def steps(client: Any, name: str, stage: str) -> Iterator[Step]:
    """What is to be done, one after the other: the table first. Raises TableError."""
    table = _describe(client, name)
    yield Step(
        "table", "there", "there" if table else "missing", lambda: create_table(client, name, stage)
    )
    if table:
        _require_shape(table, name)
    billing = (table or {}).get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    yield Step(
        "capacity",
        "PAY_PER_REQUEST",
        billing if table else "PAY_PER_REQUEST",
        lambda: client.update_table(TableName=name, BillingMode="PAY_PER_REQUEST"),
    )
    yield Step(
        "deletion protection",
        "on",
        _on(table.get("DeletionProtectionEnabled")) if table else "on",
        lambda: client.update_table(TableName=name, DeletionProtectionEnabled=True),
    )
    yield Step(
        "point-in-time recovery",
        "on",
        _recovery(client, name) if table else "off",
        lambda: client.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        ),
    )
    yield Step(
        "time to live",
        TTL_ATTRIBUTE,
        _ttl(client, name) if table else "off",
        lambda: client.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE},
        ),
    )


def _describe(client: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return found


def _require_shape(table: dict[str, Any], name: str) -> None:
    if table["KeySchema"] != KEYS:
        raise TableError(
            f"{name} is another table: its keys are not pk and sk. Nothing was changed"
        )


def create_table(client: Any, name: str, stage: str) -> None:
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=KEYS,
        AttributeDefinitions=[
            {"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in KEYS
        ],
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "app", "Value": "landscape-api"}, {"Key": "stage", "Value": stage}],
    )


def _recovery(client: Any, name: str) -> str:
    found = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    status = found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return _on(status == "ENABLED")


def _ttl(client: Any, name: str) -> str:
    found = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if found["TimeToLiveStatus"] in ("ENABLED", "ENABLING"):
        attribute: str = found["AttributeName"]
        return attribute
    return "off"


def _on(flag: bool | None) -> str:
    return "on" if flag else "off"


def bring_up_to_date(client: Any, name: str, stage: str, *, dry_run: bool) -> Table:
    """Carries out what is due, and gives a table of it. Raises TableError, ClientError."""
    done = Table(title=f"DynamoDB table {name}", title_justify="left", box=None)
    for column in ("what", "was", "is to be", "done"):
        done.add_column(column)
    for step in list(steps(client, name, stage)):
        said = "nothing to do"
        if step.is_due:
            said = "would be done" if dry_run else "done"
        if step.is_due and not dry_run:
            step.make()
            client.get_waiter("table_exists").wait(TableName=name, WaiterConfig=WAIT)
        done.add_row(step.what, step.found, step.wanted, said)
    return done


def main(
    stage: Annotated[str, typer.Option(help=" or ".join(STAGES[1:]))],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell, but change nothing")] = False,
) -> None:
    """Make the register's DynamoDB table, or bring it up to date."""
    try:
        name = table_name(Settings.read(stage_environment(stage, os.environ)))
        client = boto3.client("dynamodb")
        Console().print(bring_up_to_date(client, name, stage, dry_run=dry_run))
    except (SettingsError, TableError, BotoCoreError, ClientError) as error:
        sys.exit(f"create: {error}. The same command goes on from here")


if __name__ == "__main__":
    typer.run(main)
