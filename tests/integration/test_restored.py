"""The steps in docs/operations.md to restore the table and to delete a stage, on an emulated AWS."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import ROOT, Answer, Api
from tests.support.deployment import Deployment

P = "/api/v1/projects"
USER = "user@example.org"
OLD, NEW = "landscape-dev", "landscape-dev-restored"
LATE = "8.8.8.8"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """These tests replace the table, and delete the stage at the end."""
    with Deployment(tmp_path_factory.mktemp("restored")) as deployment:
        deployment.audit.add_user(USER)
        deployment.deploy()
        deployment.let_in()
        assert make(deployment, "Kept").status == 201
        restore(deployment)
        yield deployment


def make(deployed: Deployment, name: str) -> Answer:
    user: Api = deployed.api.with_token(deployed.audit.tokens(USER)["IdToken"])
    return user("POST", P, {"name": name})


def restore(deployed: Deployment) -> None:
    """Steps 1 to 5 of the manual. The restored table does not have the records created meanwhile."""
    dynamodb = deployed.emulator.client("dynamodb")
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=OLD, TargetTableName=NEW, UseLatestRestorableTime=True
    )
    dynamodb.get_waiter("table_exists").wait(TableName=NEW)
    assert make(deployed, "Lost").status == 201
    deployed.run("allow", "add", LATE, "--stage", "dev")
    deployed.run("firewall", "--stage", "dev", "--detach", "--yes")
    refused = deployed.api.get(f"{P}/kept")
    assert (refused.status, refused.json["type"].rpartition(":")[2]) == (403, "closed")
    manual = (ROOT / "docs/operations.md").read_text()
    (command,) = re.findall(r"^(sed -i.* (?:.*\\\n)*.*\nrm .*)$", manual, re.MULTILINE)
    subprocess.run(["bash", "-euc", command], cwd=deployed.project, check=True)
    assert len(lines_with(deployed.project / ".chalice", f'{NEW}"')) == 6
    deployed.run("table", "--stage", "dev", "--status", expect=3)
    deployed.deploy()
    arn = dynamodb.describe_table(TableName=NEW)["Table"]["TableArn"]
    tags = [{"Key": "app", "Value": "landscape-api"}, {"Key": "stage", "Value": "dev"}]
    dynamodb.tag_resource(ResourceArn=arn, Tags=tags)
    known = [dynamodb.list_tags_of_resource(ResourceArn=each)["Tags"] for each in (arn, old(arn))]
    assert known == [tags, tags]


def old(arn: str) -> str:
    return arn.replace(NEW, OLD)


def lines_with(folder: Path, text: str) -> list[str]:
    files = (path for path in folder.iterdir() if path.is_file())
    return [line for path in files for line in path.read_text().splitlines() if text in line]


def test_the_stage_answers_from_the_restored_table(deployed: Deployment) -> None:
    assert deployed.api.get(f"{P}/kept").status == 200
    assert deployed.api.get(f"{P}/lost").status == 404
    assert make(deployed, "After").status == 201
    keys = {"pk": {"S": "PROJECT#after"}, "sk": {"S": "."}}
    dynamodb = deployed.emulator.client("dynamodb")
    assert "Item" in dynamodb.get_item(TableName=NEW, Key=keys)
    assert "Item" not in dynamodb.get_item(TableName=OLD, Key=keys)


def test_the_restored_table_is_protected_again(deployed: Deployment) -> None:
    assert NEW in deployed.run("table", "--stage", "dev", "--status")


def test_who_was_let_in_since_is_shown_as_unknown(deployed: Deployment) -> None:
    listed = deployed.run("allow", "list", "--stage", "dev").splitlines()
    (line,) = (line for line in listed if LATE in line)
    assert "unknown" in line


def test_a_deleted_stage_leaves_nothing_but_what_is_named(deployed: Deployment) -> None:
    """This test is last: it deletes everything."""
    deployed.run("firewall", "--stage", "dev", "--delete", "--yes")
    deployed.run("gateway", "--stage", "dev", "--delete", "--with-logs", "--yes")
    deployed.run("chalice", "delete", "--stage", "dev")
    assert deployed.own_apis() == []
    assert deployed.emulator.client("lambda").list_functions()["Functions"] == []
    roles = deployed.emulator.client("iam").list_roles()["Roles"]
    assert not any("landscape" in role["RoleName"] for role in roles)
    assert deployed.emulator.client("events").list_rules()["Rules"] == []
    cloudwatch = deployed.emulator.client("cloudwatch")
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    groups = deployed.emulator.client("logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == []
