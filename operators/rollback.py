"""Puts back the Lambda's code and the gateway's deployment of the release before.

    make rollback STAGE=dev

After a deploy that came to its end: the release before it, and one further back each time. After
one that did not: the last release that did. Settings, the table, the policies, the firewall and the
scheduled Lambdas stay as they are.
"""

import sys
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from operators.apis import DeployError, apis_of, settle
from operators.releases import (
    NONE,
    Release,
    code,
    live_deployment,
    point_to,
    release,
    released,
    releases,
)
from operators.stage import Stage, StageError
from operators.steps import explain


def roll_back(
    stage: Stage, gateway: Any, client: Any, version: str = "", *, dry_run: bool = False
) -> str:
    """To release `version`, or to the one before. What it did. Raises DeployError."""
    api_id = settle(stage, apis_of(gateway, stage), adopt=True)
    if api_id is None:
        raise DeployError(f"no REST API calls {stage.full_name}: nothing is deployed")
    function = {"FunctionName": stage.full_name}
    live = client.get_function_configuration(**function)
    deployment = live_deployment(stage, api_id, gateway)
    goal = _goal(stage, client, version, (live["CodeSha256"], deployment))
    what = f"version {goal.version} of {stage.full_name} and gateway deployment {goal.deployment}"
    if dry_run:
        return f"{what} would be put back"
    zipped = code(stage, client, goal.version)
    # First what is to be live: a run that is cut short from here on ends there when it is repeated.
    point_to(stage, client, goal.version)
    gateway.update_stage(
        restApiId=api_id,
        stageName=stage.gateway_stage,
        patchOperations=[{"op": "replace", "path": "/deploymentId", "value": goal.deployment}],
    )
    updated = client.get_waiter("function_updated")
    updated.wait(**function)
    if live["Runtime"] != goal.runtime:
        client.update_function_configuration(Runtime=goal.runtime, **function)
        updated.wait(**function)
    client.update_function_code(ZipFile=zipped, **function)
    updated.wait(**function)
    return f"{what} are live"


def _goal(stage: Stage, client: Any, version: str, live: tuple[str, str]) -> Release:
    last = released(stage, client)
    if last is None:
        raise DeployError(f"{stage.full_name} has no release: no deploy came to its end")
    if not version and (last.code_sha256, last.deployment) != live:
        return last
    wanted = version or last.before
    if wanted == NONE:
        raise DeployError(f"version {last.version} of {stage.full_name} is its first release")
    goal = release(stage, client, wanted)
    if goal is None:
        known = ", ".join(one.version for one in releases(stage, client))
        raise DeployError(f"version {wanted} of {stage.full_name} is no release; there is {known}")
    return goal


def main(
    stage: Annotated[str, typer.Option(help="dev or prod")],
    version: Annotated[
        str, typer.Option(help="the Lambda's version to put back; the release before if not said")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell, but change nothing")] = False,
) -> None:
    """Put back the code and the gateway deployment of the release before."""
    try:
        clients = (boto3.client("apigateway"), boto3.client("lambda"))
        print(f"rollback: {roll_back(Stage.read(stage), *clients, version, dry_run=dry_run)}")
        print("rollback: not touched: settings, table, policies, firewall, scheduled Lambdas")
    except (DeployError, StageError, BotoCoreError, ClientError, OSError) as error:
        sys.exit(f"rollback: {explain(error)}")


if __name__ == "__main__":
    typer.run(main)
