"""From an operator's options and settings to the stage on AWS that they mean."""

import os
import time
from dataclasses import dataclass
from typing import Any

import boto3

from chalicelib.firewall.calls import Waf, waf_client
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import Names
from chalicelib.settings import Settings, stage_environment
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client
from ops.stage import Stage, StageError
from waf.place import Place
from waf.policy import Scope, policy


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
    table = _settings(target.stage).table
    rest_api_id = target.rest_api_id or stage.deployed_api()
    session = boto3.Session()
    _require_stage(session.client("apigateway"), rest_api_id, stage.gateway_stage)
    return Place(
        names=Names(stage.app, stage.name),
        waf=Waf(waf_client(session), timeout=target.timeout, pace=target.pace),
        table=Client(BotoTransport(), table, time.monotonic, time.sleep),
        logs=session.client("logs"),
        resource_arn=stage_arn(session, rest_api_id, stage.gateway_stage),
    )


def open_policy(target: Target) -> dict[str, Any]:
    """Any API's stage where none is deployed yet. Raises StageError, SettingsError, the SDK's errors."""
    stage = Stage.read(target.stage)
    try:
        rest_api_id = target.rest_api_id or stage.deployed_api()
    except StageError:
        rest_api_id = "*"
    session = boto3.Session()
    scope = Scope(
        partition=session.get_partition_for_region(_region(session)),
        region=_region(session),
        account=session.client("sts").get_caller_identity()["Account"],
        stage_arn=stage_arn(session, rest_api_id, stage.gateway_stage),
        table=_settings(target.stage).table,
    )
    return policy(scope, Names(stage.app, stage.name))


def stage_arn(session: Any, rest_api_id: str, gateway_stage: str) -> str:
    """Of the API's stage, as WAF wants it."""
    region = _region(session)
    partition = session.get_partition_for_region(region)
    return f"arn:{partition}:apigateway:{region}::/restapis/{rest_api_id}/stages/{gateway_stage}"


def _region(session: Any) -> str:
    found: str | None = session.region_name
    if not found:
        raise FirewallError(
            "no AWS region is set: AWS_REGION, or the profile's, says which is meant"
        )
    return found


def _require_stage(gateway: Any, rest_api_id: str, gateway_stage: str) -> None:
    try:
        gateway.get_stage(restApiId=rest_api_id, stageName=gateway_stage)
    except gateway.exceptions.NotFoundException:
        raise FirewallError(
            f"there is no REST API {rest_api_id} with a stage {gateway_stage!r} in this account and"
            " region: deploy it first, or is another profile or region meant?"
        ) from None


def _settings(stage: str) -> Settings:
    return Settings.read(stage_environment(stage, os.environ))
