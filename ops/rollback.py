"""Puts back the Lambda's code and the gateway's deployment of the release before.

    make rollback STAGE=dev

After a deploy that came to its end: the release before it, and one further back each time. After
one that did not: the last release that did. Settings, the table, the policies, the firewall and the
scheduled Lambdas stay as they are.
"""

import re
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
from ops.steps import Step, is_anything_due


def plan(
    stage: Stage, gateway: Any, client: Any, version: str = "", *, to_last: bool = False
) -> list[Step]:
    """The steps to release `version`, to the last one, or to the one before. Raises DeployError."""
    region = gateway.meta.region_name
    api_id = choose_api(stage, apis_of(gateway, stage), region, adopt=True)
    if api_id is None:
        raise DeployError(
            f"no REST API in {region} calls {stage.full_name}: nothing is deployed there. Is this"
            " another account (AWS_PROFILE) or region (AWS_DEFAULT_REGION)?"
        )
    function = {"FunctionName": stage.full_name}
    last = current_release(stage, client)
    if last is None:
        raise DeployError(
            f"{stage.full_name} has no release, as no deploy came to its end: make deploy"
            f" STAGE={stage.name} makes the first"
        )
    live = client.get_function_configuration(**function)
    deployment = live_deployment(stage, api_id, gateway)
    is_live = (last.code_sha256, last.deployment) == (live["CodeSha256"], deployment)
    before = last.previous if is_live and not to_last else ""
    goal = _goal(stage, client, version or before, last)
    of_runtime = live["Runtime"], goal.runtime
    # What is live is kept until AWS has taken the other runtime.
    kept = code_of(stage, client) if len({*of_runtime}) > 1 else b""

    def put_back(to: str) -> None:
        change = {"op": "replace", "path": "/deploymentId", "value": to}
        at = {"restApiId": api_id, "stageName": stage.gateway_stage}
        gateway.update_stage(**at, patchOperations=[change])

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
                f"AWS takes the runtime {goal.runtime} of version {goal.version} no more: {said}."
                " What was done before was undone. Check out the sources of that release and"
                " deploy them anew, or say --version of a release with a newer runtime"
            ) from error

    zipped = code_of(stage, client, goal.version)
    code = Step("code", live["CodeSha256"], goal.code_sha256, partial(set_code, zipped))
    runtime = Step("runtime", *of_runtime, set_runtime)
    return [
        # First what is to be live: a run that is cut short from here on ends there when repeated.
        Step("release", last.version, goal.version, partial(point_to, stage, client, goal.version)),
        Step("gateway deployment", deployment, goal.deployment, partial(put_back, goal.deployment)),
        # Between the two calls the code has the newer Python of the two: it reads on that.
        *((code, runtime) if _is_older(*reversed(of_runtime)) else (runtime, code)),
    ]


def _update(client: Any, stage: Stage, operation: Callable[..., Any], **change: Any) -> None:
    function = {"FunctionName": stage.full_name}
    settled = client.get_waiter("function_updated")
    settled.wait(**function)
    operation(**function, **change)
    settled.wait(**function)


def _is_older(runtime: str, other: str) -> bool:
    """`python3.9` is older than `python3.13`."""
    one, two = (tuple(map(int, re.findall(r"\d+", each))) for each in (runtime, other))
    return one < two


def _goal(stage: Stage, client: Any, version: str, last: Release) -> Release:
    """The release `version`, or the last one where none is said."""
    if version == NONE:
        same = [one.version for one in list_releases(stage, client) if one.digest == last.digest]
        raise DeployError(f"{_same(sorted(same, key=int))}; nothing is older")
    goal = find_release(stage, client, version) if version else last
    if goal is None:
        known = ", ".join(one.version for one in list_releases(stage, client))
        raise DeployError(
            f"version {version} of {stage.full_name} is no release. The releases, the newest first,"
            f" are {known}"
        )
    return goal


def _same(versions: list[str]) -> str:
    if len(versions) == 1:
        return f"version {versions[0]} is the first release"
    return f"versions {', '.join(versions[:-1])} and {versions[-1]} hold the same code and settings"


def main(
    stage: StageName,
    version: Annotated[
        str, typer.Option(help="the Lambda's version to put back; the release before if not said")
    ] = "",
    to_last: Annotated[
        bool,
        typer.Option("--last", help="the last release; changes nothing where that is live"),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put back the code and the gateway deployment of the release before."""
    console = Console("rollback", as_json)
    with console.failures():
        found = Stage.read(stage)
        steps = plan(
            found, boto3.client("apigateway"), boto3.client("lambda"), version, to_last=to_last
        )
        title = f"{found.full_name}; settings, table, policies, firewall, scheduled Lambdas stay"
        if not is_anything_due(steps):
            console.say(f"version {steps[0].wanted} is already live")
        console.bring_about(title, steps, dry_run=dry_run, status=False)
