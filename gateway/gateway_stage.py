"""Settings of the API Gateway stage itself: access logs, throttling, metrics."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from gateway_api import Api

from operators.steps import AS_WANTED, Step

# Never the token, the query string (people search in it) or an e-mail address.
ACCESS_LOG_FORMAT = json.dumps(
    {
        "request_id": "$context.requestId",
        "time": "$context.requestTime",
        "source_ip": "$context.identity.sourceIp",
        "method": "$context.httpMethod",
        "path": "$context.path",
        "status": "$context.status",
        "error_type": "$context.error.responseType",
        "response_latency": "$context.responseLatency",
        "integration_latency": "$context.integration.latency",
        "integration_error": "$context.integration.error",
        "authorizer_error": "$context.authorizer.error",
        "response_length": "$context.responseLength",
    }
)


def stage_steps(
    gateway: Any, logs: Any, api: Api, rate: float, burst: int, found_group: dict[str, Any] | None
) -> Iterator[Step]:
    """`rate` is in requests a second; `found_group` is the access log's, None where it is missing."""
    yield Step(
        "access logs",
        _access_logs(api, found_group),
        AS_WANTED,
        partial(_log_accesses, gateway, logs, api),
    )
    limits = {"rateLimit": f"{rate:g}", "burstLimit": str(burst)}
    yield Step(
        "throttling",
        _throttling(api),
        f"{rate:g} a second, bursts of {burst}",
        partial(_update, gateway, api, {f"/*/*/throttling/{k}": v for k, v in limits.items()}),
    )
    yield Step(
        "metrics",
        "on" if api.every_method.get("metricsEnabled") else "off",
        "on",
        partial(_update, gateway, api, {"/*/*/metrics/enabled": "true"}),
    )


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


def _log_accesses(gateway: Any, logs: Any, api: Api) -> None:
    group = find_group(logs, api.access_log_group) or {"arn": ""}
    changes = {
        "/accessLogSettings/destinationArn": group_arn(group),
        "/accessLogSettings/format": ACCESS_LOG_FORMAT,
    }
    _update(gateway, api, changes)


def _throttling(api: Api) -> str:
    rate = api.every_method.get("throttlingRateLimit")
    burst = api.every_method.get("throttlingBurstLimit")
    if rate is None or burst is None:
        return "the account's"
    return f"{rate:g} a second, bursts of {burst}"


def _update(gateway: Any, api: Api, changes: dict[str, str]) -> None:
    gateway.update_stage(
        restApiId=api.id,
        stageName=api.stage.gateway_stage,
        patchOperations=[
            {"op": "replace", "path": path, "value": value} for path, value in changes.items()
        ],
    )


def find_group(logs: Any, name: str) -> dict[str, Any] | None:
    """The log group of exactly this name."""
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
        for group in page["logGroups"]:
            if group["logGroupName"] == name:
                found: dict[str, Any] = group
                return found
    return None
