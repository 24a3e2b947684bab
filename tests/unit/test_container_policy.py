"""docs/container-policy.json allows all calls of `landscape container` and its CloudFormation."""

import json
import re
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

import pytest

from tests.support.api import ROOT
from tests.unit.test_container_template import RESOURCES

TEXT = (ROOT / "docs/container-policy.json").read_text()
STATEMENTS: dict[str, dict[str, Any]] = {one["Sid"]: one for one in json.loads(TEXT)["Statement"]}
SCHEMAS = files("cfnlint") / "data/schemas"
HANDLERS = ("create", "read", "update", "delete")
# Actions in CloudFormation's schemas for properties that the template does not use: other services,
# other kinds of roles, and parts of these services that cost more or hide something.
UNUSED = re.compile(
    r"(cognito-idp|firehose|kms|lambda|s3|vpc-lattice|vpce):.*"
    r"|ec2:.*(VpnGateway|VpcEncryptionControl|VpcTenancy|SubnetCidrBlock).*"
    r"|ec2:DescribeIpamPools|ecs:PutAccountSetting.*|ecs:StopServiceDeployment"
    r"|elasticloadbalancing:.*(CapacityReservation|IpPools|IpAddressType)"
    r"|iam:(Attach|Detach)RolePolicy|iam:.*PermissionsBoundary|iam:UpdateRoleDescription"
    r"|logs:.*(DataProtectionPolicy|LogDelivery|ResourcePolic|IndexPolic|KmsKey|Bearer|Protection).*"
)


def listed(of: str | list[str]) -> list[str]:
    return [of] if isinstance(of, str) else of


def is_allowed(action: str) -> bool:
    patterns = (name for one in STATEMENTS.values() for name in listed(one["Action"]))
    return any(fnmatchcase(action, pattern) for pattern in patterns)


def needed(kind: str) -> set[str]:
    """The actions by CloudFormation's own schema of the resource type, from cfn-lint."""
    names = json.loads((SCHEMAS / "providers/eu-west-2.json").read_text())
    handlers = json.loads((SCHEMAS / f"resources/{names[kind]}.json").read_text())["handlers"]
    return {each for name in HANDLERS for each in handlers.get(name, {}).get("permissions", [])}


@pytest.mark.parametrize("kind", sorted({one["Type"] for one in RESOURCES.values()}))
def test_cloudformation_may_make_change_and_delete_each_kind(kind: str) -> None:
    actions = needed(kind)
    assert actions
    assert sorted(each for each in actions if not is_allowed(each) and not UNUSED.match(each)) == []


@pytest.mark.parametrize("sid", STATEMENTS)
def test_a_right_reaches_the_stages_own_names_or_only_what_its_stack_does(sid: str) -> None:
    statement = STATEMENTS[sid]
    through = statement.get("Condition", {}).get("ForAnyValue:StringEquals", {})
    looks = all(re.match(r"\w+:(Describe|Get)", one) for one in listed(statement["Action"]))
    for resource in listed(statement["Resource"]):
        assert (
            re.search(r"landscape-api(-dev-container-?\*?)?(/\*)?$|aws-service-role", resource)
            or through == {"aws:CalledVia": "cloudformation.amazonaws.com"}
            or looks
        )


def test_it_fits_into_a_managed_policy() -> None:
    assert len(re.sub(r"\s", "", TEXT)) <= 6144
