"""The written policies of whoever deploys, enforced by the emulated AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.emulator import CREDENTIALS
from tests.support import ROOT

# The emulated AWS does not see the name of a function that is not there yet, nor that of a rule, and
# takes a look at an alias, or a change of one, for ListAliases.
EMULATED = {
    "Effect": "Allow",
    "Action": [
        "events:PutRule",
        "events:PutTargets",
        "lambda:CreateFunction",
        "lambda:ListAliases",
    ],
    "Resource": "*",
}


class Operator(Deployment):
    """Whoever runs the commands has no right but those of the two written policies."""

    _key: dict[str, Any] | None = None

    def __init__(self, place: Path) -> None:
        super().__init__(place, enforces_policies=True)
        printed = self.run("waf/associate.py", "--stage", "dev", "--print-policy")
        text = (ROOT / "docs/operators-policy.json").read_text()
        policy = json.loads(text.replace("123456789012", CREDENTIALS["aws_access_key_id"]))
        policy["Statement"].append(EMULATED)
        user = {"UserName": "operator"}
        self.iam = self.emulator.client("iam")
        self.iam.create_user(**user)
        self.policies = [
            {**user, "PolicyArn": self.iam.create_policy(**made)["Policy"]["Arn"]}
            for made in (
                {"PolicyName": "operators", "PolicyDocument": json.dumps(policy)},
                {"PolicyName": "firewall", "PolicyDocument": printed},
            )
        ]
        for policy in self.policies:
            self.iam.attach_user_policy(**policy)
        self._key = self.iam.create_access_key(**user)["AccessKey"]

    @property
    def environment(self) -> dict[str, str]:
        if self._key is None:
            return super().environment
        own = {
            "AWS_ACCESS_KEY_ID": self._key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self._key["SecretAccessKey"],
        }
        return {**super().environment, **own}


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with Operator(tmp_path) as made:
        yield made


def test_the_operators_policies_are_enough_to_deploy_and_to_go_back(operator: Operator) -> None:
    """Twice, as the second deployment changes what the first one made. Without it, not at all.

    The imports of the API are not checked: tests/aws_proxy.py carries them out itself.
    """
    operator.deploy()
    app = operator.project / "app.py"
    app.write_text(app.read_text() + "# another version\n")
    operator.deploy()
    operator.run("operators/rollback.py", "--stage", "dev")
    for policy in operator.policies:
        operator.iam.detach_user_policy(**policy)
    for script in ("tables/create.py", "gateway/configure.py"):
        assert "AccessDenied" in operator.run(script, "--stage", "dev", expect=1)
