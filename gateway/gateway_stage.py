"""Settings of the API Gateway stage itself: access logs, throttling, metrics."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from gateway_api import Api
from gateway_logs import listed_group
from gateway_retries import GATEWAY_BUSY, PAUSES, make_in_turn

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
    gateway: Any,
    logs: Any,
    api: Api,
    rate: float,
    burst: int,
    found_group: dict[str, Any] | None,
    pauses: Sequence[float] = PAUSES,
) -> Iterator[Step]:
    """`rate` is in requests a second; `found_group` is the access log's, None where it is missing.

    `pauses`, in seconds, come after each time that AWS was busy.
    """
    update = partial(_update, gateway, api, pauses)
    yield Step(
        "access logs",
        _access_logs(api, found_group),
        AS_WANTED,
        partial(_log_accesses, logs, api, update, pauses),
    )
    limits = {"rateLimit": f"{rate:g}", "burstLimit": str(burst)}
    yield Step(
        "throttling",
        _throttling(api),
        f"{rate:g} a second, bursts of {burst}",
        partial(update, {f"/*/*/throttling/{k}": v for k, v in limits.items()}),
    )
    yield Step(
        "metrics",
        "on" if api.every_method.get("metricsEnabled") else "off",
        "on",
        partial(update, {"/*/*/metrics/enabled": "true"}),
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


def _log_accesses(
    logs: Any, api: Api, update: Callable[[dict[str, str]], None], pauses: Sequence[float]
) -> None:
    """The group may have been made a moment ago, and not be listed at once. Raises GatewayError."""
    group = listed_group(logs, api.access_log_group, pauses)
    changes = {
        "/accessLogSettings/destinationArn": group_arn(group),
        "/accessLogSettings/format": ACCESS_LOG_FORMAT,
    }
    update(changes)


def _throttling(api: Api) -> str:
    rate = api.every_method.get("throttlingRateLimit")
    burst = api.every_method.get("throttlingBurstLimit")
    if rate is None or burst is None:
        return "the account's"
    return f"{rate:g} a second, bursts of {burst}"


def _update(gateway: Any, api: Api, pauses: Sequence[float], changes: dict[str, str]) -> None:
    operations = [{"op": "replace", "path": path, "value": changes[path]} for path in changes]
    of = {"restApiId": api.id, "stageName": api.stage.gateway_stage}
    update = partial(gateway.update_stage, **of, patchOperations=operations)
    make_in_turn(update, GATEWAY_BUSY, pauses)
