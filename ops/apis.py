"""Which REST APIs call a stage's Lambda, and Chalice's record of the one it keeps up to date.

Chalice knows its API by `.chalice/deployed/<stage>.json` alone. Without that file it makes a second
one, with another id, without the firewall, over the same data. So it is looked for on AWS first.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chalicelib.partitions import domain_of
from ops.gateway.alarms import SCHEDULED
from ops.stage import Stage
from ops.steps import OperatorError


class DeployError(OperatorError):
    """Says what stands in the way, and how to go on."""


@dataclass(frozen=True)
class Account:
    """Where on AWS a stage is deployed."""

    id: str
    region: str


def marker_of(stage: Stage) -> Path:
    """There from before Chalice makes an API until its record is written."""
    return stage.record.with_suffix(".begun")


def write_marker(stage: Stage, account: Account) -> None:
    marker = marker_of(stage)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(asdict(account)))


def was_cut_short(stage: Stage, account: Account) -> bool:
    """Whether a deploy from here, in this account and region, was."""
    marker = marker_of(stage)
    return marker.exists() and marker.read_text() == json.dumps(asdict(account))


def recorded_api(stage: Stage) -> str | None:
    """The API's id in Chalice's record, if there is one. Raises StageError where it is unreadable."""
    return stage.deployed_api() if stage.is_recorded else None


def apis_of(gateway: Any, stage: Stage) -> list[str]:
    """The ids of the REST APIs in which an integration calls the stage's Lambda.

    Chalice names an API after the app, so that no other team's API has to be read.
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


def _integrations(gateway: Any, api_id: str) -> Iterator[str]:
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    for page in pages:
        for resource in page["items"]:
            for method in resource.get("resourceMethods", {}).values():
                yield method.get("methodIntegration", {}).get("uri", "")


def choose_api(stage: Stage, found: list[str], region: str, *, adopt: bool) -> str | None:
    """The API that a deploy shall bring up to date, or None where it shall make the first one.

    Raises DeployError where that is not certain: it says which APIs there are in `region`.
    """
    recorded = recorded_api(stage)
    if recorded and recorded not in found:
        there = stage.recorded_region()
        cure = (
            f"set AWS_DEFAULT_REGION={there}"
            if there and there != region
            else "is this another account (AWS_PROFILE)? If the API was deleted, remove that file"
        )
        where = f" of {there}" if there else ""
        raise DeployError(
            f"{stage.record} names the REST API {recorded}{where}, and in {region} it does not call"
            f" {stage.full_name}: {cure}"
        )
    if len(found) > 1:
        raise DeployError(
            f"several REST APIs call {stage.full_name}: {', '.join(sorted(found))}. The record names"
            f" {recorded or 'none'}: delete those that nobody uses"
        )
    if recorded or not found:
        return recorded
    if not adopt:
        raise DeployError(
            f"the REST API {found[0]} calls {stage.full_name}, but there is no {stage.record}: a"
            " deploy would make a second one. Say --adopt (make deploy ADOPT=1) to take it over"
        )
    return found[0]


def _of_function(name: str, found: dict[str, Any]) -> Iterator[dict[str, str]]:
    """What Chalice's record has of a Lambda and its role."""
    role = found["Role"]
    of_role = {"role_arn": role, "role_name": role.rpartition("/")[2]}
    yield {"name": f"{name}_role", "resource_type": "iam_role", **of_role}
    yield {"name": name, "resource_type": "lambda_function", "lambda_arn": found["FunctionArn"]}


def rebuild_record(stage: Stage, api_id: str, lambda_client: Any, region: str) -> None:
    """Writes Chalice's record of what is on AWS."""
    try:
        function = lambda_client.get_function_configuration(FunctionName=stage.full_name)
    except lambda_client.exceptions.ResourceNotFoundException:
        raise DeployError(
            f"the REST API {api_id} calls {stage.full_name}, which is not there: delete the API"
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
