"""`make deploy` at 80 columns: the first, one with nothing changed, one after changes by hand."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from tests.support.api import ROOT
from tests.support.commands import invoke
from tests.support.deployment import READS, Deployment
from tests.support.emulator import REGION, write_stage
from tests.support.transcripts import EIGHTY_COLUMNS, hold

# Parts of the output that differ between runs, and the result of the smoke check.
DIFFER = (
    (r"http://127\.0\.0\.1:\d+/_aws/execute-api/\w+/dev", "https://abcde12345.example.org/dev"),
    (r"(REST API |deploy: API: |landscape-api \(|stage )[0-9a-f]{8}\b", r"\1abcde12345"),
    (r"https://[0-9a-f]{8}\.execute", "https://abcde12345.execute"),
    (r"after \d+ s", "after 42 s"),
    (r"(deploy: smoke check:) .*", r"\1 …"),
    (r"\d+ Lambdas.*limit is \d+", "1,000 Lambdas may run at once (the account's limit is 1,000"),
)
ROLE, FINISH = "landscape-api-dev-api_handler", "landscape-api-dev-finish-event"
# Writes to the API or to a Lambda. An invocation is not a write.
CHANGES = re.compile(r"(POST|PUT|PATCH|DELETE) (/restapis|.*/functions)(?!.*/invocations)")


class Narrow(Deployment):
    """A deployment whose commands print 80 columns."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **EIGHTY_COLUMNS}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The result of one deploy. A transcript shows its output."""
    with Narrow(tmp_path_factory.mktemp("again")) as deployment:
        hold("deploy-first-dry-run", deployment.deploy("--dry-run"), *DIFFER)
        assert all(READS.match(call) for call in deployment.proxy.calls)
        hold("deploy-first", deployment.deploy(), *DIFFER)
        yield deployment


def is_due(said: str) -> bool:
    return re.search(r"^  [+~-] ", said, re.MULTILINE) is not None


def test_a_second_deploy_makes_no_release_and_changes_nothing(deployed: Deployment) -> None:
    stage, before = deployed.gateway_stage(), len(deployed.proxy.calls)
    hold("deploy-again", deployed.deploy(), *DIFFER)
    assert not [call for call in deployed.proxy.calls[before:] if CHANGES.match(call)]
    assert deployed.gateway_stage()["deploymentId"] == stage["deploymentId"]


def test_a_dry_run_names_code_settings_and_policies(deployed: Deployment) -> None:
    files = [deployed.project / name for name in ("app.py", ".chalice/config.json")]
    files.append(deployed.project / ".chalice/policy-dev.json")
    texts, before = [file.read_text() for file in files], len(deployed.proxy.calls)
    app, config, policy = files
    app.write_text(texts[0] + "# another version\n")
    config.write_text(texts[1].replace('"lambda_memory_size": 1024', '"lambda_memory_size": 2048'))
    policy.write_text(texts[2].replace('"dynamodb:PutItem", ', ""))
    deployed.configure(LANDSCAPE_RADAR_TITLE="Our Radar")
    hold("deploy-dry-run", deployed.deploy("--dry-run"), *DIFFER)
    assert all(READS.match(call) for call in deployed.proxy.calls[before:])
    told = deployed.deploy("--dry-run", "--verbose")
    assert "  = setting LANDSCAPE_STAGE: dev\n" in told
    assert "  = route GET /health: anybody\n" in told
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)


def resource_of(gateway: Any, api: dict[str, str], path: str) -> str:
    found = gateway.get_resources(limit=500, **api)["items"]
    return str(next(each["id"] for each in found if each["path"] == path))


def change_by_hand(deployed: Deployment) -> None:
    """Changes that a person can make in the console."""
    names = ("lambda", "iam", "events", "apigateway")
    functions, iam, events, gateway = map(deployed.emulator.client, names)
    function = {"FunctionName": "landscape-api-dev"}
    found = functions.get_function_configuration(**function)["Environment"]["Variables"]
    settings = {"Variables": {**found, "A_KEY": "hidden"}}
    functions.update_function_configuration(Timeout=3, Environment=settings, **function)
    policy = iam.get_role_policy(RoleName=ROLE, PolicyName=ROLE)["PolicyDocument"]
    policy["Statement"] = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=json.dumps(policy))
    events.put_rule(Name="landscape-api-dev-expire-event", ScheduleExpression="rate(1 day)")
    events.disable_rule(Name=FINISH)
    expire = {"FunctionName": "landscape-api-dev-expire"}
    (right,) = json.loads(functions.get_policy(**expire)["Policy"])["Statement"]
    functions.remove_permission(StatementId=right["Sid"], **expire)
    api = {"restApiId": deployed.api_id}
    projects = {"resourceId": resource_of(gateway, api, "/api/v1/projects"), **api}
    opened = [{"op": "replace", "path": "/authorizationType", "value": "NONE"}]
    gateway.update_method(httpMethod="POST", patchOperations=opened, **projects)
    gateway.delete_method(httpMethod="HEAD", **projects)
    gateway.create_deployment(stageName="dev", **api)


def test_what_somebody_changed_by_hand_is_named_and_deployed_again(deployed: Deployment) -> None:
    audit = deployed.audit.id
    change_by_hand(deployed)
    told = " ".join(deployed.deploy("--dry-run").split())
    due = [
        "~ setting A_KEY of landscape-api-dev: set → not set",
        "~ timeout in seconds of landscape-api-dev: 3 → 28",
        "~ policy of the role of landscape-api-dev:"
        " LeaveTheAllowListAlone, OnlyReadTheFirewallsSecret added",
        "~ schedule of landscape-api-dev-expire: rate(1 day) → rate(15 minutes)",
        "~ schedule of landscape-api-dev-finish: disabled → rate(15 minutes)",
        "+ permission for events to call it of landscape-api-dev-expire",
        f"~ route POST /api/v1/projects: anybody → user pools {audit}",
        "+ route HEAD /api/v1/projects: anybody",
        "~ live release: another deployment → version 1",
    ]
    assert not [each for each in due if each not in told]
    assert "hidden" not in told
    deployed.deploy()
    # On AWS, PutRule enables the rule by default. The emulator leaves the rule's state unchanged.
    deployed.emulator.client("events").enable_rule(Name=FINISH)
    told = deployed.deploy("--dry-run")
    assert not is_due(told), told


def test_a_rollback_says_that_nothing_is_older_or_that_it_is_live(deployed: Deployment) -> None:
    """Depends on the test before, which deployed again: version 2 has the code of version 1."""
    said = deployed.run("rollback", "--stage", "dev", expect=1)
    assert said == (
        "rollback: versions 1 and 2 hold the same code and settings: there is no older release\n"
    )
    before = len(deployed.proxy.calls)
    said = deployed.run("rollback", "--stage", "dev", "--version", "2")
    assert "version 2 is already live" in said
    assert all(READS.match(call) for call in deployed.proxy.calls[before:])


def test_alarms_that_somebody_hears_of_are_not_complained_of(deployed: Deployment) -> None:
    assert "alarms notify nobody" in deployed.deploy("--dry-run")
    topic = f"arn:aws:sns:{REGION}:123456789012:alarms"
    assert "alarms notify nobody" not in deployed.deploy("--alarm-topic", topic)
    assert "alarms notify nobody" not in deployed.deploy("--dry-run")


def test_another_region_than_the_records_is_named(deployed: Deployment) -> None:
    deployed.region, before = "eu-west-1", len(deployed.proxy.calls)
    said = deployed.deploy(expect=1)
    deployed.region = REGION
    hold("deploy-wrong-region", said, *DIFFER)
    assert all(READS.match(call) for call in deployed.proxy.calls[before:])


NOBODY = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none", **EIGHTY_COLUMNS}
CREDENTIALS = {"AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_DEFAULT_REGION": REGION, **NOBODY}


@pytest.mark.parametrize(
    ("name", "stage", "environment"),
    [
        ("deploy-without-region", "dev", NOBODY),
        ("deploy-without-credentials", "dev", CREDENTIALS),
        ("deploy-with-unknown-profile", "dev", {**CREDENTIALS, "AWS_PROFILE": "nobody"}),
        ("deploy-without-stage", "", CREDENTIALS),
    ],
)
def test_what_is_missing_is_named_with_its_cure_and_nothing_goes_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    stage: str,
    environment: dict[str, str],
) -> None:
    for each in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(each, raising=False)
    write_stage(tmp_path, "landscape-api", "landscape-dev")
    copy(ROOT / ".python-version", tmp_path)
    done = invoke("deploy", "--stage", stage, cwd=tmp_path, environment=environment)
    assert done.returncode == 1
    hold(name, done.stdout + done.stderr, *DIFFER)
