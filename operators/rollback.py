"""Puts back the Lambda's code and the gateway's deployment of before the last deploy.

    make rollback STAGE=dev

Every `make deploy` first publishes a version of the Lambda, whose description names the gateway
deployment of that moment: that is the rollback point, and it is on AWS, not on a machine. Settings,
the table, the policy and gateway responses stay as they are.
"""

import re
import sys
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.request import urlopen

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from operators.apis import DeployError
from operators.stage import Stage, StageError

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
    made = lambda_client.publish_version(
        FunctionName=stage.full_name, Description=DESCRIPTION.format(live["deploymentId"])
    )
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
    api_id = stage.deployed_api()
    live = lambda_client.get_function_configuration(FunctionName=stage.full_name)["CodeSha256"]
    point = next((p for p in points(stage, lambda_client) if p.code_sha256 != live), None)
    if point is None:
        raise DeployError(f"{stage.full_name} has no rollback point with other code")
    found = lambda_client.get_function(FunctionName=stage.full_name, Qualifier=point.version)
    with urlopen(found["Code"]["Location"]) as response:
        code = response.read()
    lambda_client.update_function_code(FunctionName=stage.full_name, ZipFile=code)
    lambda_client.get_waiter("function_updated").wait(FunctionName=stage.full_name)
    gateway.update_stage(
        restApiId=api_id,
        stageName=stage.gateway_stage,
        patchOperations=[{"op": "replace", "path": "/deploymentId", "value": point.deployment}],
    )
    return f"version {point.version} of {stage.full_name} and gateway deployment {point.deployment} are live"


def main(stage: Annotated[str, typer.Option(help="dev or prod")]) -> None:
    """Put back the code and the gateway deployment of before the last deploy."""
    try:
        said = roll_back(Stage.read(stage), boto3.client("apigateway"), boto3.client("lambda"))
        print(f"rollback: {said}")
        print("rollback: settings, table, policy and gateway responses are as they were")
    except (DeployError, StageError, BotoCoreError, ClientError) as error:
        sys.exit(f"rollback: {error}")


if __name__ == "__main__":
    typer.run(main)
