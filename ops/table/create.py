"""`landscape table`: creates or updates the register's DynamoDB table.

The table has on-demand capacity, point-in-time recovery, deletion protection, and a time to live for
receipts. A second run changes nothing. A table with other keys is refused. AWS credentials, region,
profile and endpoint are the SDK's own settings.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import ClientError

from chalicelib.settings import Settings
from ops.console import AsJson, Console, DryRun, StageName, Status
from ops.stage import stage_environment
from ops.steps import MISSING, Step
from ops.table.live import LiveTable, TableError

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_dynamodb.type_defs import (
        KeySchemaElementTypeDef,
        TableDescriptionTypeDef,
        TimeToLiveSpecificationTypeDef,
    )

TTL_ATTRIBUTE = "ttl"
ON_DEMAND: Final = "PAY_PER_REQUEST"
KEYS: "list[KeySchemaElementTypeDef]" = [
    {"AttributeName": "pk", "KeyType": "HASH"},
    {"AttributeName": "sk", "KeyType": "RANGE"},
]


def plan(live: LiveTable, stage: str) -> Iterator[Step]:
    """All steps, the table first. Raises TableError."""
    table = live.find()
    if table is None:
        yield Step("table", MISSING, "there", lambda: _make(live, stage))
    else:
        _require_shape(table, live.name)
        yield Step("table", "there", "there", lambda: None)
        yield from _table_steps(live, table)
    yield from _extras(live, is_there=table is not None)


def _make(live: LiveTable, stage: str) -> None:
    """Creates it. If somebody else created it meanwhile, its keys are checked."""

    def make() -> None:
        with suppress(live.client.exceptions.ResourceInUseException):
            create_table(live.client, live.name, stage)

    _require_shape(live.change(make), live.name)


def _table_steps(live: LiveTable, table: "TableDescriptionTypeDef") -> Iterator[Step]:
    """The settings that create_table gives a new table, and that an older one may lack."""

    def updates(**changes: Any) -> Callable[[], Any]:
        update = partial(live.client.update_table, TableName=live.name, **changes)
        return partial(live.change, update)

    billing = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    yield Step("capacity", billing, ON_DEMAND, updates(BillingMode=ON_DEMAND))
    protected = _switch(table.get("DeletionProtectionEnabled"))
    yield Step("deletion protection", protected, "on", updates(DeletionProtectionEnabled=True))


def _extras(live: LiveTable, *, is_there: bool) -> Iterator[Step]:
    """The settings that need an existing table."""
    recover = partial(
        live.client.update_continuous_backups,
        TableName=live.name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    yield Step(
        "point-in-time recovery",
        point_in_time_recovery(live.client, live.name) if is_there else "off",
        "on",
        partial(live.once_free, recover),
    )
    found = ttl_attribute(live.client, live.name) if is_there else "off"
    yield Step("time to live", found, TTL_ATTRIBUTE, partial(enable_ttl, live))


def _require_shape(table: "TableDescriptionTypeDef", name: str) -> None:
    if table["KeySchema"] != KEYS:
        raise TableError(
            f"{name} is another table: its keys are not pk and sk. Nothing was changed. Set another"
            " name in LANDSCAPE_STORE_URL"
        )


def create_table(client: "DynamoDBClient", name: str, stage: str) -> None:
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


def point_in_time_recovery(client: "DynamoDBClient", name: str) -> str:
    """Whether the table has point-in-time recovery: "on" or "off"."""
    found = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    status = found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return _switch(status == "ENABLED")


def ttl_attribute(client: "DynamoDBClient", name: str) -> str:
    """The attribute by which items expire, or "off".

    Raises TableError if DynamoDB would refuse a change: another attribute is enabled, or still being
    disabled.
    """
    found = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    status, attribute = found["TimeToLiveStatus"], str(found.get("AttributeName"))
    if status == "DISABLING":
        raise TableError(
            f"time to live of {name} is being disabled, which takes up to an hour. It cannot be"
            " enabled before. Nothing was changed: wait, and run the command again"
        )
    if status == "DISABLED":
        return "off"
    if attribute != TTL_ATTRIBUTE:
        raise TableError(
            f"items of {name} expire by the attribute {attribute}, and DynamoDB supports one at a"
            f" time. Nothing was changed. Disable it (aws dynamodb update-time-to-live --table-name {name}"
            f" --time-to-live-specification Enabled=false,AttributeName={attribute}), wait up to an"
            " hour, and run the command again"
        )
    return attribute


def enable_ttl(live: LiveTable) -> None:
    """Raises ClientError, unless somebody else has enabled it meanwhile."""
    ttl: TimeToLiveSpecificationTypeDef = {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
    update = live.client.update_time_to_live
    try:
        live.once_free(partial(update, TableName=live.name, TimeToLiveSpecification=ttl))
    except ClientError:
        if ttl_attribute(live.client, live.name) != TTL_ATTRIBUTE:
            raise


def _switch(flag: bool | None) -> str:
    return "on" if flag else "off"


def bring_up_to_date(
    console: Console, stage: str, environment: Mapping[str, str], *, dry_run: bool, status: bool
) -> int:
    """The exit code. Raises SettingsError, TableError, StepError, ClientError."""
    name = Settings.read(stage_environment(stage, environment)).table
    # A list: every step is planned before the first change.
    planned = [*plan(LiveTable(boto3.client("dynamodb"), name), stage)]
    return console.bring_about(f"DynamoDB table {name}", planned, dry_run=dry_run, status=status)


def main(
    stage: StageName, dry_run: DryRun = False, status: Status = False, as_json: AsJson = False
) -> None:
    """Create or update the register's DynamoDB table."""
    console = Console("table", as_json)
    with console.failures():
        sys.exit(bring_up_to_date(console, stage, os.environ, dry_run=dry_run, status=status))
