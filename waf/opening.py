"""Finds the stage on AWS for an operator's options and settings."""

import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import boto3

from chalicelib.firewall.calls import Waf, waf_client
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import Names
from chalicelib.settings import Settings
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client
from ops.stage import Stage, StageError, stage_environment
from waf.place import Place

if TYPE_CHECKING:
    from botocore.client import ClientMeta

# The IAM policy for operators: only the rights that associate.py and allowlist.py need.
POLICY = Path(__file__).parent / "policy.json"
LOAD_BALANCER = re.compile(
    r"arn:aws[\w-]*:elasticloadbalancing:([\w-]+):\d{12}:loadbalancer/app/[\w-]+/\w+"
)
# Other resources, by the beginning of the last part of the ARN.
OTHERS = {
    "loadbalancer/net/": "a Network Load Balancer, which AWS WAF cannot filter",
    "loadbalancer/gwy/": "a Gateway Load Balancer, which AWS WAF cannot filter",
    "listener": "a listener: pass the ARN of its load balancer",
    "targetgroup/": "a target group: pass the ARN of its load balancer",
}


@dataclass(frozen=True)
class Target:
    """The stage, its API, and the `timeout` and `pace` of calls to AWS WAF.

    An empty `rest_api_id` is the API that Chalice deployed. `load_balancer` is an ARN, used instead
    of the API.
    """

    stage: str
    rest_api_id: str
    timeout: float
    pace: float
    load_balancer: str = ""


def open_place(target: Target) -> Place:
    """Raises StageError, SettingsError, the SDK's errors.

    FirewallError if the API or the load balancer does not exist.
    """
    stage = Stage.read(target.stage)
    table = open_table(target.stage)
    arn = target.load_balancer
    return Place(
        names=Names(stage.app, stage.name),
        waf=Waf(waf_client(), timeout=target.timeout, pace=target.pace),
        table=table,
        logs=boto3.client("logs"),
        resource_arn=_find_load_balancer(arn) if arn else _find_stage(target, stage),
        problem_types=stage.problem_types,
    )


def open_table(stage: str) -> Client:
    """Raises SettingsError if the stage has no DynamoDB table."""
    table = Settings.read(stage_environment(stage, os.environ)).table
    return Client(BotoTransport(), table, time.monotonic, time.sleep)


def fill_policy(target: Target, *, with_logs: bool = False) -> dict[str, Any]:
    """The IAM policy for the load balancer or the API's stage. Without an API it covers any API.

    `with_logs` adds the rights for AWS WAF's logs. Raises StageError, SettingsError, FirewallError,
    the SDK's errors.
    """
    stage = Stage.read(target.stage)
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
            resource=_resource(target, stage, sts.meta),
        )
    )
    needless = ["Stage" if target.load_balancer else "LoadBalancer"]
    needless += [] if with_logs else ["OfWafLogs"]
    filled["Statement"] = [s for s in filled["Statement"] if not s["Sid"].endswith((*needless,))]
    return filled


def _resource(target: Target, stage: Stage, meta: "ClientMeta") -> str:
    """The ARN for the policy. Without a deployed API it covers any API."""
    if target.load_balancer:
        return _require_load_balancer(target.load_balancer, meta.region_name)
    try:
        rest_api_id = target.rest_api_id or stage.deployed_api()
    except StageError:
        rest_api_id = "*"
    return stage_arn(meta, rest_api_id, stage.gateway_stage)


def stage_arn(meta: "ClientMeta", rest_api_id: str, gateway_stage: str) -> str:
    """The ARN of the API's stage in the form that AWS WAF needs. `meta` is a client's."""
    path = f"/restapis/{rest_api_id}/stages/{gateway_stage}"
    return f"arn:{meta.partition}:apigateway:{meta.region_name}::{path}"


def _require_load_balancer(arn: str, region: str) -> str:
    """Returns the ARN of an Application Load Balancer in `region`. Raises FirewallError for any other."""
    found = LOAD_BALANCER.fullmatch(arn)
    if found is None:
        kind = arn.rpartition(":")[2]
        what = next((what for begin, what in OTHERS.items() if kind.startswith(begin)), "")
        raise FirewallError(
            f"--load-balancer {arn!r} is {what or 'not the ARN of a load balancer'}. The ARN of an"
            " Application Load Balancer looks like arn:aws:elasticloadbalancing:REGION:ACCOUNT:"
            "loadbalancer/app/NAME/ID: `aws elbv2 describe-load-balancers` prints it"
        )
    if found[1] != region:
        raise FirewallError(
            f"the load balancer {arn} is in {found[1]}, and the region in use is {region}. AWS WAF"
            f" needs both in one region: set AWS_DEFAULT_REGION={found[1]} if the stage is there,"
            f" or name a load balancer in {region}"
        )
    return arn


def _find_load_balancer(arn: str) -> str:
    """The ARN, if the load balancer exists. Raises FirewallError."""
    elb = boto3.client("elbv2")
    try:
        elb.describe_load_balancers(
            LoadBalancerArns=[_require_load_balancer(arn, elb.meta.region_name)]
        )
    except elb.exceptions.LoadBalancerNotFoundException:
        raise FirewallError(
            f"there is no load balancer {arn} in this account and region: create it first, or set"
            " AWS_PROFILE to the right account"
        ) from None
    return arn


def _find_stage(target: Target, stage: Stage) -> str:
    """The ARN of the API's stage. Raises StageError, FirewallError."""
    rest_api_id = target.rest_api_id or stage.deployed_api()
    gateway = boto3.client("apigateway")
    try:
        gateway.get_stage(restApiId=rest_api_id, stageName=stage.gateway_stage)
    except gateway.exceptions.NotFoundException:
        raise FirewallError(
            f"there is no REST API {rest_api_id} with a stage {stage.gateway_stage!r} in this"
            " account and region: deploy it first, or set AWS_PROFILE and AWS_DEFAULT_REGION"
        ) from None
    return stage_arn(gateway.meta, rest_api_id, stage.gateway_stage)
