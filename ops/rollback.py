"""`landscape rollback`: restores the Lambda's code and the gateway's deployment of a release.

    make rollback STAGE=dev

After a deploy that succeeded, it restores the previous release; each further run goes one back. After
a deploy that failed, it restores the last release. Settings, the table, the policies, the firewall
and the scheduled Lambdas do not change.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

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
from ops.steps import Step, is_anything_due

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_lambda.client import LambdaClient


def plan(
    stage: Stage,
    gateway: "APIGatewayClient",
    client: "LambdaClient",
    version: str = "",
    *,
    to_last: bool = False,
) -> list[Step]:
    """The steps to the release `version`, the last one, or the one before. Raises DeployError."""
    region = gateway.meta.region_name
    api_id = choose_api(stage, apis_of(gateway, stage), region, adopt=True)
    if api_id is None:
        raise DeployError(
            f"no REST API in {region} calls {stage.full_name}: nothing is deployed there."
            " Check the account (AWS_PROFILE) and the region (AWS_DEFAULT_REGION)"
        )
    function = {"FunctionName": stage.full_name}
    last = current_release(stage, client)
    if last is None:
        raise DeployError(
            f"{stage.full_name} has no release, because no deploy has succeeded: run make deploy"
            f" STAGE={stage.name}"
        )
    live = client.get_function_configuration(**function)
    deployment = live_deployment(stage, api_id, gateway)
    is_live = (last.code_sha256, last.deployment) == (live["CodeSha256"], deployment)
    before = last.previous if is_live and not to_last else ""
    goal = _goal(stage, client, version or before, last)
    of_runtime = live["Runtime"], goal.runtime
    # The live code is kept until AWS has accepted the other runtime.
    kept = code_of(stage, client) if len({*of_runtime}) > 1 else b""

    def put_back(to: str) -> None:
        gateway.update_stage(
            restApiId=api_id,
            stageName=stage.gateway_stage,
            patchOperations=[{"op": "replace", "path": "/deploymentId", "value": to}],
        )

    def set_code(zipped: bytes) -> None:
        _update(client, stage, client.update_function_code, ZipFile=zipped)

    def set_runtime() -> None:
        try:
            _update(client, stage, client.update_function_configuration, Runtime=goal.runtime)
        except client.exceptions.InvalidParameterValueException as error:
            set_code(kept)
            put_back(deployment)
            point_to(stage, client, last.version)
            said = error.response["Error"]["Message"].rstrip(".")
            raise DeployError(
                f"AWS no longer accepts the runtime {goal.runtime} of version {goal.version}: {said}."
                " The rollback was undone. Check out the sources of that release and deploy them"
                " again, or pass --version with a release that has a newer runtime"
            ) from error

    zipped = code_of(stage, client, goal.version)
    code = Step("code", live["CodeSha256"], goal.code_sha256, partial(set_code, zipped))
    runtime = Step("runtime", *of_runtime, set_runtime)
    return [
        # The alias is first: after an interruption the next run restores the same release.
        Step("release", last.version, goal.version, partial(point_to, stage, client, goal.version)),
        Step("gateway deployment", deployment, goal.deployment, partial(put_back, goal.deployment)),
        # Between the two calls the code has the newer Python, with which reads work.
        *((code, runtime) if _is_older(*reversed(of_runtime)) else (runtime, code)),
    ]


def _update(
    client: "LambdaClient", stage: Stage, operation: Callable[..., object], **change: object
) -> None:
    settled = client.get_waiter("function_updated")
    settled.wait(FunctionName=stage.full_name)
    operation(FunctionName=stage.full_name, **change)
    settled.wait(FunctionName=stage.full_name)


def _is_older(runtime: str, other: str) -> bool:
    """`python3.9` is older than `python3.13`."""
    one, two = (tuple(map(int, re.findall(r"\d+", each))) for each in (runtime, other))
    return one < two


def _goal(stage: Stage, client: "LambdaClient", version: str, last: Release) -> Release:
    """The release `version`, or `last` if `version` is empty. Raises DeployError."""
    if version == NONE:
        same = [one.version for one in list_releases(stage, client) if one.digest == last.digest]
        raise DeployError(f"{_same(sorted(same, key=int))}: there is no older release")
    goal = find_release(stage, client, version) if version else last
    if goal is None:
        known = ", ".join(one.version for one in list_releases(stage, client))
        raise DeployError(
            f"version {version} of {stage.full_name} is not a release. Choose one of these, the"
            f" newest first: {known}"
        )
    return goal


def _same(versions: list[str]) -> str:
    if len(versions) == 1:
        return f"version {versions[0]} is the first release"
    return f"versions {', '.join(versions[:-1])} and {versions[-1]} hold the same code and settings"


def main(
    stage: StageName,
    version: Annotated[
        str, typer.Option(help="the Lambda's version to restore, if not the previous release")
    ] = "",
    to_last: Annotated[
        bool,
        typer.Option("--last", help="restore the last release; change nothing if it is live"),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Restore the code and the gateway deployment of the previous release."""
    console = Console("rollback", as_json)
    with console.failures():
        found = Stage.read(stage)
        steps = plan(
            found, boto3.client("apigateway"), boto3.client("lambda"), version, to_last=to_last
        )
        title = f"{found.full_name}; settings, table, policies, firewall, scheduled Lambdas do not change"
        if not is_anything_due(steps):
            console.say(f"version {steps[0].wanted} is already live")
        console.bring_about(title, steps, dry_run=dry_run, status=False)
