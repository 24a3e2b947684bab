"""`landscape access`: the IAM policies with which roles call a deployed stage's paths under /iam.

The application's own routes and rules decide. In the ARN of a call `*` stands for any text, slashes
too: so methods are spelled out, or `*/api/*` would reach what is under /iam.
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
ONE_OF = "say --role, with or without --read-only, or say --resource-policy"


class AccessError(OperatorError):
    """Says why there is no such policy, and what to do about it."""


def service_of(settings: Settings, arn: str) -> str:
    """The service that the role speaks for. Raises AccessError."""
    for role in settings.roles:
        if role.arn == arn:
            return role.service
    raise AccessError(
        f"no service lists the role {arn}: add it to TECH_AUDIT_TOOL_ROLE_ARNS or"
        f" DIGITAL_LANDSCAPE_ROLE_ARNS of the stage {settings.stage} in .chalice/config.json, and deploy"
    )


def role_policy(app: Chalice, service: str, stage_arn: str, *, read_only: bool) -> dict[str, Any]:
    """What a role of `service` needs. `stage_arn` is like arn:aws:execute-api:REGION:ACCOUNT:API/STAGE."""
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
    """The API's own: /iam for the roles of other accounts, all else for everybody. Raises AccessError.

    A role of the API's own account needs no mention, and one would let it call all of /iam whatever
    its own policy says.
    """
    foreign = sorted(role.arn for role in roles if role.key[1] != account)
    if not foreign:
        raise AccessError(
            f"every listed role is of the API's own account {account}, or none is listed: the API"
            " needs no policy, what --role prints is enough"
        )
    under: dict[bool, set[str]] = {True: set(), False: set()}
    for method, path, _ in _calls(app):
        wide = BEHIND_API.sub("/api/*", path)
        under[_is_under_iam(path)].add(f"execute-api:/{gateway_stage}/{method}{wide}")
    everybody = _allow(under[False], Principal="*")
    return _policy(everybody, _allow(under[True], Principal={"AWS": foreign}))


def size_of(policy: dict[str, Any]) -> int:
    """As IAM counts it: in characters, without white space."""
    return len(json.dumps(policy, separators=(",", ":")))


def _calls(app: Chalice) -> Iterator[tuple[str, str, str | None]]:
    """Method, path with `*` for each parameter, and action of each route, the preflights too."""
    for path, methods in app.routes.items():
        for method, entry in methods.items():
            route = getattr(entry.view_function, "route", None)
            yield method, PARAMETER.sub("*", path), route and route.action


def _is_under_iam(path: str) -> bool:
    return path == IAM or path.startswith(f"{IAM}/")


def _allow(resources: set[str], **more: Any) -> dict[str, Any]:
    """To call these, without those that another one covers."""
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
        str, typer.Option(help="the role that calls, arn:aws:iam::123456789012:role/back-end")
    ] = "",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="with --role: the policy for GET and HEAD alone")
    ] = False,
    of_api: Annotated[
        bool, typer.Option("--resource-policy", help="the API's policy for other accounts' roles")
    ] = False,
    rest_api_id: Annotated[
        str, typer.Option(help="where CloudFormation or Terraform deployed the API")
    ] = "",
) -> None:
    """Print the IAM policy that a role needs, or the API's own for roles of other accounts."""
    if bool(role) == of_api or (read_only and of_api):
        raise typer.BadParameter(ONE_OF)
    with Console("access").failures():
        found, settings = Stage.read(stage), Settings.read(stage_environment(stage, {}))
        service = service_of(settings, role) if role else ""
        sts = boto3.client("sts")
        account, at = sts.get_caller_identity()["Account"], found.gateway_stage
        if of_api:
            made = resource_policy(create_app(settings), settings.roles, account, at)
            return _print(made, f"an API's has at most {OF_AN_API} bytes")
        api = find_api(boto3.client("apigateway"), found, rest_api_id or found.deployed_api())
        region = f"{sts.meta.partition}:execute-api:{sts.meta.region_name}"
        stage_arn = f"arn:{region}:{account}:{api.id}/{at}"
        made = role_policy(create_app(settings), service, stage_arn, read_only=read_only)
        return _print(made, f"a role takes {INLINE} inline, a managed policy {MANAGED}")
