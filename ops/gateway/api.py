"""A deployed REST API, and its stage's access logs, throttling, metrics and IP addresses."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ops.logs import find_group
from ops.retries import GATEWAY_BUSY, LOGS_BUSY, PendingError
from ops.stage import IPV4, Stage
from ops.steps import AS_WANTED, OperatorError, Step

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_apigateway.type_defs import (
        AccessLogSettingsTypeDef,
        MethodSettingTypeDef,
        PatchOperationTypeDef,
    )
    from types_boto3_cloudwatch.client import CloudWatchClient
    from types_boto3_logs.client import CloudWatchLogsClient
    from types_boto3_logs.type_defs import LogGroupTypeDef

ACCESS_LOGS_NEED_A_ROLE = (
    "API Gateway has no CloudWatch role in this account and region, and access logs need one."
    " Run `landscape log-role` once: see docs/gateway.md"
)
# The arguments of create_deployment that replace the stage's settings, with their names in get_stage.
REPEATED = {
    "stageDescription": "description",
    "cacheClusterEnabled": "cacheClusterEnabled",
    "cacheClusterSize": "cacheClusterSize",
    "variables": "variables",
    "tracingEnabled": "tracingEnabled",
}
# Never log the token, the query string (callers search in it) or an e-mail address. A caller can set
# the request id, but not the extended one. Never log an error's text: API Gateway escapes nothing, and
# a quote in the text would make the line invalid JSON.
ACCESS_LOG_FORMAT = json.dumps(
    {
        "request_id": "$context.requestId",
        "extended_request_id": "$context.extendedRequestId",
        "time": "$context.requestTime",
        "source_ip": "$context.identity.sourceIp",
        "method": "$context.httpMethod",
        "path": "$context.path",
        "status": "$context.status",
        "error_type": "$context.error.responseType",
        "response_latency": "$context.responseLatency",
        "integration_latency": "$context.integration.latency",
        "integration_status": "$context.integration.integrationStatus",
        "authorizer_status": "$context.authorizer.status",
        "response_length": "$context.responseLength",
    }
)


class GatewayError(OperatorError):
    """Names the obstacle and the cure."""


@dataclass(frozen=True)
class Clients:
    """boto3's clients. `sleep` waits between two attempts; its argument is in seconds."""

    gateway: "APIGatewayClient"
    logs: "CloudWatchLogsClient"
    cloudwatch: "CloudWatchClient"
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Api:
    """A REST API and its stage, as API Gateway describes them now.

    `repeated` has the arguments with which create_deployment keeps the stage's settings.
    """

    stage: Stage
    id: str
    name: str
    deployment_id: str
    access_logs: "AccessLogSettingsTypeDef"
    every_method: "MethodSettingTypeDef"
    ip_addresses: str = IPV4
    repeated: dict[str, Any] = field(default_factory=dict)

    @property
    def access_log_group(self) -> str:
        return f"/aws/apigateway/{self.stage.full_name}"


def find_api(gateway: "APIGatewayClient", stage: Stage, rest_api_id: str) -> Api:
    """Raises GatewayError if the API or its stage is not found."""
    try:
        api = gateway.get_rest_api(restApiId=rest_api_id)
    except gateway.exceptions.NotFoundException:
        raise GatewayError(
            f"there is no REST API {rest_api_id} in this account and region. Set AWS_PROFILE and"
            " AWS_DEFAULT_REGION to the API's, or deploy the stage again if the API was deleted"
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
        name=api["name"],
        deployment_id=found["deploymentId"],
        access_logs=found.get("accessLogSettings") or {},
        every_method=found.get("methodSettings", {}).get("*/*", {}),
        ip_addresses=api.get("endpointConfiguration", {}).get("ipAddressType", IPV4),
        repeated=_repeated(found),
    )


def _repeated(found: Mapping[str, Any]) -> dict[str, Any]:
    """The size is left out if there is no cache: it then has no effect."""
    has_cache = found.get("cacheClusterEnabled", False)
    return {
        argument: found[name]
        for argument, name in REPEATED.items()
        if found.get(name) and (has_cache or name != "cacheClusterSize")
    }


def require_log_role(gateway: "APIGatewayClient") -> None:
    """Raises GatewayError if API Gateway has no role to write logs with."""
    if not gateway.get_account().get("cloudwatchRoleArn"):
        raise GatewayError(ACCESS_LOGS_NEED_A_ROLE)


def stage_steps(
    clients: Clients,
    api: Api,
    rate: float,
    burst: int,
    found_group: "LogGroupTypeDef | None",
    *,
    detailed_metrics: bool = False,
) -> Iterator[Step]:
    """`rate` is in requests a second; `found_group` is the access log's, None if it is missing."""
    update = partial(_update, clients, api)
    yield Step(
        "access logs",
        _access_logs(api, found_group),
        AS_WANTED,
        partial(_log_accesses, clients, api),
    )
    limits = {"rateLimit": f"{rate:g}", "burstLimit": str(burst)}
    yield Step(
        "throttling",
        _throttling(api),
        f"{rate:g} a second, bursts of {burst}",
        partial(update, {f"/*/*/throttling/{k}": v for k, v in limits.items()}),
    )
    yield Step(
        "detailed metrics",
        _switch(on=api.every_method.get("metricsEnabled", False)),
        _switch(on=detailed_metrics),
        partial(update, {"/*/*/metrics/enabled": str(detailed_metrics).lower()}),
    )
    yield Step(
        "IP addresses",
        api.ip_addresses,
        api.stage.ip_addresses,
        partial(_set_ip_addresses, clients, api),
    )


def _switch(*, on: bool) -> str:
    return "on" if on else "off"


def _set_ip_addresses(clients: Clients, api: Api) -> None:
    """Takes effect at once, without a deployment."""
    path, value = "/endpointConfiguration/ipAddressType", api.stage.ip_addresses
    change: PatchOperationTypeDef = {"op": "replace", "path": path, "value": value}
    update = partial(clients.gateway.update_rest_api, restApiId=api.id, patchOperations=[change])
    GATEWAY_BUSY.repeat(update, clients.sleep)


def _access_logs(api: Api, found_group: "LogGroupTypeDef | None") -> str:
    if not api.access_logs.get("destinationArn"):
        return "off"
    if found_group is None or api.access_logs["destinationArn"] != group_arn(found_group):
        return "another log group"
    return AS_WANTED if api.access_logs.get("format") == ACCESS_LOG_FORMAT else "another format"


def group_arn(group: "LogGroupTypeDef") -> str:
    """As API Gateway accepts it: without the `:*` of CloudWatch Logs."""
    return group["arn"].removesuffix(":*")


def _log_accesses(clients: Clients, api: Api) -> None:
    """A group that was just created may not be listed yet. Raises PendingError."""
    name = api.access_log_group

    def find() -> "LogGroupTypeDef":
        if found := find_group(clients.logs, name):
            return found
        raise PendingError(
            f"CloudWatch Logs does not list the log group {name} yet: wait a minute, and run the"
            " command again"
        )

    group = LOGS_BUSY.repeat(find, clients.sleep)
    changes = {
        "/accessLogSettings/destinationArn": group_arn(group),
        "/accessLogSettings/format": ACCESS_LOG_FORMAT,
    }
    _update(clients, api, changes)


def _throttling(api: Api) -> str:
    rate = api.every_method.get("throttlingRateLimit")
    burst = api.every_method.get("throttlingBurstLimit")
    if rate is None or burst is None:
        return "the account's limits"
    return f"{rate:g} a second, bursts of {burst}"


def _update(clients: Clients, api: Api, changes: dict[str, str]) -> None:
    operations: list[PatchOperationTypeDef] = [
        {"op": "replace", "path": path, "value": changes[path]} for path in changes
    ]
    of = {"restApiId": api.id, "stageName": api.stage.gateway_stage}
    update = partial(clients.gateway.update_stage, **of, patchOperations=operations)
    GATEWAY_BUSY.repeat(update, clients.sleep)
