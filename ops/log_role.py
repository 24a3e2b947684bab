"""`landscape log-role`: the role that API Gateway writes access logs with, once for each account and region.

It is one for all APIs of the account in the region: a role that there is stays, whosever it is.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import boto3

from ops.console import AsJson, Console, DryRun, Status
from ops.retries import PAUSES, Retries
from ops.steps import MISSING, NOT_SET, Step

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
# IAM tells API Gateway of a new role after some seconds, and until then it is refused.
NOT_KNOWN_YET = Retries(("BadRequestException", "TooManyRequestsException"), PAUSES)


def plan(gateway: Any, iam: Any, sleep: Callable[[float], None] = time.sleep) -> Iterator[Step]:
    """The role, its policy, and that API Gateway uses it; nothing of it where there is one.

    Raises ClientError.
    """
    used = gateway.get_account().get("cloudwatchRoleArn")
    if used:
        yield Step("role of API Gateway", used, used, lambda: None)
        return
    try:
        found = iam.get_role(RoleName=NAME)
    except iam.exceptions.NoSuchEntityException:
        found = None
    yield Step(f"role {NAME}", "there" if found else MISSING, "there", partial(_make, iam))
    arn = f"arn:{gateway.meta.partition}:iam::aws:policy/{POLICY}"
    attach = partial(iam.attach_role_policy, RoleName=NAME, PolicyArn=arn)
    is_attached = bool(found) and any(
        policy["PolicyArn"] == arn
        for policy in iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]
    )
    yield Step("its policy", arn if is_attached else NOT_SET, arn, attach)
    use = partial(NOT_KNOWN_YET.repeat, partial(_use, gateway, iam), sleep)
    yield Step("role of API Gateway", NOT_SET, NAME, use)


def _make(iam: Any) -> None:
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))


def _use(gateway: Any, iam: Any) -> None:
    arn = iam.get_role(RoleName=NAME)["Role"]["Arn"]
    change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}
    gateway.update_account(patchOperations=[change])


def main(dry_run: DryRun = False, status: Status = False, as_json: AsJson = False) -> None:
    """Give API Gateway a role to write logs with, once for each account and region."""
    console = Console("log-role", as_json)
    with console.failures():
        gateway = boto3.client("apigateway")
        title = f"Access logs of API Gateway in {gateway.meta.region_name}"
        steps = [*plan(gateway, boto3.client("iam"))]
        sys.exit(console.bring_about(title, steps, dry_run=dry_run, status=status))
