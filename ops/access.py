"""Prints what IAM must allow for the roles that call a stage's API under /iam.

    landscape access --stage dev --role arn:aws:iam::123456789012:role/landscape-back-end

The policy belongs to the calling role, and is confined to the routes that the rules let its service
use. Callers of another account also need the API's own policy: --resource-policy prints it.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import boto3
import typer

from chalicelib.bootstrap import create_app
from chalicelib.models.identity import Role
from chalicelib.routes.declaration import Route
from chalicelib.routes.requests import IAM
from chalicelib.services.access import RULES
from chalicelib.settings import Settings
from chalicelib.stores.sqlite import SqliteStore
from ops.console import Console, StageName
from ops.stage import Stage, stage_environment
from ops.steps import OperatorError

ACTION = "execute-api:Invoke"
READS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the API is: all that the ARN of a route begins with."""

    partition: str
    region: str
    account: str
    api_id: str
    gateway_stage: str

    def arn(self, method: str, path: str) -> str:
        place = f"arn:{self.partition}:execute-api:{self.region}:{self.account}:{self.api_id}"
        return f"{place}/{self.gateway_stage}/{method}{path}"


def routes(settings: Settings) -> list[tuple[str, Route]]:
    """Each route with each of its methods, as the app declares them for tokens."""
    with TemporaryDirectory() as place:
        app = create_app(settings, SqliteStore(Path(place) / "routes.db"))
    views: Iterator[tuple[str, str, Any]] = (
        (path, method, entry.view_function)
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if method != "OPTIONS"
    )
    return [(method, view.route) for path, method, view in views if view.route.path == path]


def identity_policy(
    role: Role, place: Place, every: list[tuple[str, Route]], *, read_only: bool
) -> dict[str, Any]:
    """What the role needs: the routes of its service's rules, and the public ones, under /iam.

    In a resource `*` stands for an id. It fits slashes too.
    """
    resources = sorted(
        place.arn(method, (IAM + _with_stars(route.path)).rstrip("/"))
        for method, route in every
        if (not read_only or method in READS)
        and (route.action is None or role.service in RULES[route.action].groups)
    )
    return _policy({"Sid": "CallTheLandscapeApi", "Resource": resources})


def resource_policy(
    roles: tuple[Role, ...], gateway_stage: str, every: list[tuple[str, Route]]
) -> dict[str, Any]:
    """The API's own: /iam for the listed roles, everything else for everybody, as without a policy.

    The methods of what is open to everybody are named: `*` in their place would fit `GET/iam` too.
    """
    others = {
        f"{method}/{first}{'/*' * bool(deeper)}"
        for called, route in every
        for method in (called, "OPTIONS")
        for first, _, deeper in [route.path.removeprefix("/").partition("/")]
    }
    return _policy(
        {
            "Sid": "ListedRoles",
            "Principal": {"AWS": sorted(role.arn for role in roles)},
            "Resource": [f"execute-api:/{gateway_stage}/*{path}" for path in (IAM, f"{IAM}/*")],
        },
        {
            "Sid": "EverybodyElsewhere",
            "Principal": "*",
            "Resource": sorted(f"execute-api:/{gateway_stage}/{other}" for other in others),
        },
    )


def _policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    allowed = [{"Effect": "Allow", "Action": ACTION, **statement} for statement in statements]
    return {"Version": "2012-10-17", "Statement": allowed}


def _with_stars(path: str) -> str:
    return "/".join("*" if part.startswith("{") else part for part in path.split("/"))


def _place(stage: Stage) -> Place:
    client = boto3.client("sts")
    caller = client.get_caller_identity()
    partition = caller["Arn"].split(":")[1]
    region: str = client.meta.region_name
    return Place(partition, region, caller["Account"], stage.deployed_api(), stage.gateway_stage)


def _listed(settings: Settings, arn: str) -> Role:
    for role in settings.roles:
        if role.arn == arn:
            return role
    raise OperatorError(
        f"no setting of the stage {settings.stage} lists the role {arn}: add it to"
        " TECH_AUDIT_TOOL_ROLE_ARNS or DIGITAL_LANDSCAPE_ROLE_ARNS in .chalice/config.json, and deploy"
    )


def main(
    stage: StageName,
    role: Annotated[str, typer.Option(help="the ARN of the role that is to call")] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="GET and HEAD alone")] = False,
    of_api: Annotated[
        bool, typer.Option("--resource-policy", help="the API's own policy instead of a role's")
    ] = False,
) -> None:
    """Print the IAM policy of a role that calls the API, or the API's own."""
    if bool(role) == of_api:
        raise typer.BadParameter("say either --role ARN or --resource-policy")
    with Console("access", as_json=False).failures():
        found = Stage.read(stage)
        settings = Settings.read(stage_environment(stage, os.environ))
        every = routes(settings)
        if not of_api:
            listed = _listed(settings, role)
            policy = identity_policy(listed, _place(found), every, read_only=read_only)
        elif settings.roles:
            policy = resource_policy(settings.roles, found.gateway_stage, every)
        else:
            raise OperatorError(
                f"the stage {stage} lists no role: set TECH_AUDIT_TOOL_ROLE_ARNS or"
                " DIGITAL_LANDSCAPE_ROLE_ARNS in .chalice/config.json"
            )
        print(json.dumps(policy, indent=2))
