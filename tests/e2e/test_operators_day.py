"""An operator's day on an emulated AWS: deploy, a domain, status, roll back, delete the stage.

The tests run in this order. Each needs the state that the test before left.
"""

import json
from collections.abc import Iterator, Mapping
from subprocess import CompletedProcess
from typing import Any

import pytest

from chalicelib.routes.telemetry import NAMESPACE
from tests.support.api import Answer, Api, P, free_port, through_http
from tests.support.commands import invoke
from tests.support.deployment import READS, Deployment
from tests.support.transcripts import EIGHTY_COLUMNS, hold

NAME = "api.example.org"
USER = "user@example.org"
ROLLBACK = ("rollback", "--stage", "dev")
DENIED = ("cloudwatch:GetMetricData", "dynamodb:Query")
OWNER = "arn:aws:sts::123456789012:assumed-role/Operator/rita@example.org"
DIFFER = (
    (r"…[0-9a-f]{12}", "…0123456789ab"),
    (r"\b[0-9a-f]{8}\b", "a1b2c3d4"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-11-26 10:30 UTC"),
    (r"(less than a minute|\d+ min) ago", "3 min ago"),
    (r"in 1 h", "in 2 h"),
    (r"\d+ ok, \d+ without data", "5 ok, 9 without data"),
    (r"python3\.\d+", "python3.13"),
    (r"\d+ items, [\d.]+ \w+", "2 items, 400 bytes"),
)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A stage on an emulated AWS that enforces IAM policies. No alarm has a topic."""
    with Deployment(tmp_path_factory.mktemp("day"), enforces_policies=True) as deployment:
        deployment.audit.add_user(USER)
        deployment.deploy()
        deployment.let_in()
        yield deployment


@pytest.fixture(scope="module")
def zone(deployed: Deployment) -> str:
    """The id of the hosted zone of example.org."""
    made = deployed.emulator.client("route53").create_hosted_zone(
        Name="example.org", CallerReference="day"
    )
    return str(made["HostedZone"]["Id"]).rpartition("/")[2]


@pytest.fixture(scope="module")
def certificate(deployed: Deployment) -> str:
    made = deployed.emulator.client("acm").request_certificate(DomainName="*.example.org")
    arn: str = made["CertificateArn"]
    return arn


def command(
    deployed: Deployment, name: str, *options: str, expect: int = 0, **environment: str
) -> CompletedProcess[str]:
    """Runs a command in this process, as an operator does in the checkout, at 80 columns."""
    there = {**deployed.environment, **EIGHTY_COLUMNS, **environment}
    done = invoke(name, *options, "--stage", "dev", cwd=deployed.project, environment=there)
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def status(deployed: Deployment, *options: str, expect: int = 0, **environment: str) -> Any:
    done = command(
        deployed, "status", "--pace", "0", "--json", *options, expect=expect, **environment
    )
    return json.loads(done.stdout)


def behind_domain(deployed: Deployment, **more: str) -> Api:
    """The API under its custom domain."""
    send = through_http("127.0.0.1", deployed.proxy.server_port)

    def sender(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return send(method, path, {"Host": NAME, **headers}, body)

    return Api(sender, deployed.settings, more)


def records(deployed: Deployment, zone: str) -> dict[str, str]:
    found = deployed.emulator.client("route53").list_resource_record_sets(HostedZoneId=zone)
    named = (one for one in found["ResourceRecordSets"] if one["Name"] == f"{NAME}.")
    return {one["Type"]: one["AliasTarget"]["DNSName"].rstrip(".") for one in named}


def test_a_domain_is_told_then_made_and_the_second_run_changes_nothing(
    deployed: Deployment, zone: str, certificate: str
) -> None:
    options = (NAME, "--certificate", certificate, "--zone", zone)
    before = len(deployed.proxy.calls)
    told = command(deployed, "domain", *options, "--dry-run").stdout
    assert all(READS.match(call) for call in deployed.proxy.calls[before:])
    hold("domain-dry-run", told, *DIFFER)
    command(deployed, "domain", *options, "--status", expect=3)
    command(deployed, "domain", *options)
    assert set(records(deployed, zone)) == {"A", "AAAA"}
    assert "nothing to change" in command(deployed, "domain", *options, "--status").stdout
    without = command(deployed, "domain", NAME, "--json").stdout
    assert json.loads(without)["record"]["target"] == records(deployed, zone)["A"]


def test_the_stage_answers_under_its_domain(deployed: Deployment) -> None:
    """The links have the stage, because the emulated gateway's path has it. AWS's path has none.

    tests/integration/test_domain.py tests the links with AWS's path.
    """
    api = behind_domain(deployed).with_token(deployed.audit.tokens(USER)["IdToken"])
    assert api.get("/").status == 200
    made = api("POST", P, {"name": "Named"}, origin=f"https://{NAME}")
    assert made.status == 201
    assert deployed.api.get(f"{P}/named").etag == made.etag


def test_the_firewall_stands_before_the_domain_too(deployed: Deployment) -> None:
    listed, deployed.proxy.source_ip = deployed.proxy.source_ip, "198.51.100.8"
    try:
        answer = behind_domain(deployed).get("/health")
    finally:
        deployed.proxy.source_ip = listed
    assert (answer.status, answer.json["type"].rpartition(":")[2]) == (403, "not-listed")


def tell_metrics(deployed: Deployment) -> None:
    """Sends the metrics that CloudWatch extracts from log lines. The emulator extracts none."""
    dimensions = [{"Name": "stage", "Value": "dev"}]
    values = {"Requests": [1.0] * 200, "Errors": [1.0], "ColdStarts": [1.0] * 2}
    values["Latency"] = [20.0] * 195 + [400.0] * 5
    deployed.emulator.client("cloudwatch").put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Value": value}
            for name, all_of in values.items()
            for value in all_of
        ],
    )


def test_status_shows_what_is_live_and_changes_nothing(deployed: Deployment) -> None:
    tell_metrics(deployed)
    allow = ("allow", "add", "--force", "--pace", "0")
    command(deployed, *allow, "203.0.113.0/24", "--permanent")
    command(deployed, *allow, "192.0.2.1", "--for", "2h", "--owner", OWNER)
    before = len(deployed.proxy.calls)
    said = command(deployed, "status", "--pace", "0").stdout
    assert all(READS.match(call) for call in deployed.proxy.calls[before:])
    assert deployed.proxy.calls[before:]
    hold("status", said, *DIFFER)
    assert "rita" not in said
    assert max(map(len, said.splitlines())) <= 80
    found = status(deployed)
    assert (found["requests"]["requests"], found["requests"]["p99_ms"]) == (200, 400)
    assert found["domains"] == {"names": [NAME]}
    assert (found["release"]["version"], found["release"]["is_live"]) == ("1", True)


def test_what_may_not_be_read_or_does_not_answer_is_named_and_hides_nothing_else(
    deployed: Deployment,
) -> None:
    iam = deployed.emulator.client("iam")
    iam.create_user(UserName="viewer")
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [allow, {**allow, "Effect": "Deny", "Action": DENIED}],
    }
    iam.put_user_policy(UserName="viewer", PolicyName="look", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="viewer")["AccessKey"]
    viewer = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    found = status(deployed, expect=1, **viewer)
    assert found["requests"] == {"not_read": "may not read: cloudwatch:GetMetricData"}
    assert found["let_in"] == {"not_read": "may not read: dynamodb:Query"}
    assert found["alarms"]["without_data"] > 0
    unreachable = f"http://127.0.0.1:{free_port()}"
    found = status(deployed, expect=1, AWS_ENDPOINT_URL_CLOUDWATCH=unreachable)
    assert "Could not connect" in found["alarms"]["not_read"]
    assert found["table"]["items"] > 0


def test_status_says_what_is_wrong_and_exits_with_3(deployed: Deployment) -> None:
    clients = {name: deployed.emulator.client(name) for name in ("apigateway", "cloudwatch")}
    clients["cloudwatch"].set_alarm_state(
        AlarmName="landscape-api-dev-5xx", StateValue="ALARM", StateReason="a test"
    )
    of = {"restApiId": deployed.api_id, "responseType": "THROTTLED"}
    clients["apigateway"].delete_gateway_response(**of)
    command(deployed, "firewall", "--detach", "--yes", "--pace", "0")
    hold("status-due", command(deployed, "status", "--pace", "0", expect=3).stdout, *DIFFER)
    found = status(deployed, expect=3)
    assert [one["part"] for one in found["due"]] == ["gateway", "alarms", "firewall"]
    for name in ("gateway", "firewall"):
        command(deployed, name, *(("--pace", "0") if name == "firewall" else ()))
    clients["cloudwatch"].set_alarm_state(
        AlarmName="landscape-api-dev-5xx", StateValue="OK", StateReason="a test"
    )
    status(deployed)


def test_status_names_a_newer_version_of_managed_rules(deployed: Deployment) -> None:
    group = "AWSManagedRulesKnownBadInputsRuleSet"
    known = deployed.waf.versions
    deployed.waf.versions = {**known, group: ("Version_99.0", *known[group])}
    (said,) = status(deployed)["firewall"]["remarks"]
    deployed.waf.versions = known
    assert said == f"{group}: {known[group][0]} is set, Version_99.0 is available"


def test_after_a_rollback_the_release_before_is_live(deployed: Deployment) -> None:
    app = deployed.project / "app.py"
    app.write_text(app.read_text() + "# another version\n")
    deployed.deploy()
    assert status(deployed)["release"]["version"] == "2"
    command(deployed, "rollback")
    found = status(deployed)["release"]
    assert (found["version"], found["is_live"]) == ("1", True)


def test_code_that_is_not_the_releases_is_due(deployed: Deployment) -> None:
    """An interrupted deploy or rollback leaves this state."""
    alias = {"FunctionName": "landscape-api-dev", "Name": "released"}
    deployed.emulator.client("lambda").update_alias(**alias, FunctionVersion="2")
    (due,) = status(deployed, expect=3)["due"]
    assert (due["part"], due["what"]) == ("release", "the code that answers is not version 2")


def test_a_deleted_stage_leaves_no_domain_and_no_record(deployed: Deployment, zone: str) -> None:
    """The commands run in the order of docs/operations.md."""
    command(deployed, "firewall", "--delete", "--yes", "--pace", "0")
    asked = command(deployed, "domain", NAME, "--zone", zone, "--delete", expect=1).stderr
    assert "nothing was changed" in asked
    command(deployed, "domain", NAME, "--zone", zone, "--delete", "--yes")
    cloudwatch = deployed.emulator.client("cloudwatch")
    assert cloudwatch.list_dashboards()["DashboardEntries"]
    command(deployed, "gateway", "--delete", "--yes")
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert records(deployed, zone) == {}
    assert deployed.emulator.client("apigateway").get_domain_names()["items"] == []
    again = command(deployed, "domain", NAME, "--zone", zone, "--delete", "--yes").stdout
    assert "nothing to change" in again
    deployed.run("chalice", "delete", "--stage", "dev")
    said = command(deployed, "status", expect=1).stderr
    assert "nothing is deployed" in said
    deployed.deploy("--dry-run")  # Chalice's record exists and is empty
