"""The deployed API that the operator means: found, or refused with the reason."""

from dataclasses import dataclass, field
from typing import Any

from operators.stage import Stage

ACCESS_LOGS_NEED_A_ROLE = (
    "API Gateway has no CloudWatch role in this account and region, and access logs need one, once:"
    " docs/gateway.md, “Once for each account”, has the commands"
)
# create_deployment sets these of the stage from its arguments; the name that get_stage gives each.
REPEATED = {
    "stageDescription": "description",
    "cacheClusterEnabled": "cacheClusterEnabled",
    "cacheClusterSize": "cacheClusterSize",
    "variables": "variables",
    "tracingEnabled": "tracingEnabled",
}


class GatewayError(Exception):
    """Says what stands in the way."""


@dataclass(frozen=True)
class Clients:
    """boto3's clients, with whatever profile, region and endpoint the SDK's settings name."""

    gateway: Any
    logs: Any
    cloudwatch: Any


@dataclass(frozen=True)
class Api:
    """A REST API and its stage as API Gateway describes them at the moment.

    `repeated` are arguments for create_deployment: what the stage has, and is to keep.
    """

    stage: Stage
    id: str
    name: str
    deployment_id: str
    access_logs: dict[str, str]
    every_method: dict[str, Any]
    repeated: dict[str, Any] = field(default_factory=dict)

    @property
    def access_log_group(self) -> str:
        return f"/aws/apigateway/{self.stage.full_name}"


def find_api(gateway: Any, stage: Stage, rest_api_id: str) -> Api:
    """Raises GatewayError where there is no such API, or it has no such stage."""
    try:
        name = gateway.get_rest_api(restApiId=rest_api_id)["name"]
    except gateway.exceptions.NotFoundException:
        raise GatewayError(
            f"there is no REST API {rest_api_id} in this account and region: is it another's"
            " profile, or was the API deleted?"
        ) from None
    try:
        found = gateway.get_stage(restApiId=rest_api_id, stageName=stage.gateway_stage)
    except gateway.exceptions.NotFoundException:
        raise GatewayError(
            f"the REST API {rest_api_id} has no stage {stage.gateway_stage!r}: deploy it first"
        ) from None
    return Api(
        stage=stage,
        id=rest_api_id,
        name=name,
        deployment_id=found["deploymentId"],
        access_logs=found.get("accessLogSettings") or {},
        every_method=found.get("methodSettings", {}).get("*/*", {}),
        repeated=_repeated(found),
    )


def _repeated(found: dict[str, Any]) -> dict[str, Any]:
    """A size says nothing, and costs nothing, while there is no cache."""
    has_cache = found.get("cacheClusterEnabled", False)
    return {
        argument: found[name]
        for argument, name in REPEATED.items()
        if found.get(name) and (has_cache or name != "cacheClusterSize")
    }


def require_log_role(gateway: Any) -> None:
    """Raises GatewayError where API Gateway may not write logs at all."""
    if not gateway.get_account().get("cloudwatchRoleArn"):
        raise GatewayError(ACCESS_LOGS_NEED_A_ROLE)
