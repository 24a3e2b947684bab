"""`landscape access`: the IAM policies that let roles call a deployed stage's paths under /iam.

The application's routes and access rules decide which calls a policy lists. In the ARN of a call
`*` matches any text, slashes included. So each method is named: `*/api/*` would match /iam too.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Any

import boto3
import typer
from chalice.app import Chalice

from chalicelib.bootstrap import create_app
from chalicelib.models.identity import Role
from chalicelib.routes.requests import IAM
from chalicelib.services.access import RULES
from chalicelib.settings import Settings
from ops.console import Console, StageName
from ops.gateway.api import find_api
from ops.stage import Stage, stage_environment
from ops.steps import OperatorError

PARAMETER = re.compile(r"\{\w+\}")
READS = ("GET", "HEAD")
BEHIND_API = re.compile(r"/api/.*")
MANAGED, INLINE, OF_AN_API = 6144, 10240, 8192  # characters, without white space
ONE_OF = "pass --role, with or without --read-only, or pass --resource-policy"


class AccessError(OperatorError):
    """No policy can be printed. The message names the cause and the cure."""


def service_of(settings: Settings, arn: str) -> str:
    """The service that lists the role. Raises AccessError."""
    for role in settings.roles:
        if role.arn == arn:
            return role.service
    raise AccessError(
        f"no service lists the role {arn}: add it to TECH_AUDIT_TOOL_ROLE_ARNS or"
        f" DIGITAL_LANDSCAPE_ROLE_ARNS of the stage {settings.stage} in .chalice/config.json, and deploy"
    )


def role_policy(app: Chalice, service: str, stage_arn: str, *, read_only: bool) -> dict[str, Any]:
    """The policy of a role of `service`. `stage_arn` is like arn:aws:execute-api:REGION:ACCOUNT:API/STAGE."""
    mine = {
        f"{stage_arn}/{method}{path}"
        for method, path, action in _calls(app)
        if _is_under_iam(path) and (action is None or service in RULES[action].groups)
        if method in READS or not read_only
    }
    return _policy(_allow(mine))


def resource_policy(
    app: Chalice, roles: Iterable[Role], account: str, gateway_stage: str
) -> dict[str, Any]:
    """The API's own policy: /iam for roles of other accounts, all other paths for everybody.

    It lists no role of the API's own account: that would let the role call all of /iam, whatever the
    role's own policy allows. Raises AccessError.
    """
    foreign = sorted(role.arn for role in roles if role.key[1] != account)
    if not foreign:
        raise AccessError(
            f"every listed role belongs to the API's own account {account}, or none is listed: the API"
            " needs no policy. Pass --role to print the policy of a role"
        )
    under: dict[bool, set[str]] = {True: set(), False: set()}
    for method, path, _ in _calls(app):
        wide = BEHIND_API.sub("/api/*", path)
        under[_is_under_iam(path)].add(f"execute-api:/{gateway_stage}/{method}{wide}")
    everybody = _allow(under[False], Principal="*")
    return _policy(everybody, _allow(under[True], Principal={"AWS": foreign}))


def size_of(policy: dict[str, Any]) -> int:
    """The size as IAM counts it: characters without white space."""
    return len(json.dumps(policy, separators=(",", ":")))


def _calls(app: Chalice) -> Iterator[tuple[str, str, str | None]]:
    """Method, path with `*` for each parameter, and action of each route, preflights included."""
    for path, methods in app.routes.items():
        for method, entry in methods.items():
            route = getattr(entry.view_function, "route", None)
            yield method, PARAMETER.sub("*", path), route and route.action


def _is_under_iam(path: str) -> bool:
    return path == IAM or path.startswith(f"{IAM}/")


def _allow(resources: set[str], **more: Any) -> dict[str, Any]:
    """A statement that allows calls of `resources`, without those that another one covers."""
    kept = sorted(
        one
        for one in resources
        if not any(one != other and fnmatchcase(one, other) for other in resources)
    )
    return {"Effect": "Allow", **more, "Action": "execute-api:Invoke", "Resource": kept}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [*statements]}


def _print(policy: dict[str, Any], limits: str) -> None:
    json.dump(policy, sys.stdout, indent=2)
    sys.stdout.write("\n")
    print(f"access: {size_of(policy)} characters without white space; {limits}", file=sys.stderr)


def main(
    stage: StageName,
    role: Annotated[
        str, typer.Option(help="ARN of the role: arn:aws:iam::123456789012:role/back-end")
    ] = "",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="with --role: allow only GET and HEAD")
    ] = False,
    of_api: Annotated[
        bool,
        typer.Option("--resource-policy", help="print the API's policy for other accounts' roles"),
    ] = False,
    rest_api_id: Annotated[
        str, typer.Option(help="id of an API that CloudFormation or Terraform deployed")
    ] = "",
) -> None:
    """Print the IAM policy of a role, or the API's own policy for roles of other accounts."""
    if bool(role) == of_api or (read_only and of_api):
        raise typer.BadParameter(ONE_OF)
    with Console("access").failures():
        found, settings = Stage.read(stage), Settings.read(stage_environment(stage, {}))
        service = service_of(settings, role) if role else ""
        sts = boto3.client("sts")
        account, at = sts.get_caller_identity()["Account"], found.gateway_stage
        if of_api:
            made = resource_policy(create_app(settings), settings.roles, account, at)
            return _print(made, f"the limit is {OF_AN_API} bytes")
        api = find_api(boto3.client("apigateway"), found, rest_api_id or found.deployed_api())
        region = f"{sts.meta.partition}:execute-api:{sts.meta.region_name}"
        stage_arn = f"arn:{region}:{account}:{api.id}/{at}"
        made = role_policy(create_app(settings), service, stage_arn, read_only=read_only)
        return _print(
            made, f"the limit is {INLINE} for inline policies, {MANAGED} for a managed policy"
        )
