"""`landscape container` as an operator runs it. The emulated AWS runs and scales no tasks."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.settings import Settings
from container.stack import CHANGE_SET
from tests.support.api import ROOT
from tests.support.aws_proxy import AwsProxy
from tests.support.commands import Checkout, invoke, program_of
from tests.support.emulator import Emulator, environment_at, write_stage
from tests.support.fake_waf import FakeWaf

_numbers = count(1)
REGISTRY = "000000000000.dkr.ecr.eu-west-2.amazonaws.com"
CERTIFICATE = "arn:aws:acm:eu-west-2:000000000000:certificate/12345678-1234-1234-1234-123456789012"
TOPIC = "arn:aws:sns:eu-west-2:000000000000:landscape-alarms"


@dataclass(frozen=True)
class Door(Checkout):
    """A checkout whose stage has an image in ECR and a CloudFormation stack called `stack`."""

    app: str
    stage: str = "dev"

    @property
    def stack(self) -> str:
        return f"{self.app}-{self.stage}-container"

    @property
    def first(self) -> tuple[str, ...]:
        """The options of the first deploy. The emulated AWS does not support scaling."""
        image = ("--image", f"{REGISTRY}/{self.app}:1.0.0", "--certificate", CERTIFICATE)
        return ("deploy", *image, "--tasks", "2", "--max-tasks", "2", "--pace", "0.02")

    def answer(self, *options: str, expect: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(*options, "--json", expect=expect))
        return found

    def push(self, tag: str) -> None:
        """Pushes another image. Its layers are irrelevant here."""
        self.emulator.client("ecr").put_image(
            repositoryName=self.app, imageTag=tag, imageManifest=json.dumps({"tag": tag})
        )

    def standing(self) -> dict[str, Any] | None:
        try:
            stacks = self.emulator.client("cloudformation").describe_stacks(StackName=self.stack)
        except ClientError:
            return None
        found: dict[str, Any] = stacks["Stacks"][0]
        return found

    def change_sets(self) -> list[str]:
        """The names of the change sets that were not executed yet."""
        listed = self.emulator.client("cloudformation").list_change_sets(StackName=self.stack)
        found = (one for one in listed["Summaries"] if one["ExecutionStatus"] == "AVAILABLE")
        return [one["ChangeSetName"] for one in found]

    def physical(self, logical_id: str) -> str:
        resources = self.emulator.client("cloudformation").describe_stack_resources(
            StackName=self.stack
        )["StackResources"]
        every = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
        return str(every[logical_id])

    def container(self) -> dict[str, Any]:
        task = self.emulator.client("ecs").describe_task_definition(taskDefinition=self.stack)
        found: dict[str, Any] = task["taskDefinition"]["containerDefinitions"][0]
        return found

    def service(self) -> dict[str, Any]:
        found: dict[str, Any] = self.emulator.client("ecs").describe_services(
            cluster=self.stack, services=[self.physical("Service").rpartition("/")[2]]
        )["services"][0]
        return found


@pytest.fixture
def door(emulator: Emulator, tmp_path: Path) -> Door:
    app = f"api-{os.getpid()}-{next(_numbers)}"
    write_stage(tmp_path, app, f"{app}-register")
    emulator.client("ecr").create_repository(repositoryName=app)
    made = Door("container", tmp_path, emulator, app)
    made.push("1.0.0")
    return made


def edit_settings(door: Door, **settings: str | None) -> None:
    """Changes settings of the stage dev. None removes one."""
    path = door.path / ".chalice/config.json"
    config = json.loads(path.read_text())
    variables = config["stages"]["dev"]["environment_variables"]
    variables.update(settings)
    kept = {name: value for name, value in variables.items() if value is not None}
    config["stages"]["dev"]["environment_variables"] = kept
    path.write_text(json.dumps(config))


def test_the_stack_is_created_changed_and_deleted_and_the_table_stays(door: Door) -> None:
    invoke("table", "--stage", "dev", cwd=door.path, environment=environment_at(door.emulator.url))
    made = door.answer(*door.first)
    assert {one["action"] for one in made["changes"]} == {"Add"}
    found = door.standing()
    assert found is not None
    assert found["StackStatus"] == "CREATE_COMPLETE"
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}
    assert made["load_balancer"]["arn"] == outputs["LoadBalancerArn"]
    assert made["load_balancer"]["dns_name"] == outputs["LoadBalancerDnsName"]
    assert door.answer("deploy")["changes"] == []
    assert door.change_sets() == []

    door.push("1.1.0")
    changed = door.answer("deploy", "--image", f"{REGISTRY}/{door.app}:1.1.0", "--pace", "0.02")
    assert {"TaskDefinition", "Service"} <= {one["logical_id"] for one in changed["changes"]}
    assert {one["action"] for one in changed["changes"]} == {"Modify"}
    assert door.service()["desiredCount"] == 2

    gone = door.answer("delete", "--yes", "--pace", "0.02")
    assert {"LoadBalancer", "Service", "TaskRole"} <= {*gone["resources"]}
    assert door.standing() is None
    assert "nothing to change" in door.run("delete", "--yes")
    tables = door.emulator.client("dynamodb").list_tables()["TableNames"]
    assert f"{door.app}-register" in tables


def test_it_says_where_the_load_balancer_is_and_what_comes_next(door: Door) -> None:
    said = door.run(*door.first)
    arn = door.physical("LoadBalancer")
    assert f"landscape firewall --stage dev --load-balancer {arn}" in said
    assert "Without the web ACL, every request is refused." in said
    edit_settings(door, LANDSCAPE_REQUIRE_WAF="false")
    assert "the API is open to every address" in door.run("deploy", "--pace", "0.02")


def test_a_dry_run_changes_nothing(door: Door) -> None:
    looked = door.answer(*door.first, "--dry-run")
    assert looked["is_due"]
    assert looked["changes"]
    assert door.standing() is None
    door.run(*door.first)
    before, container = door.standing(), door.container()
    door.push("1.1.0")
    newer = ("deploy", "--image", f"{REGISTRY}/{door.app}:1.1.0")
    assert door.answer(*newer, "--dry-run")["is_due"]
    assert door.answer(*newer, "--status", expect=3)["changes"]
    assert "something is due" in door.run(*newer, "--dry-run")
    assert (door.standing(), door.container()) == (before, container)
    assert door.change_sets() == []
    door.run("delete", "--dry-run")
    assert door.standing() == before


def test_status_says_what_stands_and_whether_a_deploy_is_due(door: Door) -> None:
    assert door.answer("status", expect=3)["status"] == "not found"
    door.run(*door.first)
    found = door.answer("status")
    assert found["status"] == "CREATE_COMPLETE"
    assert found["image"].startswith(f"{REGISTRY}/{door.app}@sha256:")
    assert found["tasks"].endswith("of 2 are running")
    assert found["web_acl"] == "none: every request is refused"
    edit_settings(door, LANDSCAPE_RADAR_TITLE="Another radar")
    assert "a deploy is due" in door.run("status", expect=3)
    assert door.change_sets() == []


@pytest.mark.parametrize("ours", [True, False])
def test_status_says_whose_web_acl_is_in_front(door: Door, ours: bool) -> None:
    door.run(*door.first)
    waf, name = door.emulator.client("wafv2"), f"{door.app}-{'dev' if ours else 'other'}"
    metrics = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False}
    acl = waf.create_web_acl(
        Name=name,
        Scope="REGIONAL",
        DefaultAction={"Block": {}},
        VisibilityConfig={**metrics, "MetricName": "x"},
    )["Summary"]
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=door.physical("LoadBalancer"))
    other = f"{name}, which is not the stage's {door.app}-dev"
    assert door.answer("status")["web_acl"] == (f"{name} is associated" if ours else other)


def test_the_container_has_the_stages_settings_and_no_others(door: Door) -> None:
    """The roles' settings are left out, because a load balancer checks no signature."""
    roles = "arn:aws:iam::000000000000:role/back-end"
    hosted = "https://login.example.org"
    edit_settings(door, TECH_AUDIT_TOOL_ROLE_ARNS=roles, TECH_AUDIT_TOOL_HOSTED_UI=hosted)
    door.run(*door.first)
    environment = {one["name"]: one["value"] for one in door.container()["environment"]}
    assert environment.pop("AWS_DEFAULT_REGION") == "eu-west-2"
    settings = Settings.read(environment)
    assert (settings.stage, settings.table) == ("dev", f"{door.app}-register")
    assert settings.pools[0].hosted_ui == hosted
    assert settings.roles == ()
    config = json.loads((door.path / ".chalice/config.json").read_text())
    variables = config["stages"]["dev"]["environment_variables"]
    del variables["TECH_AUDIT_TOOL_ROLE_ARNS"]
    assert {name: environment[name] for name in variables} == variables
    edit_settings(door, TECH_AUDIT_TOOL_HOSTED_UI=None)
    door.run("deploy", "--pace", "0.02")
    environment = {one["name"]: one["value"] for one in door.container()["environment"]}
    assert environment["TECH_AUDIT_TOOL_HOSTED_UI"] == ""


def test_what_an_operator_chose_stays_until_it_is_chosen_anew(door: Door) -> None:
    door.run(*door.first, "--alarm-topic", TOPIC, "--parameter", "Memory=2048")
    edit_settings(door, LANDSCAPE_RADAR_TITLE="Another radar")
    door.run("deploy", "--tasks", "3", "--max-tasks", "3", "--pace", "0.02")
    found = door.standing()
    assert found is not None
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in found["Parameters"]}
    kept = {"AlarmTopic": TOPIC, "Memory": "2048", "Certificate": CERTIFICATE, "Tasks": "3"}
    assert {name: parameters[name] for name in kept} == kept
    assert door.service()["desiredCount"] == 3
    alarms = door.emulator.client("cloudwatch").describe_alarms(AlarmNamePrefix=door.stack)
    assert {tuple(one["AlarmActions"]) for one in alarms["MetricAlarms"]} == {(TOPIC,)}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_tasks_may_do_what_the_lambda_may_and_prod_is_protected(door: Door, stage: str) -> None:
    """The task role has the Lambda's statements about DynamoDB, not those about logs and traces."""
    path = door.path / ".chalice/config.json"
    config = json.loads(path.read_text())
    config["stages"][stage] = config["stages"].pop("dev")
    variables = config["stages"][stage]["environment_variables"]
    variables |= {"LANDSCAPE_STAGE": stage, "LANDSCAPE_STORE_URL": f"dynamodb://landscape-{stage}"}
    path.write_text(json.dumps(config))
    door = Door("container", door.path, door.emulator, door.app, stage)

    def run(*options: str) -> Any:
        there = environment_at(door.emulator.url)
        return invoke("container", "--stage", stage, *options, cwd=door.path, environment=there)

    assert run(*door.first).returncode == 0
    iam, role = door.emulator.client("iam"), door.physical("TaskRole")
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["register"]
    found = iam.get_role_policy(RoleName=role, PolicyName="register")["PolicyDocument"]
    text = json.dumps(found).replace(
        "arn:aws:dynamodb:eu-west-2:000000000000", "arn:*:dynamodb:*:*"
    )
    written = json.loads((ROOT / f".chalice/policy-{stage}.json").read_text())
    about_dynamodb = [one for one in written["Statement"] if "dynamodb:" in json.dumps(one)]
    assert json.loads(text)["Statement"] == about_dynamodb

    assert run("delete", "--dry-run").returncode == (1 if stage == "prod" else 0)
    if stage == "prod":
        refused = run("delete", "--yes")
        assert "protected against deletion" in refused.stderr
        assert run("deploy", "--no-deletion-protection", "--pace", "0.02").returncode == 0
    assert run("delete", "--yes", "--pace", "0.02").returncode == 0
    assert door.standing() is None


def test_the_agent_may_pull_this_image_and_write_this_log(door: Door) -> None:
    door.run(*door.first)
    iam, role = door.emulator.client("iam"), door.physical("ExecutionRole")
    policy = iam.get_role_policy(RoleName=role, PolicyName="pull-and-log")["PolicyDocument"]
    account = "eu-west-2:000000000000"
    assert [one["Resource"] for one in policy["Statement"]] == [
        "*",
        f"arn:aws:ecr:{account}:repository/{door.app}",
        f"arn:aws:logs:{account}:log-group:/ecs/{door.stack}:*",
    ]
    assert policy["Statement"][0]["Action"] == "ecr:GetAuthorizationToken"
    group = door.emulator.client("logs").describe_log_groups(
        logGroupNamePrefix=f"/ecs/{door.stack}"
    )["logGroups"][0]
    assert group["retentionInDays"] == 30


def test_only_the_load_balancer_reaches_the_tasks(door: Door) -> None:
    """Callers use HTTPS only: port 80 redirects, and no listener leads to the health port."""
    door.run(*door.first)
    ec2, elb = door.emulator.client("ec2"), door.emulator.client("elbv2")
    group, balancer = door.physical("TaskGroup"), door.physical("LoadBalancer")
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert [(rule["FromPort"], rule["ToPort"], rule.get("IpRanges", [])) for rule in rules] == [
        (8080, 8081, [])
    ]
    sources = [pair["GroupId"] for rule in rules for pair in rule["UserIdGroupPairs"]]
    assert sources == [door.physical("LoadBalancerGroup")]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    actions = {one["Port"]: one["DefaultActions"][0]["Type"] for one in listeners}
    assert actions == {443: "forward", 80: "redirect"}
    target = elb.describe_target_groups(TargetGroupArns=[door.physical("TargetGroup")])
    health = target["TargetGroups"][0]
    assert (health["Port"], health["HealthCheckPort"]) == (8080, "8081")
    assert health["HealthCheckPath"] == "/ready"
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]
    found = {one["Key"]: one["Value"] for one in attributes}
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert found["waf.fail_open.enabled"] == "false"


def test_the_container_is_not_root_and_writes_nowhere(door: Door) -> None:
    door.run(*door.first)
    container = door.container()
    assert container["user"].split(":")[0] != "0"
    assert container["readonlyRootFilesystem"] in (True, "true")
    assert container["portMappings"] == [{"containerPort": 8080}, {"containerPort": 8081}]
    assert not door.service()["enableExecuteCommand"]


def test_a_network_of_ones_own_is_used_and_none_is_made(door: Door) -> None:
    ec2 = door.emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/24")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.0.{start}/26")["Subnet"]["SubnetId"]
        for start in (0, 64, 128)
    ]
    door.run(*door.first, "--vpc", vpc, "--subnets", ",".join(subnets[:2]))
    network = door.service()["networkConfiguration"]["awsvpcConfiguration"]
    assert (network["subnets"], network["assignPublicIp"]) == (subnets[:2], "ENABLED")
    door.run("deploy", "--task-subnets", subnets[2], "--pace", "0.02")
    network = door.service()["networkConfiguration"]["awsvpcConfiguration"]
    assert (network["subnets"], network["assignPublicIp"]) == (subnets[2:], "DISABLED")
    resources = door.answer("delete", "--dry-run")["resources"]
    assert not {"Network", "SubnetA", "DynamoDbEndpoint"} & {*resources}


def test_what_a_killed_run_left_is_taken_up(door: Door) -> None:
    """Before the first change set is executed, the stack has no resources."""
    cloudformation = door.emulator.client("cloudformation")
    cloudformation.create_change_set(
        StackName=door.stack,
        ChangeSetName=CHANGE_SET,
        ChangeSetType="CREATE",
        TemplateBody='{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}',
    )
    assert door.answer("status", expect=3)["status"] == "REVIEW_IN_PROGRESS"
    changes = door.answer(*door.first)["changes"]
    assert "Service" in {one["logical_id"] for one in changes}
    assert door.answer("status")["status"] == "CREATE_COMPLETE"


def test_killed_after_each_change_the_same_command_goes_on(door: Door) -> None:
    with FakeWaf() as waf:
        proxy = AwsProxy(door.emulator, waf)
        killed = run_until_one_gets_through(door, proxy, *door.first)
        assert killed == ["CreateChangeSet", "DeleteChangeSet", "ExecuteChangeSet"]
        assert door.answer("status")["status"] == "CREATE_COMPLETE"
        assert door.change_sets() == []
        gone = run_until_one_gets_through(door, proxy, "delete", "--yes", "--pace", "0.02")
        assert gone == ["DeleteStack"]
        assert door.standing() is None
        proxy.stop()


def run_until_one_gets_through(door: Door, proxy: AwsProxy, *options: str) -> list[str]:
    """Kills the command after each change in turn, until one run ends. Returns the changes."""
    killed: list[str] = []
    command = [*program_of("container"), "--stage", "dev", *options]
    while True:
        process = subprocess.Popen(
            command, cwd=door.path, env=environment_at(proxy.url), stdout=-1, stderr=-1, text=True
        )

        def watch(_: int, what: str, process: subprocess.Popen[str] = process) -> None:
            if what not in killed and not what.startswith(("Describe", "Get", "List")):
                killed.append(what)
                process.kill()

        proxy.watch = watch
        said = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), said
        if process.returncode == 0:
            return killed


def test_a_failed_creation_names_what_failed_and_why_and_can_be_repeated(door: Door) -> None:
    ecs, taken = door.emulator.client("ecs"), f"{door.stack}-Service"
    ecs.create_cluster(clusterName=door.stack)
    ecs.create_service(cluster=door.stack, serviceName=taken, taskDefinition="other")
    said = door.run(*door.first, expect=1)
    assert said.startswith("container: Service (AWS::ECS::Service) failed: ")
    assert "Creation of service was not idempotent" in said
    assert said.endswith(
        f"{door.stack} is now ROLLBACK_COMPLETE."
        " Delete it with landscape container delete, then deploy again\n"
    )
    assert "is ROLLBACK_COMPLETE. Delete it" in door.run("deploy", expect=1)
    assert door.answer("status", expect=3)["status"] == "ROLLBACK_COMPLETE"
    ecs.delete_service(cluster=door.stack, service=taken, force=True)
    door.run("delete", "--yes", "--pace", "0.02")
    door.run(*door.first)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--certificate", CERTIFICATE), "its first deploy needs --image"),
        (("--image", "{image}"), "its first deploy needs --certificate"),
        (("--image", "{image}-none"), "build it and push it first"),
        (("--image", "python:3.12"), "push the image to ECR"),
        (("--image", "{image}", "--certificate", "mine"), "must be the ARN of a certificate"),
        (("{first}", "--tasks", "8"), "--tasks 8 is above --max-tasks 2"),
        (("{first}", "--vpc", "vpc-1"), "--vpc and --subnets need each other"),
        (("{first}", "--task-subnets", "subnet-1"), "pass --vpc and --subnets too"),
        (("{first}", "--alarm-topic", "mine"), "must be the ARN of an SNS topic"),
        (("{first}", "--parameter", "Colour=red"), "Colour is not one of Image, Repository"),
        (("{first}", "--parameter", "LandscapeStage=prod"), "settings in .chalice/config.json"),
    ],
)
def test_what_is_in_the_way_is_said_before_anything_is_made(
    door: Door, options: tuple[str, ...], said: str
) -> None:
    image = f"{REGISTRY}/{door.app}:1.0.0"
    words = [
        word
        for option in options
        for word in (door.first[1:] if option == "{first}" else [option.replace("{image}", image)])
    ]
    assert said in door.run("deploy", *words, expect=1)
    assert door.standing() is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"CORS_ORIGINS": "CHANGE-ME"}, "still CHANGE-ME: CORS_ORIGINS"),
        ({"LANDSCAPE_STAGE": "prod"}, "LANDSCAPE_STAGE is prod, in the stage dev"),
        ({"LANDSCAPE_STORE_URL": "sqlite:"}, "names no table: write it like dynamodb://"),
        ({"LANDSCAPE_DYNAMODB_CLIENT": "boto3"}, "has no parameter in container/stack.yaml"),
    ],
)
def test_a_setting_that_would_not_do_is_refused(
    door: Door, settings: dict[str, str], said: str
) -> None:
    edit_settings(door, **settings)
    assert said in door.run(*door.first, expect=1)
    assert door.standing() is None


def test_the_stage_is_said_before_or_after_the_command_and_must_be_said(door: Door) -> None:
    there = environment_at(door.emulator.url)
    before = invoke("container", "--stage", "dev", "status", cwd=door.path, environment=there)
    after = invoke("container", "status", "--stage", "dev", cwd=door.path, environment=there)
    assert before.stdout == after.stdout
    assert before.returncode == after.returncode == 3
    neither = invoke("container", "status", cwd=door.path, environment=there)
    assert neither.returncode == 2
    assert "name the stage" in neither.stderr


def test_a_protected_load_balancer_that_a_failed_creation_left_says_how_it_can_go(
    door: Door,
) -> None:
    """Such a stack accepts no deploy that could remove the protection."""
    ecs, taken = door.emulator.client("ecs"), f"{door.stack}-Service"
    ecs.create_cluster(clusterName=door.stack)
    ecs.create_service(cluster=door.stack, serviceName=taken, taskDefinition="other")
    protection = {"Key": "deletion_protection.enabled", "Value": "true"}
    kind = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    service = {"Cluster": door.stack, "TaskDefinition": "x"}
    left = {
        "LoadBalancer": {"Type": kind, "Properties": {"LoadBalancerAttributes": [protection]}},
        "Service": {
            "Type": "AWS::ECS::Service",
            "DependsOn": "LoadBalancer",
            "Properties": service,
        },
    }
    door.emulator.client("cloudformation").create_stack(
        StackName=door.stack, TemplateBody=json.dumps({"Resources": left}), DisableRollback=True
    )
    while (found := door.standing()) and found["StackStatus"].endswith("_IN_PROGRESS"):
        pass
    arn = door.physical("LoadBalancer")
    said = door.run("delete", "--yes", expect=1)
    assert f"Value=false --load-balancer-arn {arn}, then this command again" in said
    door.emulator.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{**protection, "Value": "false"}]
    )
    door.run("delete", "--yes", "--pace", "0.02")
    assert door.standing() is None


def test_nothing_is_deleted_without_a_yes(door: Door) -> None:
    door.run(*door.first)
    assert "the answer was not yes" in door.run("delete", expect=1).splitlines()[-1]
    assert door.answer("status")["status"] == "CREATE_COMPLETE"
