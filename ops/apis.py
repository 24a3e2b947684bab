"""The REST APIs that call a stage's Lambda, and Chalice's record of the API that it updates.

Chalice finds its API only by `.chalice/deployed/<stage>.json`. Without that file it would create a
second API over the same data, without the firewall. So a deploy searches AWS first.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.partitions import domain_of
from ops.gateway.alarms import SCHEDULED
from ops.stage import Stage
from ops.steps import OperatorError

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef


class DeployError(OperatorError):
    """A deploy or a rollback cannot continue. The message names the cause and the cure."""


@dataclass(frozen=True)
class Account:
    """The AWS account and the region of a stage."""

    id: str
    region: str


def marker_of(stage: Stage) -> Path:
    """A file that exists while `chalice deploy` runs, and after its interruption."""
    return stage.record.with_suffix(".begun")


def write_marker(stage: Stage, account: Account) -> None:
    marker = marker_of(stage)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(asdict(account)))


def was_cut_short(stage: Stage, account: Account) -> bool:
    """Whether a deploy from this checkout to this account and region was interrupted."""
    marker = marker_of(stage)
    return marker.exists() and marker.read_text() == json.dumps(asdict(account))


def recorded_api(stage: Stage) -> str | None:
    """The API's id in Chalice's record, if there is one. Raises StageError if it cannot be read."""
    return stage.deployed_api() if stage.is_recorded else None


def apis_of(gateway: "APIGatewayClient", stage: Stage) -> list[str]:
    """The ids of the REST APIs in which an integration calls the stage's Lambda.

    Chalice names an API after the app. So only APIs of that name are read, and the recorded one.
    """
    target = f":function:{stage.full_name}/invocations"
    recorded = recorded_api(stage)
    return [
        api["id"]
        for page in gateway.get_paginator("get_rest_apis").paginate()
        for api in page["items"]
        if stage.app == api["name"] or api["id"] == recorded
        if any(target in uri for uri in _integrations(gateway, api["id"]))
    ]


def _integrations(gateway: "APIGatewayClient", api_id: str) -> Iterator[str]:
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    for page in pages:
        for resource in page["items"]:
            for method in resource.get("resourceMethods", {}).values():
                yield method.get("methodIntegration", {}).get("uri", "")


def choose_api(stage: Stage, found: list[str], region: str, *, adopt: bool) -> str | None:
    """The API that a deploy updates, or None if the deploy creates the first one.

    Raises DeployError if the choice is not certain; `region` is for its message.
    """
    recorded = recorded_api(stage)
    if recorded and recorded not in found:
        there = stage.recorded_region()
        cure = (
            f"set AWS_DEFAULT_REGION={there}"
            if there and there != region
            else "check the account (AWS_PROFILE). If the API was deleted, delete that file"
        )
        where = f" of {there}" if there else ""
        raise DeployError(
            f"{stage.record} names the REST API {recorded}{where}, but in {region} it does not call"
            f" {stage.full_name}: {cure}"
        )
    if len(found) > 1:
        raise DeployError(
            f"several REST APIs call {stage.full_name}: {', '.join(sorted(found))}. The record names"
            f" {recorded or 'none'}: delete the unused ones"
        )
    if recorded or not found:
        return recorded
    if not adopt:
        raise DeployError(
            f"the REST API {found[0]} calls {stage.full_name}, but there is no {stage.record}: a"
            " deploy would create a second API. To adopt this one, pass --adopt (make deploy ADOPT=1)"
        )
    return found[0]


def _of_function(
    name: str, found: "FunctionConfigurationResponseTypeDef"
) -> Iterator[dict[str, str]]:
    """The entries of Chalice's record for a Lambda and its role."""
    role = found["Role"]
    of_role = {"role_arn": role, "role_name": role.rpartition("/")[2]}
    yield {"name": f"{name}_role", "resource_type": "iam_role", **of_role}
    yield {"name": name, "resource_type": "lambda_function", "lambda_arn": found["FunctionArn"]}


def rebuild_record(stage: Stage, api_id: str, lambda_client: "LambdaClient", region: str) -> None:
    """Writes Chalice's record from the resources on AWS. Raises DeployError."""
    try:
        function = lambda_client.get_function_configuration(FunctionName=stage.full_name)
    except lambda_client.exceptions.ResourceNotFoundException:
        raise DeployError(
            f"the REST API {api_id} calls {stage.full_name}, which does not exist: delete the API"
        ) from None
    url = f"https://{api_id}.execute-api.{region}.{domain_of(region)}/{stage.gateway_stage}/"
    resources = [*_of_function("api_handler", function)]
    for name in SCHEDULED:
        with suppress(lambda_client.exceptions.ResourceNotFoundException):
            full_name = f"{stage.full_name}-{name}"
            found = lambda_client.get_function_configuration(FunctionName=full_name)
            resources += _of_function(name, found)
            rule = {"name": f"{name}-event", "resource_type": "cloudwatch_event"}
            resources.append({**rule, "rule_name": f"{full_name}-event"})
    api = {"name": "rest_api", "resource_type": "rest_api"}
    resources.append({**api, "rest_api_id": api_id, "rest_api_url": url})
    record = {"resources": resources, "schema_version": "2.0", "backend": "api"}
    path = stage.record
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(record, indent=2))
    part.replace(path)
