"""The deployed API that the operator means, and its stage's access logs, throttling and metrics."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ops.logs import find_group
from ops.retries import GATEWAY_BUSY, LOGS_BUSY, PendingError
from ops.stage import IPV4, Stage
from ops.steps import AS_WANTED, OperatorError, Step

ACCESS_LOGS_NEED_A_ROLE = (
    "API Gateway has no CloudWatch role in this account and region, and access logs need one, once:"
    " `landscape log-role` makes it, see docs/gateway.md"
)
# create_deployment sets these of the stage from its arguments; the name that get_stage gives each.
REPEATED = {
    "stageDescription": "description",
    "cacheClusterEnabled": "cacheClusterEnabled",
    "cacheClusterSize": "cacheClusterSize",
    "variables": "variables",
    "tracingEnabled": "tracingEnabled",
}
# Never the token, the query string (people search in it) or an e-mail address. A caller can set the
# request id, and not the extended one. No text of an error: API Gateway escapes nothing, so that a
# quote in it would leave a line that is no JSON.
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
    """Says what stands in the way."""


@dataclass(frozen=True)
class Clients:
    """boto3's clients, with whatever profile, region and endpoint the SDK's settings name.

    `sleep` takes the seconds between two attempts.
    """

    gateway: Any
    logs: Any
    cloudwatch: Any
    sleep: Callable[[float], None] = time.sleep


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
    ip_addresses: str = IPV4
    repeated: dict[str, Any] = field(default_factory=dict)

    @property
    def access_log_group(self) -> str:
        return f"/aws/apigateway/{self.stage.full_name}"


def find_api(gateway: Any, stage: Stage, rest_api_id: str) -> Api:
    """Raises GatewayError where there is no such API, or it has no such stage."""
    try:
        api = gateway.get_rest_api(restApiId=rest_api_id)
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
        name=api["name"],
        deployment_id=found["deploymentId"],
        access_logs=found.get("accessLogSettings") or {},
        every_method=found.get("methodSettings", {}).get("*/*", {}),
        ip_addresses=api.get("endpointConfiguration", {}).get("ipAddressType", IPV4),
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


def stage_steps(
    clients: Clients,
    api: Api,
    rate: float,
    burst: int,
    found_group: dict[str, Any] | None,
    *,
    detailed_metrics: bool = False,
) -> Iterator[Step]:
    """`rate` is in requests a second; `found_group` is the access log's, None where it is missing."""
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
    """Holds at once, without a deployment."""
    path, value = "/endpointConfiguration/ipAddressType", api.stage.ip_addresses
    change = {"op": "replace", "path": path, "value": value}
    update = partial(clients.gateway.update_rest_api, restApiId=api.id, patchOperations=[change])
    GATEWAY_BUSY.repeat(update, clients.sleep)


def _access_logs(api: Api, found_group: dict[str, Any] | None) -> str:
    if not api.access_logs.get("destinationArn"):
        return "off"
    if found_group is None or api.access_logs["destinationArn"] != group_arn(found_group):
        return "another log group"
    return AS_WANTED if api.access_logs.get("format") == ACCESS_LOG_FORMAT else "another format"


def group_arn(group: dict[str, Any]) -> str:
    """As API Gateway wants it: CloudWatch Logs puts `:*` after it."""
    arn: str = group["arn"]
    return arn.removesuffix(":*")


def _log_accesses(clients: Clients, api: Api) -> None:
    """The group may have been made a moment ago, and not be listed at once. Raises PendingError."""
    name = api.access_log_group

    def find() -> dict[str, Any]:
        if found := find_group(clients.logs, name):
            return found
        raise PendingError(
            f"CloudWatch Logs does not list the log group {name} yet: wait a minute, and run this"
            " again"
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
        return "the account's"
    return f"{rate:g} a second, bursts of {burst}"


def _update(clients: Clients, api: Api, changes: dict[str, str]) -> None:
    operations = [{"op": "replace", "path": path, "value": changes[path]} for path in changes]
    of = {"restApiId": api.id, "stageName": api.stage.gateway_stage}
    update = partial(clients.gateway.update_stage, **of, patchOperations=operations)
    GATEWAY_BUSY.repeat(update, clients.sleep)
