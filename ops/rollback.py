"""Puts back the Lambda's code and the gateway's deployment of the release before.

    make rollback STAGE=dev

After a deploy that came to its end: the release before it, and one further back each time. After
one that did not: the last release that did. Settings, the table, the policies, the firewall and the
scheduled Lambdas stay as they are.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import boto3
import typer

from ops.apis import DeployError, apis_of, choose_api
from ops.console import AsJson, Console, DryRun, StageName
from ops.releases import (
    NONE,
    Release,
    code_of,
    current_release,
    find_release,
    list_releases,
    live_deployment,
    point_to,
)
from ops.stage import Stage
from ops.steps import Step


def plan(stage: Stage, gateway: Any, client: Any, version: str = "") -> list[Step]:
    """The steps to release `version`, or to the one before. Raises DeployError."""
    api_id = choose_api(stage, apis_of(gateway, stage), adopt=True)
    if api_id is None:
        raise DeployError(f"no REST API calls {stage.full_name}: nothing is deployed")
    function = {"FunctionName": stage.full_name}
    live = client.get_function_configuration(**function)
    deployment = live_deployment(stage, api_id, gateway)
    last = current_release(stage, client)
    if last is None:
        raise DeployError(f"{stage.full_name} has no release: no deploy came to its end")
    is_live = (last.code_sha256, last.deployment) == (live["CodeSha256"], deployment)
    goal = _goal(stage, client, version or (last.previous if is_live else ""), last)
    zipped = code_of(stage, client, goal.version)

    def update(change: Callable[[], Any]) -> None:
        settled = client.get_waiter("function_updated")
        settled.wait(**function)
        change()
        settled.wait(**function)

    put_back = partial(
        gateway.update_stage,
        restApiId=api_id,
        stageName=stage.gateway_stage,
        patchOperations=[{"op": "replace", "path": "/deploymentId", "value": goal.deployment}],
    )
    runtime = partial(client.update_function_configuration, Runtime=goal.runtime, **function)
    code = partial(client.update_function_code, ZipFile=zipped, **function)
    return [
        # First what is to be live: a run that is cut short from here on ends there when repeated.
        Step("release", last.version, goal.version, partial(point_to, stage, client, goal.version)),
        Step("gateway deployment", deployment, goal.deployment, put_back),
        Step("runtime", live["Runtime"], goal.runtime, partial(update, runtime)),
        Step("code", live["CodeSha256"], goal.code_sha256, partial(update, code)),
    ]


def _goal(stage: Stage, client: Any, version: str, last: Release) -> Release:
    """The release `version`, or the last one where none is said."""
    if version == NONE:
        raise DeployError(f"version {last.version} of {stage.full_name} is its first release")
    goal = find_release(stage, client, version) if version else last
    if goal is None:
        known = ", ".join(one.version for one in list_releases(stage, client))
        raise DeployError(f"version {version} of {stage.full_name} is no release; there is {known}")
    return goal


def main(
    stage: StageName,
    version: Annotated[
        str, typer.Option(help="the Lambda's version to put back; the release before if not said")
    ] = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put back the code and the gateway deployment of the release before."""
    console = Console("rollback", as_json)
    with console.failures():
        found = Stage.read(stage)
        steps = plan(found, boto3.client("apigateway"), boto3.client("lambda"), version)
        title = f"{found.full_name}; settings, table, policies, firewall, scheduled Lambdas stay"
        console.bring_about(title, steps, dry_run=dry_run, status=False)
