"""From an operator's options and settings to the stage on AWS that they mean."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import boto3

from chalicelib.firewall.calls import Waf, waf_client
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import Names
from chalicelib.settings import Settings
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client
from ops.stage import Stage, StageError, stage_environment
from waf.place import Place

# The IAM policy of whoever runs associate.py and allowlist.py: no more than the two need.
POLICY = Path(__file__).parent / "policy.json"


@dataclass(frozen=True)
class Target:
    """The stage, its API ("" for the one that Chalice deployed) and how AWS WAF is to be called."""

    stage: str
    rest_api_id: str
    timeout: float
    pace: float


def open_place(target: Target) -> Place:
    """Raises StageError, SettingsError, FirewallError where there is no such API, the SDK's errors."""
    stage = Stage.read(target.stage)
    table = open_table(target.stage)
    rest_api_id = target.rest_api_id or stage.deployed_api()
    gateway = boto3.client("apigateway")
    _require_stage(gateway, rest_api_id, stage.gateway_stage)
    return Place(
        names=Names(stage.app, stage.name),
        waf=Waf(waf_client(), timeout=target.timeout, pace=target.pace),
        table=table,
        logs=boto3.client("logs"),
        resource_arn=stage_arn(gateway.meta, rest_api_id, stage.gateway_stage),
    )


def open_table(stage: str) -> Client:
    """Raises SettingsError where the stage keeps nothing in DynamoDB."""
    table = Settings.read(stage_environment(stage, os.environ)).table
    return Client(BotoTransport(), table, time.monotonic, time.sleep)


def fill_policy(target: Target) -> dict[str, Any]:
    """Any API's stage where none is deployed yet. Raises StageError, SettingsError, the SDK's errors."""
    stage = Stage.read(target.stage)
    try:
        rest_api_id = target.rest_api_id or stage.deployed_api()
    except StageError:
        rest_api_id = "*"
    sts = boto3.client("sts")
    account, arn = sts.get_caller_identity()["Account"], f"arn:{sts.meta.partition}"
    place = f"{sts.meta.region_name}:{account}"
    filled: dict[str, Any] = json.loads(
        Template(POLICY.read_text()).substitute(
            name=Names(stage.app, stage.name).web_acl,
            wafv2=f"{arn}:wafv2:{place}:regional",
            logs=f"{arn}:logs:{place}",
            role=f"{arn}:iam::{account}:role",
            table=f"{arn}:dynamodb:{place}:table/{open_table(target.stage).table}",
            stage=stage_arn(sts.meta, rest_api_id, stage.gateway_stage),
        )
    )
    return filled


def stage_arn(meta: Any, rest_api_id: str, gateway_stage: str) -> str:
    """Of the API's stage, as WAF wants it; `meta` is a client's."""
    path = f"/restapis/{rest_api_id}/stages/{gateway_stage}"
    return f"arn:{meta.partition}:apigateway:{meta.region_name}::{path}"


def _require_stage(gateway: Any, rest_api_id: str, gateway_stage: str) -> None:
    try:
        gateway.get_stage(restApiId=rest_api_id, stageName=gateway_stage)
    except gateway.exceptions.NotFoundException:
        raise FirewallError(
            f"there is no REST API {rest_api_id} with a stage {gateway_stage!r} in this account and"
            " region: deploy it first, or is another profile or region meant?"
        ) from None
