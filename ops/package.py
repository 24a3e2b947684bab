"""`landscape package`: completes Chalice's template of a stage for CloudFormation or Terraform.

Chalice names no function in CloudFormation, although each policy allows only the log of one name.
Its Terraform requires versions that refuse today's runtimes, and names the rules of all stages alike.
Both lack tracing and the gateway responses.
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import NoRegionError

from chalicelib.settings import Settings
from ops.application.built import ZIP, chalice
from ops.console import Console, StageName
from ops.gateway.responses import description, responses_of
from ops.prepare import prepare
from ops.runtime import require_pinned_python, require_wheels
from ops.stage import Stage, stage_environment

RESPONSES_OF_THE_GATEWAY = "x-amazon-apigateway-gateway-responses"
# Release 6 of the provider has no stage in a deployment. Release 7 is unknown.
VERSIONS = {
    "required_version": ">= 1.5.0",
    "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100.0, < 7.0.0"}},
}
NEXT = "package: docs/pipeline.md, “CloudFormation and Terraform”, describes the next steps"
Template = dict[str, Any]


class Format(StrEnum):
    """The tool that reads the template; the value is Chalice's name for it."""

    CLOUDFORMATION = "cloudformation"
    TERRAFORM = "terraform"

    @property
    def file(self) -> str:
        return "sam.json" if self is Format.CLOUDFORMATION else "chalice.tf.json"


def package(stage: Stage, folder: Path, form: Format) -> None:
    """Writes the template and deployment.zip into `folder`. Raises OperatorError, OSError."""
    project = stage.directory.absolute().parent
    python = require_pinned_python(project)
    prepare(project)
    chalice(stage, "package", "--stage", stage.name, "--pkg-format", form.value, str(folder))
    require_wheels(folder / ZIP, python)
    path = folder / form.file
    template = json.loads(path.read_text())
    complete = for_cloudformation if form is Format.CLOUDFORMATION else for_terraform
    complete(template, stage)
    path.write_text(json.dumps(template, indent=2))


def for_cloudformation(template: Template, stage: Stage) -> None:
    """Completes Chalice's template: names, tracing, gateway responses, and no stage called `Stage`."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            function = resource["Properties"]
            name = function["Handler"].removeprefix("app.")
            function["FunctionName"] = stage.full_name + ("" if name == "app" else f"-{name}")
            for event in function.get("Events", {}).values():
                event["Properties"]["Name"] = f"{stage.full_name}-{name}-event"
    api = template["Resources"]["RestAPI"]["Properties"]
    api["TracingEnabled"] = True
    # Without a version SAM creates a second stage, `Stage`, which no firewall would protect.
    api["OpenApiVersion"] = "2.0"
    api["DefinitionBody"][RESPONSES_OF_THE_GATEWAY] = gateway_responses(stage)


def for_terraform(template: Template, stage: Stage) -> None:
    """Completes Chalice's template: versions, rules' names, the stage, tracing, gateway responses."""
    template["terraform"] = VERSIONS
    del template["data"]["null_data_source"]
    resources = template["resource"]
    for rule in resources["aws_cloudwatch_event_rule"].values():
        rule["name"] = f"{stage.full_name}-{rule['name']}"
    definition = json.loads(template["locals"]["chalice_api_swagger"])
    definition[RESPONSES_OF_THE_GATEWAY] = gateway_responses(stage)
    template["locals"]["chalice_api_swagger"] = json.dumps(definition)
    api = "${aws_api_gateway_rest_api.rest_api.id}"
    resources["aws_api_gateway_deployment"]["rest_api"] = {
        "rest_api_id": api,
        # From it `landscape gateway` reads that the deployment holds the responses.
        "description": description(responses_of(stage.problem_types)),
        "triggers": {"definition": "${sha1(local.chalice_api_swagger)}"},
        "lifecycle": {"create_before_destroy": True},
    }
    resources["aws_api_gateway_stage"] = {
        "rest_api": {
            "rest_api_id": api,
            "stage_name": stage.gateway_stage,
            "deployment_id": "${aws_api_gateway_deployment.rest_api.id}",
            "xray_tracing_enabled": True,
            # `landscape gateway` sets them.
            "lifecycle": {"ignore_changes": ["access_log_settings"]},
        }
    }
    template["output"]["EndpointURL"]["value"] = "${aws_api_gateway_stage.rest_api.invoke_url}/"


def gateway_responses(stage: Stage) -> dict[str, dict[str, Any]]:
    """The gateway responses by kind, in the form of an API's definition."""
    names = ("statusCode", "responseParameters", "responseTemplates")
    every = {one.kind: one.settings() for one in responses_of(stage.problem_types)}
    return {
        kind: {name: of[name] for name in names if of[name] is not None}
        for kind, of in every.items()
    }


def main(
    stage: StageName,
    out: Annotated[Path, typer.Option(help="folder for the template and deployment.zip")],
    form: Annotated[Format, typer.Option("--format", help="tool that reads the template")] = (
        Format.CLOUDFORMATION
    ),
) -> None:
    """Write a stage's template and zip for CloudFormation or Terraform."""
    console = Console("package")
    with console.failures():
        found = Stage.read(stage)
        Settings.read(stage_environment(stage, {}))
        if boto3.Session().region_name is None:  # Chalice needs it
            raise NoRegionError
        package(found, out.absolute(), form)
        console.say(f"package: wrote {out / form.file} and {out / ZIP}\n{NEXT}")
