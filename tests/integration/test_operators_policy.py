"""The written policies of whoever deploys, enforced by the emulated AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import ROOT
from tests.support.deployment import Deployment
from tests.support.emulator import CREDENTIALS

# The emulated AWS does not see the name of a function that is not there yet, nor that of a rule, and
# takes a look at an alias, or a change of one, for ListAliases.
ACTIONS = ("events:PutRule", "events:PutTargets", "lambda:CreateFunction", "lambda:ListAliases")
EMULATED = {"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}


class Operator(Deployment):
    """Whoever runs the commands has no right but those of the two written policies."""

    _key: dict[str, Any] | None = None

    def __init__(self, place: Path) -> None:
        super().__init__(place, enforces_policies=True)
        printed = self.run("firewall", "--stage", "dev", "--print-policy")
        text = (ROOT / "docs/operators-policy.json").read_text()
        policy = json.loads(text.replace("123456789012", CREDENTIALS["aws_access_key_id"]))
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


def test_the_operators_policies_are_enough_to_deploy_and_to_go_back(operator: Operator) -> None:
    """Twice, as the second deployment changes what the first one made. Without it, not at all.

    The imports of the API are not checked: tests/support/aws_proxy.py carries them out itself.
    """
    operator.deploy()
    app = operator.project / "app.py"
    app.write_text(app.read_text() + "# another version\n")
    operator.deploy()
    operator.run("rollback", "--stage", "dev")
    for policy in operator.policies:
        operator.iam.detach_user_policy(**policy)
    for script in ("table", "gateway"):
        assert "AccessDenied" in operator.run(script, "--stage", "dev", expect=1)


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
    assert "the association holds" in operator.run(*command, "--pace", "0")
