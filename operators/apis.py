"""Which REST APIs call a stage's Lambda, and Chalice's record of the one it keeps up to date.

Chalice knows its API by `.chalice/deployed/<stage>.json` alone. Without that file it makes a second
one, with another id, without the firewall, over the same data. So it is looked for on AWS first.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from operators.stage import Stage


class DeployError(Exception):
    """Says what stands in the way, and how to go on."""


def record_of(stage: Stage) -> Path:
    return stage.directory / "deployed" / f"{stage.name}.json"


@dataclass(frozen=True)
class Place:
    """Where on AWS: in which account and region."""

    account: str
    region: str


def mark_of(stage: Stage) -> Path:
    """There from before Chalice makes an API until its record is written."""
    return stage.directory / "deployed" / f"{stage.name}.begun"


def begin(stage: Stage, place: Place) -> None:
    mark = mark_of(stage)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps(asdict(place)))


def is_begun(stage: Stage, place: Place) -> bool:
    """Whether a deploy from here, in this account and region, was cut short."""
    mark = mark_of(stage)
    return mark.exists() and mark.read_text() == json.dumps(asdict(place))


def end(stage: Stage) -> None:
    mark_of(stage).unlink(missing_ok=True)


def recorded_api(stage: Stage) -> str | None:
    """The API's id in Chalice's record, if there is one. Raises StageError where it is unreadable."""
    return stage.deployed_api() if record_of(stage).exists() else None


def own_url(stage: Stage) -> str:
    """Where Chalice's record says that the API answers. Raises StageError."""
    return stage.deployed("rest_api_url")


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


def settle(stage: Stage, found: list[str], *, adopt: bool) -> str | None:
    """The API that a deploy shall bring up to date, or None where it shall make the first one.

    Raises DeployError where that is not certain: it says which APIs there are.
    """
    recorded = recorded_api(stage)
    if recorded and recorded not in found:
        raise DeployError(
            f"{record_of(stage)} names the REST API {recorded}, which does not call {stage.full_name}"
            " here. Is this another account or region? If it was deleted, remove that file"
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
            f"the REST API {found[0]} calls {stage.full_name}, but there is no {record_of(stage)}: a"
            " deploy would make a second one. Say --adopt (make deploy ADOPT=1) to take it over"
        )
    return found[0]


def rebuild_record(stage: Stage, api_id: str, lambda_client: Any, region: str) -> None:
    """Writes Chalice's record of what is on AWS."""
    try:
        function = lambda_client.get_function_configuration(FunctionName=stage.full_name)
    except lambda_client.exceptions.ResourceNotFoundException:
        raise DeployError(
            f"the REST API {api_id} calls {stage.full_name}, which is not there: delete the API"
        ) from None
    role_arn = function["Role"]
    domain = "amazonaws.com.cn" if ":aws-cn:" in role_arn else "amazonaws.com"
    url = f"https://{api_id}.execute-api.{region}.{domain}/{stage.gateway_stage}/"
    resources = [
        {
            "name": "api_handler_role",
            "resource_type": "iam_role",
            "role_arn": role_arn,
            "role_name": role_arn.rpartition("/")[2],
        },
        {
            "name": "api_handler",
            "resource_type": "lambda_function",
            "lambda_arn": function["FunctionArn"],
        },
        {
            "name": "rest_api",
            "resource_type": "rest_api",
            "rest_api_id": api_id,
            "rest_api_url": url,
        },
    ]
    record = {"resources": resources, "schema_version": "2.0", "backend": "api"}
    path = record_of(stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(record, indent=2))
    part.replace(path)
