"""Makes the register's DynamoDB table, or brings it up to date.

    python tables/create.py --stage dev

On-demand capacity, point-in-time recovery, deletion protection, and a time to live for receipts.
Twice in a row gives the same table; a table of another shape is left alone. AWS credentials,
region, profile and endpoint are the SDK's own settings.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from chalicelib.settings import STAGES, Settings, SettingsError, stage_environment
from operators.steps import MISSING, Step, StepError, carry_out, explain

SCHEME = "dynamodb://"
TTL_ATTRIBUTE = "ttl"
ON_DEMAND = "PAY_PER_REQUEST"
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
WAIT = {"Delay": 2, "MaxAttempts": 150}  # seconds, five minutes in all


class TableError(Exception):
    """Says what stands in the way."""


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
    if table is None:
        make = _and_wait(client, name, lambda: create_table(client, name, stage))
        yield Step("table", MISSING, "there", make)
    else:
        _require_shape(table, name)
        yield Step("table", "there", "there", lambda: None)
        yield from _table_steps(client, name, table)
    yield from _extras(client, name, is_there=table is not None)


def _table_steps(client: Any, name: str, table: dict[str, Any]) -> Iterator[Step]:
    """What create_table gives a new table at once, and an older one may have lost."""

    def updates(**changes: Any) -> Callable[[], None]:
        return _and_wait(client, name, lambda: client.update_table(TableName=name, **changes))

    billing = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    yield Step("capacity", billing, ON_DEMAND, updates(BillingMode=ON_DEMAND))
    protected = _on(table.get("DeletionProtectionEnabled"))
    yield Step("deletion protection", protected, "on", updates(DeletionProtectionEnabled=True))


def _extras(client: Any, name: str, *, is_there: bool) -> Iterator[Step]:
    """What a table can only be given once it is there."""
    recovery = {"PointInTimeRecoveryEnabled": True}
    yield Step(
        "point-in-time recovery",
        _recovery(client, name) if is_there else "off",
        "on",
        lambda: once_backups_are_enabled(
            client,
            lambda: client.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification=recovery
            ),
        ),
    )
    ttl = {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
    yield Step(
        "time to live",
        _ttl(client, name) if is_there else "off",
        TTL_ATTRIBUTE,
        lambda: client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl),
    )


def once_backups_are_enabled(
    client: Any, change: Callable[[], Any], sleep: Callable[[float], None] = time.sleep
) -> Any:
    """A table that was just made refuses it for some seconds."""
    for _ in range(WAIT["MaxAttempts"]):
        try:
            return change()
        except client.exceptions.ContinuousBackupsUnavailableException:
            sleep(WAIT["Delay"])
    return change()


def _and_wait(client: Any, name: str, change: Callable[[], Any]) -> Callable[[], None]:
    def make() -> None:
        change()
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig=WAIT)

    return make


def _describe(client: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.describe_table(TableName=name)["Table"]
        if found["TableStatus"] != "ACTIVE":  # a run before this one was cut short
            client.get_waiter("table_exists").wait(TableName=name, WaiterConfig=WAIT)
            found = client.describe_table(TableName=name)["Table"]
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
        BillingMode=ON_DEMAND,
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
    """Carries out what is due, and gives a table of it. Raises TableError, StepError, ClientError."""
    return carry_out(f"DynamoDB table {name}", [*steps(client, name, stage)], dry_run=dry_run)


def main(
    stage: Annotated[str, typer.Option(help=" or ".join(STAGES[1:]))],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell, but change nothing")] = False,
) -> None:
    """Make the register's DynamoDB table, or bring it up to date."""
    try:
        name = table_name(Settings.read(stage_environment(stage, os.environ)))
        client = boto3.client("dynamodb")
        Console().print(bring_up_to_date(client, name, stage, dry_run=dry_run))
    except (SettingsError, TableError, StepError) as error:
        sys.exit(f"create: {error}. The same command goes on from here")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"create: {explain(error)}. The same command goes on from here")


if __name__ == "__main__":
    typer.run(main)
