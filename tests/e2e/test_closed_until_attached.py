"""A real deployment to an emulated AWS is closed without the firewall. WAF is a strict fake."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Event
from time import sleep

import pytest

from chalicelib.firewall.gate import REREAD_SECONDS
from chalicelib.firewall.names import HEADER
from tests.support.api import Answer, Api
from tests.support.deployment import Deployment
from tests.support.emulator import IamRole
from tests.support.signing import IAM

ROUTES = ("/", "/health", "/api/v1/projects", "/api/v1/technologies", "/api/v1/radar")
SIGNED_ROUTES = (*(IAM + path.rstrip("/") for path in ROUTES), f"{IAM}/api/v1/me")
ROLE = "arn:aws:iam::000000000000:role/nightly-job"
ASSOCIATE = ("firewall", "--stage", "dev", "--pace", "0")
CLOSED = "urn:landscape-api:problem:closed"
ASK_EVERY_SECONDS = 0.05
UNAVAILABLE = "urn:landscape-api:problem:unavailable"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The result of `chalice deploy` alone, without the firewall. One service lists a role."""
    with Deployment(tmp_path_factory.mktemp("closed")) as deployment:
        deployment.configure(TECH_AUDIT_TOOL_ROLE_ARNS=ROLE)
        deployment.run("table", "--stage", "dev")
        deployment.run("chalice", "deploy", "--stage", "dev")
        yield deployment


@pytest.fixture(scope="module")
def role(deployed: Deployment) -> IamRole:
    return IamRole(deployed.emulator, ROLE)


def past_waf_is_closed(deployed: Deployment, role: IamRole) -> bool:
    """Whether the gateway refuses direct requests: with or without the header, signed or not."""
    signed = deployed.signed_by(role.credentials(), past_waf=True)
    callers = ((deployed.past_waf, ROUTES), (signed, SIGNED_ROUTES))
    headers: tuple[dict[str, str], ...] = ({}, {HEADER: "anything"})
    return all(
        is_closed(caller("GET", path, None, header))
        for caller, paths in callers
        for path, header in product(paths, headers)
    )


def let_in(caller: Api, paths: tuple[str, ...]) -> bool:
    return [caller.get(path).status for path in paths] == [200] * len(paths)


def is_closed(answer: Answer) -> bool:
    return (answer.status, answer.json["type"]) == (403, CLOSED)


def test_the_life_of_a_firewall(deployed: Deployment, role: IamRole) -> None:
    assert past_waf_is_closed(deployed, role)
    deployed.run(*ASSOCIATE, "--rate-limit", "1000000")  # later runs keep this limit
    deployed.let_in()
    sleep(REREAD_SECONDS)  # the wrong values above made the Lambda read the table
    signed = deployed.signed_by(role.credentials())
    assert let_in(deployed.api, ROUTES)
    assert let_in(signed, SIGNED_ROUTES)
    assert past_waf_is_closed(deployed, role)
    assert rotate_while_asking(deployed) > 0
    deployed.run(*ASSOCIATE, "--detach", "--yes")
    assert all(is_closed(deployed.api.get(path)) for path in ROUTES)
    assert all(is_closed(signed.get(path)) for path in SIGNED_ROUTES)
    deployed.run(*ASSOCIATE)
    assert deployed.api.get("/health").status == 200


def rotate_while_asking(deployed: Deployment) -> int:
    """Sends requests while the header's value changes twice. All get a 200. Returns their number."""
    ended = Event()

    def ask() -> list[int]:
        waits = iter(lambda: ended.wait(ASK_EVERY_SECONDS), True)
        return [deployed.api.get("/health").status for _ in waits]

    with ThreadPoolExecutor() as pool:
        asking = pool.submit(ask)
        try:
            for _ in range(2):
                before = inserted(deployed)
                options = ("--rotate-secret", "--propagation-seconds", "1")
                deployed.run("firewall", "--stage", "dev", *options)  # all waits happen
                assert inserted(deployed) != before
        finally:
            ended.set()
    assert {*asking.result()} == {200}
    return len(asking.result())


def inserted(deployed: Deployment) -> str:
    """The value that WAF inserts now."""
    (acl,) = deployed.waf.web_acls.values()
    found = json.dumps(acl.held)
    return found[found.index("InsertHeaders") :].partition("]")[0]


def test_a_spoilt_secret_shuts_the_api_until_the_operators_command_replaces_it(
    deployed: Deployment,
) -> None:
    deployed.run(*ASSOCIATE)
    deployed.let_in()
    deployed.emulator.client("dynamodb").put_item(
        TableName="landscape-dev",
        Item={"pk": {"S": "FIREWALL-SECRET"}, "sk": {"S": "."}, "values": {"S": '"abc"'}},
    )
    sleep(REREAD_SECONDS)
    wrong = deployed.past_waf("GET", "/health", None, {HEADER: "makes the Lambda read"})
    for answer in (wrong, deployed.api.get("/health")):
        assert (answer.status, answer.json["type"]) == (503, UNAVAILABLE)
        assert "secret" not in answer.body.decode()
    assert "invalid" in deployed.run(*ASSOCIATE, "--status", expect=3)
    deployed.run(*ASSOCIATE)
    sleep(REREAD_SECONDS)
    assert deployed.api.get("/health").status == 200


def test_the_scheduled_function_takes_out_what_has_expired(deployed: Deployment) -> None:
    deployed.run(*ASSOCIATE)
    allow = ("allow", "add", "--stage", "dev", "--pace", "0")
    deployed.run(*allow, "192.0.2.1", "--force", "--permanent")
    deployed.run(*allow, "192.0.2.2", "--force", "--for", "1h")
    expire_now(deployed, "192.0.2.2/32")
    for _ in range(2):
        assert not deployed.call_scheduled("expire")
    listed = {cidr for found in deployed.waf.ip_sets.values() for cidr in found.held["Addresses"]}
    assert "192.0.2.1/32" in listed
    assert "192.0.2.2/32" not in listed
    told = [line["firewall"] for line in deployed.logged("expire")]
    assert [(one["sets"], one["removed"]) for one in told] == [("changed", 1), ("unchanged", 0)]
    assert told[0]["removed_from"] == {"landscape-api-dev-allow-ipv4": ["192.0.2.2/32"]}


def expire_now(deployed: Deployment, cidr: str) -> None:
    """Moves the expiry of an entry into the past."""
    deployed.emulator.client("dynamodb").update_item(
        TableName="landscape-dev",
        Key={"pk": {"S": "FIREWALL#allow"}, "sk": {"S": cidr}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00Z"}},
    )


def test_eventbridge_calls_them_every_fifteen_minutes(deployed: Deployment) -> None:
    events = deployed.emulator.client("events")
    rules = events.list_rules(NamePrefix="landscape-api-dev")["Rules"]
    assert {rule["Name"]: (rule["ScheduleExpression"], rule["State"]) for rule in rules} == {
        f"landscape-api-dev-{name}-event": ("rate(15 minutes)", "ENABLED")
        for name in ("expire", "finish")
    }


def test_each_functions_policy_is_its_own(deployed: Deployment) -> None:
    iam = deployed.emulator.client("iam")
    policies = {"api_handler": "dev", "expire": "dev-expire", "finish": "dev-finish"}
    for role, file in policies.items():
        name = f"landscape-api-dev-{role}"
        policy = iam.get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]
        assert policy == json.loads((deployed.project / f".chalice/policy-{file}.json").read_text())
