"""The templates of `landscape package` for CloudFormation and Terraform, and Chalice's zip."""

import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.apis import apis_of
from ops.gateway.responses import RESPONSES
from ops.stage import Stage
from tests.support.api import ROOT
from tests.support.commands import BIN
from tests.support.deployment import Deployment
from tests.support.zips import LARGEST_ZIP

STAGES, FORMATS = ("dev", "prod"), ("cloudformation", "terraform")
# The arguments of the used resources, without those that release 6 of the provider removed. From
# `terraform providers schema -json` with the provider hashicorp/aws 5.100.0.
ARGUMENTS = json.loads((ROOT / "tests/data/terraform-provider-5.100.0.json").read_text())
# Terraform's own arguments, which every resource has.
META = {"lifecycle"}


class Packaged:
    """The templates of both stages in both formats, and the functions, roles and rules in each."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        path = deployment.project / ".chalice/config.json"
        config = json.loads(path.read_text())
        dev, prod = (config["stages"][name]["environment_variables"] for name in STAGES)
        own = ("LANDSCAPE_STAGE", "LANDSCAPE_STORE_URL")
        prod.update({name: value for name, value in dev.items() if name not in own})
        path.write_text(json.dumps(config))
        for stage in STAGES:
            for form in FORMATS:
                where = ("--out", f"{stage}-{form}", "--format", form)
                deployment.run("package", "--stage", stage, *where)

    def folder(self, stage: str, form: str) -> Path:
        return self.deployment.project / f"{stage}-{form}"

    def template(self, stage: str, form: str) -> dict[str, Any]:
        name = "sam.json" if form == "cloudformation" else "chalice.tf.json"
        found: dict[str, Any] = json.loads((self.folder(stage, form) / name).read_text())
        return found

    def functions(self, stage: str, form: str) -> dict[str, list[str]]:
        """The logs that each function's role lets it write, by the function's name."""
        template = self.template(stage, form)
        if form == "cloudformation":
            every = template["Resources"]
            return {
                one["Properties"]["FunctionName"]: logs_in(
                    every[one["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]["Policies"][0][
                        "PolicyDocument"
                    ]
                )
                for one in every.values()
                if one["Type"] == "AWS::Serverless::Function"
            }
        every = template["resource"]
        return {
            one["function_name"]: logs_in(
                json.loads(every["aws_iam_role_policy"][one["role"].split(".")[1]]["policy"])
            )
            for one in every["aws_lambda_function"].values()
        }

    def rules(self, stage: str, form: str) -> dict[str, str]:
        """The function that each rule calls, by the rule's name."""
        template = self.template(stage, form)
        if form == "cloudformation":
            return {
                event["Properties"]["Name"]: one["Properties"]["FunctionName"]
                for one in template["Resources"].values()
                for event in one["Properties"].get("Events", {}).values()
            }
        every = template["resource"]
        return {
            every["aws_cloudwatch_event_rule"][target["rule"].split(".")[1]]["name"]: every[
                "aws_lambda_function"
            ][target["arn"].split(".")[1]]["function_name"]
            for target in every["aws_cloudwatch_event_target"].values()
        }


def logs_in(policy: dict[str, Any]) -> list[str]:
    return [one["Resource"] for one in policy["Statement"] if one["Sid"] == "WriteItsOwnLog"]


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packaged]:
    with Deployment(tmp_path_factory.mktemp("packaged")) as deployment:
        yield Packaged(deployment)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("stage", STAGES)
def test_each_function_may_write_the_log_of_its_name_and_each_rule_calls_its_own(
    packaged: Packaged, stage: str, form: str
) -> None:
    name = f"landscape-api-{stage}"
    assert packaged.functions(stage, form) == {
        function: [f"arn:*:logs:*:*:log-group:/aws/lambda/{function}:*"]
        for function in (name, f"{name}-expire", f"{name}-finish")
    }
    assert packaged.rules(stage, form) == {
        f"{name}-expire-event": f"{name}-expire",
        f"{name}-finish-event": f"{name}-finish",
    }


def test_the_cloudformation_templates_are_clean(packaged: Packaged) -> None:
    templates = [packaged.folder(stage, "cloudformation") / "sam.json" for stage in STAGES]
    command = [BIN / "cfn-lint", *templates]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_a_stack_has_one_traced_stage_and_what_an_operator_looks_for(packaged: Packaged) -> None:
    """The emulated CloudFormation carries out the transformation of AWS SAM.

    As with `aws cloudformation package`, the zip and the template are in a bucket first.
    """
    emulator = packaged.deployment.emulator
    s3, stacks = emulator.client("s3"), emulator.client("cloudformation")
    s3.create_bucket(
        Bucket="code", CreateBucketConfiguration={"LocationConstraint": packaged.deployment.region}
    )
    template = packaged.template("dev", "cloudformation")
    for one in template["Resources"].values():
        if one["Type"] == "AWS::Serverless::Function":
            one["Properties"]["CodeUri"] = "s3://code/deployment.zip"
    zipped = (packaged.folder("dev", "cloudformation") / "deployment.zip").read_bytes()
    s3.put_object(Bucket="code", Key="deployment.zip", Body=zipped)
    s3.put_object(Bucket="code", Key="template", Body=json.dumps(template))
    url = f"{emulator.url}/code/template"
    rights = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    stacks.create_stack(StackName="landscape", TemplateURL=url, Capabilities=rights)
    stacks.get_waiter("stack_create_complete").wait(
        StackName="landscape", WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )
    gateway = emulator.client("apigateway")
    stage = Stage.read("dev", packaged.deployment.project / ".chalice")
    (api_id,) = apis_of(gateway, stage)
    (made,) = gateway.get_stages(restApiId=api_id)["item"]
    assert (made["stageName"], made["tracingEnabled"]) == ("dev", True)
    rules = emulator.client("events").list_rules(NamePrefix="landscape-api-dev-")["Rules"]
    assert {rule["Name"] for rule in rules} == {*packaged.rules("dev", "cloudformation")}
    functions = emulator.client("lambda")
    for rule in rules:
        called = packaged.rules("dev", "cloudformation")[rule["Name"]]
        assert sources(functions.get_policy(FunctionName=called)) == [rule["Arn"]]
    (source,) = sources(functions.get_policy(FunctionName=stage.full_name))
    assert source.endswith(f":{api_id}/*")
    packaged.deployment.run("gateway", "--stage", "dev", "--rest-api-id", api_id)
    status = ("gateway", "--stage", "dev", "--rest-api-id", api_id, "--status")
    assert "nothing to change" in packaged.deployment.run(*status)


def sources(answer: dict[str, str]) -> list[str]:
    """The ARNs in a function's permissions: those that may call it."""
    policy = json.loads(answer["Policy"])
    return [
        arn
        for one in policy["Statement"]
        for condition in one["Condition"].values()
        for arn in condition.values()
    ]


def test_in_terraform_each_function_may_be_called_by_its_own_rule_or_the_api(
    packaged: Packaged,
) -> None:
    permissions = packaged.template("dev", "terraform")["resource"]["aws_lambda_permission"]
    assert {(one["function_name"], one["source_arn"]) for one in permissions.values()} == {
        (
            "${aws_lambda_function.api_handler.arn}",
            "${aws_api_gateway_rest_api.rest_api.execution_arn}/*",
        ),
        *(
            (
                f"${{aws_lambda_function.{name}.arn}}",
                f"${{aws_cloudwatch_event_rule.{name}-event.arn}}",
            )
            for name in ("expire", "finish")
        ),
    }


def test_todays_terraform_takes_what_is_written_and_traces_its_stage(packaged: Packaged) -> None:
    for stage in STAGES:
        template = packaged.template(stage, "terraform")
        assert template["terraform"]["required_version"] == ">= 1.5.0"
        assert [*template["terraform"]["required_providers"]] == ["aws"]
        assert not [name for name in template["data"] if not name.startswith("aws_")]
        for kind, every in template["resource"].items():
            for name, one in every.items():
                held_against(ARGUMENTS[kind], one, f"{stage}: {kind}.{name}")
        (made,) = template["resource"]["aws_api_gateway_stage"].values()
        assert (made["stage_name"], made["xray_tracing_enabled"]) == (stage, True)


def held_against(known: dict[str, Any], one: dict[str, Any], where: str) -> None:
    assert one.keys() - META <= known.keys(), where
    assert {name for name, need in known.items() if need == "required"} <= one.keys(), where
    for name, within in one.items():
        if isinstance(known.get(name), dict):
            held_against(known[name], within, f"{where}.{name}")


@pytest.mark.parametrize("form", FORMATS)
def test_the_definition_brings_the_gateways_own_errors(packaged: Packaged, form: str) -> None:
    template = packaged.template("dev", form)
    definition = (
        template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
        if form == "cloudformation"
        else json.loads(template["locals"]["chalice_api_swagger"])
    )
    brought = definition["x-amazon-apigateway-gateway-responses"]
    assert [*brought] == [response.kind for response in RESPONSES]
    assert brought["THROTTLED"]["statusCode"] == "429"
    assert "statusCode" not in brought["DEFAULT_4XX"]


def test_a_stage_that_is_not_filled_in_is_not_packaged(packaged: Packaged) -> None:
    deployment = packaged.deployment
    filled_in = (deployment.project / ".chalice/config.json").read_text()
    deployment.configure(CORS_ORIGINS="CHANGE-ME")
    said = deployment.run("package", "--stage", "dev", "--out", "none", expect=1)
    assert "CORS_ORIGINS" in said
    assert not (deployment.project / "none").exists()
    (deployment.project / ".chalice/config.json").write_text(filled_in)


def test_the_zip_holds_what_a_request_needs_and_no_more(packaged: Packaged) -> None:
    path = packaged.folder("dev", "terraform") / "deployment.zip"
    assert path.stat().st_size < LARGEST_ZIP
    with zipfile.ZipFile(path) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {"app.py", "chalice", "chalicelib", "pydantic", "slugify"} <= tops
    unwanted = {"boto3", "botocore", "jwt", "cryptography", "typer", "rich", "tests", "data"}
    assert tops.isdisjoint(unwanted)
