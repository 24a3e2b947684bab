"""`landscape log-role`: creates the role with which API Gateway writes access logs.

All APIs of an account in a region share this role. If one is set already, nothing changes.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import boto3

from ops.console import AsJson, Console, DryRun, Status
from ops.retries import PAUSES, Retries
from ops.steps import MISSING, NOT_SET, Step

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_iam.client import IAMClient

NAME = "api-gateway-logs"
POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
# API Gateway refuses a new role until IAM has propagated it, which takes some seconds.
NOT_KNOWN_YET = Retries(("BadRequestException", "TooManyRequestsException"), PAUSES)


def plan(
    gateway: "APIGatewayClient", iam: "IAMClient", sleep: Callable[[float], None] = time.sleep
) -> Iterator[Step]:
    """Steps for the role, its policy and the account's setting. A role that is set does not change.

    Raises ClientError.
    """
    used = gateway.get_account().get("cloudwatchRoleArn")
    if used:
        yield Step("role of API Gateway", used, used, lambda: None)
        return
    try:
        found = bool(iam.get_role(RoleName=NAME))
    except iam.exceptions.NoSuchEntityException:
        found = False
    yield Step(f"role {NAME}", "there" if found else MISSING, "there", partial(_make, iam))
    arn = f"arn:{gateway.meta.partition}:iam::aws:policy/{POLICY}"
    attach = partial(iam.attach_role_policy, RoleName=NAME, PolicyArn=arn)
    is_attached = found and any(
        policy["PolicyArn"] == arn
        for policy in iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]
    )
    yield Step("its policy", arn if is_attached else NOT_SET, arn, attach)
    use = partial(NOT_KNOWN_YET.repeat, partial(_use, gateway, iam), sleep)
    yield Step("role of API Gateway", NOT_SET, NAME, use)


def _make(iam: "IAMClient") -> None:
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))


def _use(gateway: "APIGatewayClient", iam: "IAMClient") -> None:
    arn = iam.get_role(RoleName=NAME)["Role"]["Arn"]
    gateway.update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]
    )


def main(dry_run: DryRun = False, status: Status = False, as_json: AsJson = False) -> None:
    """Create the role with which API Gateway writes logs, once for each account and region."""
    console = Console("log-role", as_json)
    with console.failures():
        gateway = boto3.client("apigateway")
        title = f"Access logs of API Gateway in {gateway.meta.region_name}"
        steps = [*plan(gateway, boto3.client("iam"))]
        sys.exit(console.bring_about(title, steps, dry_run=dry_run, status=status))
