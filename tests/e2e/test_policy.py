"""The Lambda's written policy: enough for every request, and with no statement of it too much."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.e2e.test_closed_until_attached import EVENT
from tests.support import Api

P = "/api/v1/projects"
USER = "user@example.org"
ROLE = "landscape-api-dev-api_handler"
EXPIRES_ROLE = "landscape-api-dev-expire"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """On an emulated AWS that enforces IAM policies."""
    with Deployment(tmp_path_factory.mktemp("policy"), enforces_policies=True) as deployment:
        deployment.audit.add_user(USER, "Admin")
        deployment.deploy()
        deployment.let_in()
        yield deployment


def life(deployed: Deployment, name: str) -> list[int]:
    """The statuses of a project's life: every kind of call that the store makes."""
    user: Api = deployed.api.with_token(deployed.audit.tokens(USER)["IdToken"])
    uses = [{"technology": f"Born of {name}", "category": "languages"}]
    made = user("POST", P, {"name": name, "technologies": uses})
    path = f"{P}/{name.lower()}"
    answers = [
        made,
        user.get("/health"),
        user.get(f"{P}?q={name}&limit=1"),
        user.get(path),
        user("PATCH", path, {"technologies": []}, if_match="*"),
        user("DELETE", path, if_match="*"),
    ]
    return [answer.status for answer in answers]


def test_the_policy_is_enough(deployed: Deployment) -> None:
    assert life(deployed, "Enough") == [201, 200, 200, 200, 200, 204]


@pytest.mark.parametrize("sid", ["ReadTheRegister", "WriteTheRegister"])
def test_without_a_statement_it_is_not(deployed: Deployment, sid: str) -> None:
    iam = deployed.emulator.client("iam")
    role: dict[str, Any] = {"RoleName": ROLE, "PolicyName": ROLE}
    whole = iam.get_role_policy(**role)["PolicyDocument"]
    less = {**whole, "Statement": [one for one in whole["Statement"] if one["Sid"] != sid]}
    assert len(less["Statement"]) == len(whole["Statement"]) - 1
    iam.put_role_policy(**role, PolicyDocument=json.dumps(less))
    try:
        statuses = life(deployed, sid)
    finally:
        iam.put_role_policy(**role, PolicyDocument=json.dumps(whole))
    assert any(status >= 500 for status in statuses)
    assert life(deployed, f"After{sid}") == [201, 200, 200, 200, 200, 204]


def expire(deployed: Deployment) -> str | None:
    """What the scheduled function failed with, if it did."""
    answer = deployed.emulator.client("lambda").invoke(
        FunctionName="landscape-api-dev-expire", Payload=json.dumps(EVENT)
    )
    failed: str | None = answer.get("FunctionError")
    return failed


def test_the_scheduled_functions_policy_is_enough_and_not_without_the_table(
    deployed: Deployment,
) -> None:
    assert expire(deployed) is None
    iam = deployed.emulator.client("iam")
    role: dict[str, Any] = {"RoleName": EXPIRES_ROLE, "PolicyName": EXPIRES_ROLE}
    whole = iam.get_role_policy(**role)["PolicyDocument"]
    less = {**whole, "Statement": whole["Statement"][1:]}
    iam.put_role_policy(**role, PolicyDocument=json.dumps(less))
    assert expire(deployed) == "Unhandled"


def test_the_stages_differ_in_nothing_but_their_names() -> None:
    root = Path(__file__).resolve().parents[2] / ".chalice"
    dev, prod = ((root / f"policy-{stage}.json").read_text() for stage in ("dev", "prod"))
    assert dev.replace("-dev", "-prod") == prod
    assert "Scan" not in dev
