"""Puts back the Lambda's code and the gateway's deployment of before the last deploy.

    make rollback STAGE=dev

Every `make deploy` first publishes a version of the Lambda, whose description names the gateway
deployment of that moment: that is the rollback point, and it is on AWS, not on a machine. Settings,
the table and the policy stay as they are.
"""

import re
import sys
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.request import urlopen

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from operators.apis import DeployError, apis_of, settle
from operators.stage import Stage, StageError
from operators.steps import explain

DOWNLOAD_SECONDS = 60
DESCRIPTION = "rollback point of landscape-api: gateway deployment {}"
POINT = re.compile(re.escape(DESCRIPTION).replace(r"\{\}", r"(?P<deployment>\w+)"))


@dataclass(frozen=True)
class Point:
    """A published version of the Lambda, and the gateway deployment that was live with it."""

    version: str
    code_sha256: str
    deployment: str


def keep_point(stage: Stage, api_id: str, gateway: Any, lambda_client: Any) -> str:
    """Publishes what is live. What it did, in words."""
    live = gateway.get_stage(restApiId=api_id, stageName=stage.gateway_stage)
    said = DESCRIPTION.format(live["deploymentId"])
    function = {"FunctionName": stage.full_name}
    updated = lambda_client.get_waiter("function_updated")
    updated.wait(**function)
    made = lambda_client.publish_version(Description=said, **function)
    if made["Description"] != said:  # nothing has changed since it was published for another moment
        lambda_client.update_function_configuration(Description=said, **function)
        updated.wait(**function)
        made = lambda_client.publish_version(Description=said, **function)
    return f"version {made['Version']} of {stage.full_name} is the point to go back to"


def points(stage: Stage, lambda_client: Any) -> list[Point]:
    """The rollback points, the newest first."""
    pages = lambda_client.get_paginator("list_versions_by_function").paginate(
        FunctionName=stage.full_name
    )
    found = [
        Point(version["Version"], version["CodeSha256"], match["deployment"])
        for page in pages
        for version in page["Versions"]
        if (match := POINT.fullmatch(version.get("Description", "")))
    ]
    return sorted(found, key=lambda point: -int(point.version))


def roll_back(stage: Stage, gateway: Any, lambda_client: Any) -> str:
    """To the newest point whose code is not live. Raises DeployError where there is none."""
    api_id = settle(stage, apis_of(gateway, stage), adopt=True)
    if api_id is None:
        raise DeployError(f"no REST API calls {stage.full_name}: nothing is deployed")
    function = {"FunctionName": stage.full_name}
    live = lambda_client.get_function_configuration(**function)["CodeSha256"]
    point = next((p for p in points(stage, lambda_client) if p.code_sha256 != live), None)
    if point is None:
        raise DeployError(f"{stage.full_name} has no rollback point with other code")
    code = _code_of(lambda_client, stage, point)
    # The code last: it tells which point is next, so that a run that was cut short finds it again.
    gateway.update_stage(
        restApiId=api_id,
        stageName=stage.gateway_stage,
        patchOperations=[{"op": "replace", "path": "/deploymentId", "value": point.deployment}],
    )
    updated = lambda_client.get_waiter("function_updated")
    updated.wait(**function)
    lambda_client.update_function_code(ZipFile=code, **function)
    updated.wait(**function)
    return f"version {point.version} of {stage.full_name} and gateway deployment {point.deployment} are live"


def _code_of(lambda_client: Any, stage: Stage, point: Point) -> bytes:
    found = lambda_client.get_function(FunctionName=stage.full_name, Qualifier=point.version)
    with urlopen(found["Code"]["Location"], timeout=DOWNLOAD_SECONDS) as response:
        code: bytes = response.read()
    return code


def main(stage: Annotated[str, typer.Option(help="dev or prod")]) -> None:
    """Put back the code and the gateway deployment of before the last deploy."""
    try:
        said = roll_back(Stage.read(stage), boto3.client("apigateway"), boto3.client("lambda"))
        print(f"rollback: {said}")
        print("rollback: settings, the table and the policy are as they were")
    except (DeployError, StageError, BotoCoreError, ClientError, OSError) as error:
        sys.exit(f"rollback: {explain(error)}")


if __name__ == "__main__":
    typer.run(main)
