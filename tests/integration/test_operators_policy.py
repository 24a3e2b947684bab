"""The documented policies for deployments, at an emulated AWS that enforces them."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.api import ROOT
from tests.support.deployment import Deployment, allow_access_logs
from tests.support.emulator import CREDENTIALS

# Actions that the emulated AWS checks differently. It does not see the name of a new function or of
# a rule. It checks reads and changes of an alias as ListAliases. It lacks the condition on the
# attached policy, and does not match a dashboard's ARN.
ACTIONS = (
    *("cloudwatch:GetDashboard", "cloudwatch:PutDashboard"),
    *("events:DescribeRule", "events:ListTargetsByRule", "events:PutRule", "events:PutTargets"),
    "iam:AttachRolePolicy",
    *("lambda:CreateFunction", "lambda:ListAliases"),
)
EMULATED = {"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}


BOUNDARY = f"arn:aws:iam::{CREDENTIALS['aws_access_key_id']}:policy/landscape-dev-boundary"
# Copied from docs/pipeline.md.
CONDITION = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
LAMBDA_MAY_TAKE_IT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def of_this_account(name: str, zone: str = "") -> dict[str, Any]:
    """A policy of docs/ for the emulated account, with this hosted zone."""
    text = (ROOT / "docs" / name).read_text().replace("Z0123456789EXAMPLE", zone)
    found: dict[str, Any] = json.loads(
        text.replace("123456789012", CREDENTIALS["aws_access_key_id"])
    )
    return found


class Operator(Deployment):
    """A deployment whose commands have only the rights of the two documented policies."""

    _key: dict[str, Any] | None = None

    def __init__(self, place: Path, *, within_the_boundary: bool = False) -> None:
        super().__init__(place, enforces_policies=True)
        printed = self.run("firewall", "--stage", "dev", "--print-policy")
        zone = self.emulator.client("route53").create_hosted_zone(
            Name="example.org", CallerReference="operator"
        )
        self.zone = str(zone["HostedZone"]["Id"]).rpartition("/")[2]
        policy = of_this_account("operators-policy.json", self.zone)
        if within_the_boundary:
            role = next(one for one in policy["Statement"] if one["Sid"] == "ItsRole")
            role["Condition"] = CONDITION
        policy["Statement"].append(EMULATED)
        user = {"UserName": "operator"}
        self.iam = self.emulator.client("iam")
        self.iam.create_user(**user)
        self.policies: list[dict[str, str]] = []
        for name, text in (("operators", json.dumps(policy)), ("firewall", printed)):
            self.allow(name, text)
        self._key = self.iam.create_access_key(**user)["AccessKey"]

    def allow(self, name: str, policy: str) -> None:
        made = self.iam.create_policy(PolicyName=name, PolicyDocument=policy)["Policy"]
        self.policies.append({"UserName": "operator", "PolicyArn": made["Arn"]})
        self.iam.attach_user_policy(**self.policies[-1])

    def client(self, service: Any) -> Any:
        """A client with the operator's own key, directly at the emulated AWS."""
        named = self.environment
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=self.emulator.url,
            aws_access_key_id=named["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=named["AWS_SECRET_ACCESS_KEY"],
        )

    @property
    def environment(self) -> dict[str, str]:
        if self._key is None:
            return super().environment
        key, secret = self._key["AccessKeyId"], self._key["SecretAccessKey"]
        own = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
        return {**super().environment, **own}


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with Operator(tmp_path) as made:
        yield made


def test_the_operators_policies_are_enough_for_a_deploy_a_domain_status_and_going_back(
    operator: Operator,
) -> None:
    """A second deploy changes what the first created. Without the policies, no command succeeds.

    The imports of the API are not checked, because tests/support/aws_proxy.py carries them out.
    """
    allow_access_logs(operator.emulator, role="")
    operator.run("log-role")
    operator.deploy()
    app = operator.project / "app.py"
    app.write_text(app.read_text() + "# another version\n")
    operator.deploy()
    certificate = operator.emulator.client("acm").request_certificate(DomainName="*.example.org")
    domain = ("domain", "api.example.org", "--stage", "dev", "--zone", operator.zone)
    operator.run(*domain, "--certificate", certificate["CertificateArn"])
    assert "may not" not in operator.run("status", "--stage", "dev", "--pace", "0")
    operator.run(*domain, "--delete", "--yes")
    operator.run("rollback", "--stage", "dev")
    for policy in operator.policies:
        operator.iam.detach_user_policy(**policy)
    for script in ("table", "gateway", "domain api.example.org"):
        assert "AccessDenied" in operator.run(*script.split(), "--stage", "dev", expect=1)


def test_the_policy_printed_for_a_load_balancer_is_needed_to_find_it_and_enough(
    operator: Operator,
) -> None:
    elb = operator.emulator.client("elbv2")
    arn = elb.create_load_balancer(Name="landscape")["LoadBalancers"][0]["LoadBalancerArn"]
    operator.waf.load_balancers.add(arn)
    command = ("firewall", "--stage", "dev", "--load-balancer", arn)
    operator.run("table", "--stage", "dev")
    assert "elasticloadbalancing:DescribeLoadBalancers" in operator.run(*command, expect=1)
    operator.allow("load-balancer", operator.run(*command, "--print-policy"))
    assert "the web ACL is associated" in operator.run(*command, "--pace", "0")


def test_within_a_boundary_an_operator_can_give_a_function_no_further_right(tmp_path: Path) -> None:
    """Without the boundary, the operator could give a function every right in the account."""
    with Operator(tmp_path, within_the_boundary=True) as operator:
        boundary = json.dumps(of_this_account("permissions-boundary.json"))
        operator.iam.create_policy(PolicyName="landscape-dev-boundary", PolicyDocument=boundary)
        iam = operator.client("iam")
        trust = {"AssumeRolePolicyDocument": json.dumps(LAMBDA_MAY_TAKE_IT)}
        names = [f"landscape-api-dev-{each}" for each in ("api_handler", "expire", "finish")]
        with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
            iam.create_role(RoleName=names[0], **trust)
        for name in names:
            iam.create_role(RoleName=name, PermissionsBoundary=BOUNDARY, **trust)
        operator.deploy()
        everything = {"PolicyName": names[0], "PolicyDocument": json.dumps(EVERYTHING)}
        iam.put_role_policy(RoleName=names[0], **everything)
        with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
            iam.delete_role_permissions_boundary(RoleName=names[0])
        function = role_session(operator, names[0])
        function("dynamodb").get_item(
            TableName="landscape-dev", Key={"pk": {"S": "a"}, "sk": {"S": "b"}}
        )
        with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
            function("iam").list_users()
        operator.iam.delete_role_permissions_boundary(RoleName=names[0])
        function("iam").list_users()
        with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
            iam.put_role_policy(RoleName=names[0], **everything)


def role_session(operator: Operator, name: str) -> Callable[[str], Any]:
    """Clients with the rights of a role."""
    arn = f"arn:aws:iam::{CREDENTIALS['aws_access_key_id']}:role/{name}"
    sts = operator.emulator.client("sts")
    made = sts.assume_role(RoleArn=arn, RoleSessionName="function")["Credentials"]
    return partial(
        boto3.client,
        region_name=operator.region,
        endpoint_url=operator.emulator.url,
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )
