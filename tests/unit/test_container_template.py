"""container/stack.yaml: valid in CloudFormation, with all settings and the Lambda's alarms."""

import json
import subprocess
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from chalicelib.settings import STAGES
from container.command import TEMPLATE
from container.parameters import OF_ROLES, PREFIXES, parameter_of
from ops.gateway.alarms import PERIOD, Watched, alarms
from ops.stage import Stage
from tests.support.api import ROOT
from tests.support.commands import BIN

FOUND: dict[str, Any] = cfn_yaml.load(str(TEMPLATE))
RESOURCES: dict[str, Any] = FOUND["Resources"]
CONFIG = json.loads((ROOT / ".chalice/config.json").read_text())
OPTIONAL = {
    *("TECH_AUDIT_TOOL_HOSTED_UI", "DIGITAL_LANDSCAPE_HOSTED_UI"),
    "LANDSCAPE_DOCUMENTATION_URL",
}


def test_cfn_lint_finds_nothing() -> None:
    done = subprocess.run([BIN / "cfn-lint", TEMPLATE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_template_is_short_enough_to_be_sent() -> None:
    """CloudFormation accepts 51,200 bytes. A longer template would need S3."""
    assert len(TEMPLATE.read_bytes()) < 51_200


@pytest.mark.parametrize("stage", STAGES[1:])
def test_every_setting_of_a_stage_is_a_parameter_and_reaches_the_container(stage: str) -> None:
    variables = CONFIG["stages"][stage]["environment_variables"].keys()
    settings = (variables - set(OF_ROLES)) | OPTIONAL
    of_settings = {name for name in FOUND["Parameters"] if name.startswith(PREFIXES)}
    assert of_settings == {parameter_of(name) for name in settings}
    container = RESOURCES["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
    environment = {one["Name"]: one["Value"]["Ref"] for one in container["Environment"]}
    assert environment.pop("AWS_DEFAULT_REGION") == "AWS::Region"
    assert environment == {name: parameter_of(name) for name in settings}


def test_the_alarms_have_the_limits_of_the_lambdas() -> None:
    watched = Watched(Stage("dev", "x", "dev"), "x", "f", {"expire": "e", "finish": "g"}, "t")
    every_lambda = alarms(watched)
    lambdas = {one.name.removeprefix("x-dev-"): one for one in every_lambda}
    every = {
        n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert {one["Period"] for one in every.values()} == {PERIOD}
    for name in ("TargetErrors", "LoadBalancerErrors"):
        assert every[name]["Threshold"] == lambdas["5xx"].threshold
        assert every[name]["EvaluationPeriods"] == lambdas["5xx"].periods
    assert every["Latency"]["Threshold"] * 1000 == lambdas["latency-p99"].threshold
    assert every["Latency"]["EvaluationPeriods"] == lambdas["latency-p99"].periods
    assert every["Latency"]["ExtendedStatistic"] == lambdas["latency-p99"].statistic


def test_what_scales_leaves_the_number_of_tasks_to_the_load() -> None:
    """The emulated AWS has no scaling, so only the template can show this."""
    target = RESOURCES["Scaling"]["Properties"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (
        {"Ref": "Tasks"},
        {"Ref": "MaximumTasks"},
    )
    scales, fixed, _ = RESOURCES["Service"]["Properties"]["DesiredCount"]["Fn::If"]
    assert (scales, fixed) == ("Scales", {"Ref": "AWS::NoValue"})
    metrics = {
        policy["Properties"]["TargetTrackingScalingPolicyConfiguration"][
            "PredefinedMetricSpecification"
        ]["PredefinedMetricType"]
        for policy in RESOURCES.values()
        if policy["Type"] == "AWS::ApplicationAutoScaling::ScalingPolicy"
    }
    assert metrics == {"ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"}


def test_a_task_is_replaced_without_a_gap_and_put_back_where_it_fails() -> None:
    """A task has more time to end than the application needs, and less than AWS's limit."""
    deployment = RESOURCES["Service"]["Properties"]["DeploymentConfiguration"]
    assert deployment["MinimumHealthyPercent"] == 100
    assert deployment["MaximumPercent"] == 200
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    container = RESOURCES["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
    assert 25 < container["StopTimeout"] <= 120
