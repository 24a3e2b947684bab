"""Deployed for real, to an emulated AWS, behind a strict fake of WAF: shut before it, open through it, shut after it."""

import json
from collections.abc import Iterator
from threading import Event, Thread
from time import sleep

import pytest

from chalicelib.firewall.gate import REREAD_SECONDS
from chalicelib.firewall.names import HEADER
from tests.aws_proxy import DATA_PLANE
from tests.deployment import Deployment
from tests.support import Answer, through_http

ROUTES = ("/", "/health", "/api/v1/projects", "/api/v1/technologies", "/api/v1/radar")
ASSOCIATE = ("waf/associate.py", "--stage", "dev", "--pace", "0")
CLOSED = "urn:landscape-api:problem:closed"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """`chalice deploy` alone: what a firewall that was forgotten leaves."""
    with Deployment(tmp_path_factory.mktemp("closed")) as deployment:
        deployment.run("tables/create.py", "--stage", "dev")
        deployment.run("chalice", "deploy", "--stage", "dev")
        yield deployment


def past_waf(deployed: Deployment, path: str, headers: dict[str, str]) -> Answer:
    """Straight to the gateway, with whatever headers."""
    send = through_http("127.0.0.1", deployed.emulator.port)
    return send("GET", f"{DATA_PLANE}{deployed.api_id}/dev{path}", headers, b"")


def all_closed(deployed: Deployment, headers: dict[str, str]) -> bool:
    answers = [past_waf(deployed, path, headers) for path in ROUTES]
    return all((a.status, a.json["type"]) == (403, CLOSED) for a in answers)


def test_the_life_of_a_firewall(deployed: Deployment) -> None:
    assert all_closed(deployed, {})
    assert all_closed(deployed, {HEADER: "anything"})
    deployed.run(*ASSOCIATE, "--rate-limit", "1000000")  # stays as chosen
    deployed.let_in()
    sleep(REREAD_SECONDS)  # a wrong value made the Lambda ask the table just before
    assert [deployed.api.get(path).status for path in ROUTES] == [200] * len(ROUTES)
    assert all_closed(deployed, {})
    assert all_closed(deployed, {HEADER: "anything"})
    assert rotate_while_asking(deployed) > 0
    deployed.run(*ASSOCIATE, "--detach", "--yes")
    answers = [deployed.api.get(path) for path in ROUTES]
    assert [(a.status, a.json["type"]) for a in answers] == [(403, CLOSED)] * len(ROUTES)
    deployed.run(*ASSOCIATE)
    assert deployed.api.get("/health").status == 200


def rotate_while_asking(deployed: Deployment) -> int:
    """Asks all the while that the header's value is changed, twice: how often. Every answer is a 200."""
    ended = Event()
    statuses: list[int] = []

    def ask() -> None:
        while not ended.is_set():
            statuses.append(deployed.api.get("/health").status)

    asking = Thread(target=ask)
    asking.start()
    try:
        for _ in range(2):
            before = inserted(deployed)
            options = ("--rotate-secret", "--propagation-seconds", "1")
            deployed.run("waf/associate.py", "--stage", "dev", *options)  # with all its waits
            assert inserted(deployed) != before
    finally:
        ended.set()
        asking.join()
    assert set(statuses) == {200}
    return len(statuses)


def inserted(deployed: Deployment) -> str:
    """The value that WAF inserts at the moment."""
    (acl,) = deployed.waf.web_acls.values()
    found = json.dumps(acl.held)
    return found[found.index("InsertHeaders") :].partition("]")[0]


def test_the_scheduled_function_takes_out_what_has_expired(deployed: Deployment) -> None:
    deployed.run(*ASSOCIATE)
    allow = ("waf/allowlist.py", "add", "--stage", "dev", "--pace", "0")
    deployed.run(*allow, "192.0.2.1", "--force", "--permanent")
    deployed.run(*allow, "192.0.2.2", "--force", "--for", "1h")
    expire_now(deployed, "192.0.2.2/32")
    for _ in range(2):
        assert not deployed.call_scheduled("expire")
    listed = {cidr for found in deployed.waf.ip_sets.values() for cidr in found.held["Addresses"]}
    assert "192.0.2.1/32" in listed
    assert "192.0.2.2/32" not in listed
    told = [line["firewall"] for line in deployed.logged("expire")]
    assert [(one["sets"], one["removed"]) for one in told] == [("changed", 1), ("as wanted", 0)]
    assert told[0]["removed_from"] == {"landscape-api-dev-allow-ipv4": ["192.0.2.2/32"]}


def expire_now(deployed: Deployment, cidr: str) -> None:
    """What time would do."""
    deployed.emulator.client("dynamodb").update_item(
        TableName="landscape-dev",
        Key={"pk": {"S": "FIREWALL#allow"}, "sk": {"S": cidr}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00Z"}},
    )


def test_eventbridge_calls_the_scheduled_functions_every_fifteen_minutes(
    deployed: Deployment,
) -> None:
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
        written = (deployed.project / f".chalice/policy-{file}.json").read_text()
        assert policy == json.loads(written)
