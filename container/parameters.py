"""The parameters of container/stack.yaml: settings, an operator's options, the stack's present values."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from chalicelib.partitions import DOMAIN, DOMAINS
from chalicelib.settings import Settings, SettingsError
from container.stack import CREATABLE, NEW, StackError
from ops.stage import Stage, stage_environment

if TYPE_CHECKING:
    from types_boto3_cloudformation.client import CloudFormationClient
    from types_boto3_cloudformation.type_defs import ParameterTypeDef
    from types_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef

# A load balancer verifies no signatures of AWS, so no role can call it.
OF_ROLES = ("TECH_AUDIT_TOOL_ROLE_ARNS", "DIGITAL_LANDSCAPE_ROLE_ARNS")
OF_AWS = "|".join(map(re.escape, (DOMAIN, *DOMAINS.values())))
IMAGE = re.compile(
    rf"(?P<account>\d{{12}})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.({OF_AWS})"
    r"/(?P<repository>[a-z0-9][a-z0-9._/-]*)(:(?P<tag>[\w.-]{1,128})|@(?P<digest>sha256:[0-9a-f]{64}))",
    re.ASCII,
)
IMAGE_LIKE = "123456789012.dkr.ecr.eu-west-2.amazonaws.com/landscape-api:1.0.0"
PROTECTED_AT_FIRST = "prod"
# The template's parameters for settings begin with one of these.
PREFIXES = ("Landscape", "TechAuditTool", "DigitalLandscape", "Cors")


@dataclass(frozen=True, kw_only=True)
class Options:
    """An operator's choices; None keeps the stack's present value, or takes the default."""

    image: str | None = None
    certificate: str | None = None
    vpc: str | None = None
    subnets: str | None = None
    task_subnets: str | None = None
    alarm_topic: str | None = None
    tasks: int | None = None
    max_tasks: int | None = None
    deletion_protection: bool | None = None
    more: tuple[str, ...] = ()  # NAME=VALUE, by the template's names

    def chosen(self) -> Iterator[tuple[str, str]]:
        """By the template's names. Raises StackError if the image is not in ECR."""
        if self.image is not None:
            yield from _in_ecr(self.image).items()
        protection = self.deletion_protection
        for name, value in (
            ("Certificate", self.certificate),
            ("Vpc", self.vpc),
            ("Subnets", self.subnets),
            ("TaskSubnets", self.task_subnets),
            ("AlarmTopic", self.alarm_topic),
            ("Tasks", self.tasks),
            ("MaximumTasks", self.max_tasks),
            ("DeletionProtection", None if protection is None else str(protection).lower()),
        ):
            if value is not None:
                yield name, str(value)
        for written in self.more:
            name, _, value = written.partition("=")
            yield name, value


def current(standing: Mapping[str, Any]) -> dict[str, str]:
    """The stack's parameters; empty if its first change set was never executed."""
    found = [] if standing.get("StackStatus", NEW) in CREATABLE else standing.get("Parameters", [])
    return {one["ParameterKey"]: one["ParameterValue"] for one in found}


def fill_in(
    stage: Stage,
    options: Options,
    standing: Mapping[str, str],
    client: "CloudFormationClient",
    template: str,
) -> "list[ParameterTypeDef]":
    """As create_change_set accepts them. Raises StackError, SettingsError, the SDK's errors."""
    summary = client.get_template_summary(TemplateBody=template)["Parameters"]
    known = {one["ParameterKey"]: one.get("DefaultValue", "") for one in summary}
    first = (
        {} if standing else {"DeletionProtection": str(stage.name == PROTECTED_AT_FIRST).lower()}
    )
    chosen, settings = dict(options.chosen()), settings_of(stage, known)
    wrong = [name for name in chosen if name not in known or name in settings]
    if wrong:
        free = ", ".join(name for name in known if name not in settings)
        raise StackError(
            f"--parameter {wrong[0]} is not one of {free}. Change settings in .chalice/config.json"
        )
    given = {**first, **chosen, **settings}
    kept = [name for name in standing if name in known and name not in given]
    _require_sound({**known, **standing, **given})
    parameters: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in given.items()
    ]
    parameters += [{"ParameterKey": name, "UsePreviousValue": True} for name in kept]
    return parameters


def settings_of(stage: Stage, known: Mapping[str, str]) -> dict[str, str]:
    """The stage's settings by the template's names, without roles. Raises SettingsError."""
    config = stage.directory / "config.json"
    found = stage_environment(stage.name, {}, config)
    settings = {name: value for name, value in found.items() if name not in OF_ROLES}
    read = Settings.read(settings)
    if read.stage != stage.name:
        raise SettingsError(
            f"LANDSCAPE_STAGE is {read.stage}, in the stage {stage.name}: correct it in {config}"
        )
    _ = read.table  # raises if the store is not DynamoDB
    by_parameter = {parameter_of(name): name for name in settings}
    for parameter, name in by_parameter.items():
        if parameter not in known:
            raise SettingsError(
                f"{name} has no parameter in container/stack.yaml: remove it from {config}, or add"
                f" {parameter} to the template"
            )
    # A setting that was removed from the file becomes empty. Otherwise it would keep the stack's value.
    gone = {name: known[name] for name in known if name.startswith(PREFIXES)}
    return {**gone, **{parameter: settings[name] for parameter, name in by_parameter.items()}}


def parameter_of(setting: str) -> str:
    """LANDSCAPE_STORE_URL is LandscapeStoreUrl: a parameter's name has only letters and digits."""
    return "".join(part.capitalize() for part in setting.split("_"))


def _in_ecr(image: str) -> dict[str, str]:
    """The image by its digest, and its repository's ARN. Raises StackError if ECR does not have it."""
    match = IMAGE.fullmatch(image)
    if match is None:
        raise StackError(
            f"--image {image} is not an image in ECR, like {IMAGE_LIKE}: push the image to ECR"
        )
    client = boto3.client("ecr", region_name=match["region"])
    wanted: ImageIdentifierTypeDef = {"imageTag": match["tag"]}
    if match["digest"]:
        wanted = {"imageDigest": match["digest"]}
    errors = client.exceptions
    details: list[ImageDetailTypeDef] = []
    with suppress(errors.ImageNotFoundException, errors.RepositoryNotFoundException):
        details = client.describe_images(
            registryId=match["account"], repositoryName=match["repository"], imageIds=[wanted]
        )["imageDetails"]
    if not details:
        raise StackError(f"ECR has no image {image}: build it and push it first")
    repository = f"{match['account']}:repository/{match['repository']}"
    return {
        "Image": f"{image[: match.end('repository')]}@{details[0]['imageDigest']}",
        "Repository": f"arn:{client.meta.partition}:ecr:{match['region']}:{repository}",
    }


def _require_sound(parameters: Mapping[str, str]) -> None:
    """Raises StackError for values that AWS would refuse after the first changes."""
    for name, option in (("Image", "--image"), ("Certificate", "--certificate")):
        if not parameters[name]:
            raise StackError(f"there is no stack yet: its first deploy needs {option}")
    least, most = parameters["Tasks"], parameters["MaximumTasks"]
    if least.isdigit() and most.isdigit() and int(least) > int(most):
        raise StackError(
            f"--tasks {least} is above --max-tasks {most}: pass a higher --max-tasks too"
        )
    if bool(parameters["Vpc"]) != bool(parameters["Subnets"]):
        raise StackError("--vpc and --subnets need each other: pass both, or neither")
    if parameters["TaskSubnets"] and not parameters["Vpc"]:
        raise StackError("--task-subnets needs an existing VPC: pass --vpc and --subnets too")
