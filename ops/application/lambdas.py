"""Compares a stage's Lambdas, their roles and schedules in this checkout with those on AWS."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from ops.application.built import API, Built, Lambda, digests
from ops.releases import code_of
from ops.stage import Stage
from ops.steps import AS_WANTED, MISSING, NOT_SET, Step

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_events.client import EventBridgeClient
    from types_boto3_iam.client import IAMClient
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_lambda.type_defs import (
        FunctionConfigurationTypeDef,
        GetFunctionResponseTypeDef,
    )

FILES_NAMED = 5
# SAM's properties whose values Lambda returns unchanged.
PLAIN = {
    "Runtime": "runtime",
    "Handler": "handler",
    "MemorySize": "memory in MB",
    "Timeout": "timeout in seconds",
    "Architectures": "processor",
}
OTHERS = {"CodeUri", "Environment", "Events", "Layers", "Role", "Tags", "Tracing", "VpcConfig"}
CONCURRENCY = "ReservedConcurrentExecutions"
COMPARED = {*PLAIN, *OTHERS, CONCURRENCY}


@dataclass(frozen=True)
class Sdk:
    """boto3's clients."""

    functions: "LambdaClient"
    gateway: "APIGatewayClient"
    iam: "IAMClient"
    events: "EventBridgeClient"

    @classmethod
    def create(cls) -> "Sdk":
        functions, gateway = boto3.client("lambda"), boto3.client("apigateway")
        return cls(functions, gateway, boto3.client("iam"), boto3.client("events"))


def step(what: str, found: object, wanted: object) -> Step:
    """A step to show: `chalice deploy` makes all changes at once."""
    old, new = (None if each in ([], {}) else each for each in (found, wanted))
    was, will = _said(old), _said(new)
    return Step(what, was, f"another {will}" if old != new and was == will else will, lambda: None)


def _said(value: object) -> str:
    return NOT_SET if value is None else str(value) or "empty"


def lambda_steps(stage: Stage, built: Built, sdk: Sdk, api_id: str | None) -> Iterator[Step]:
    """A difference that all Lambdas share, such as a setting, is one step."""
    names: dict[tuple[str, str, str], list[str]] = {}
    for wanted in built.lambdas:
        name = full_name(stage, wanted.name)
        for one in _steps(stage, wanted, built, sdk, api_id):
            names.setdefault((one.what, one.found, one.wanted), []).append(name)
    for (what, found, will), of in names.items():
        is_plain = len(of) == len(built.lambdas) or what.startswith("Lambda ")
        yield step(what if is_plain else f"{what} of {', '.join(of)}", found, will)


def full_name(stage: Stage, name: str) -> str:
    return stage.full_name if name == API else f"{stage.full_name}-{name}"


def _steps(
    stage: Stage, wanted: Lambda, built: Built, sdk: Sdk, api_id: str | None
) -> Iterator[Step]:
    try:
        found = sdk.functions.get_function(FunctionName=full_name(stage, wanted.name))
    except sdk.functions.exceptions.ResourceNotFoundException:
        yield step(f"Lambda {full_name(stage, wanted.name)}", MISSING, "there")
        return
    yield _code_step(stage, wanted, built, sdk, found["Configuration"])
    yield from _configuration_steps(wanted.properties, found)
    yield from _role_steps(stage, wanted, sdk, found["Configuration"]["Role"])
    yield from _caller_steps(wanted, sdk, found["Configuration"]["FunctionArn"], api_id)


def _code_step(
    stage: Stage, wanted: Lambda, built: Built, sdk: Sdk, found: "FunctionConfigurationTypeDef"
) -> Step:
    """All Lambdas have the same zip, so only the API's is read."""
    if wanted.name != API:
        api = None
        with suppress(sdk.functions.exceptions.ResourceNotFoundException):
            api = sdk.functions.get_function_configuration(FunctionName=stage.full_name)
        is_same = api is not None and found["CodeSha256"] == api["CodeSha256"]
        return step("code", AS_WANTED if is_same else "differs from the API's", AS_WANTED)
    live = digests(code_of(stage, sdk.functions))
    names = sorted(n for n in live.keys() | built.code.keys() if live.get(n) != built.code.get(n))
    return step("code", _files(names) if names else AS_WANTED, AS_WANTED)


def _files(names: list[str]) -> str:
    said = "1 file differs" if len(names) == 1 else f"{len(names)} files differ"
    more = f" and {len(names) - FILES_NAMED} more" * (len(names) > FILES_NAMED)
    return f"{said}: {', '.join(names[:FILES_NAMED])}{more}"


def _configuration_steps(
    wanted: Mapping[str, Any], found: "GetFunctionResponseTypeDef"
) -> Iterator[Step]:
    live = found["Configuration"]
    for name, what in PLAIN.items():
        yield step(
            what, live.get(name, ["x86_64"] if name == "Architectures" else None), wanted[name]
        )
    yield from _each(
        "setting", live.get("Environment", {}), wanted.get("Environment", {}), "Variables"
    )
    yield from _each("tag", found, wanted, "Tags")
    tracing = live.get("TracingConfig", {}).get("Mode", "PassThrough")
    yield step("tracing", tracing, wanted.get("Tracing", "PassThrough"))
    layers = [each["Arn"] for each in live.get("Layers", [])]
    yield step("layers", layers, wanted.get("Layers", []))
    yield step("VPC", _vpc(live.get("VpcConfig", {})), _vpc(wanted.get("VpcConfig", {})))
    reserved = found.get("Concurrency", {}).get(CONCURRENCY)
    yield step("reserved concurrency", reserved, wanted.get(CONCURRENCY))
    for name in wanted.keys() - COMPARED:
        yield cannot_compare(name)


def _each(
    what: str, found: Mapping[str, Any], wanted: Mapping[str, Any], part: str
) -> Iterator[Step]:
    """AWS's own tags begin with `aws:`. The value of a setting that is not ours is not printed."""
    old, new = ({**each.get(part, {})} for each in (found, wanted))
    for name in sorted(old.keys() | new.keys()):
        if not name.startswith("aws:"):
            yield step(f"{what} {name}", old.get(name) if name in new else "set", new.get(name))


def _vpc(config: Mapping[str, Any]) -> list[str]:
    return sorted([*config.get("SubnetIds", []), *config.get("SecurityGroupIds", [])])


def cannot_compare(what: str) -> Step:
    """Counts as a change each time, so that no change is missed."""
    return step(what, "cannot be compared", "deployed each time")


def _role_steps(stage: Stage, wanted: Lambda, sdk: Sdk, arn: str) -> Iterator[Step]:
    if wanted.policy is None:
        yield step("role", arn, wanted.properties.get("Role"))
        return
    name = f"{stage.full_name}-{wanted.name}"
    yield step("role", arn.rpartition("/")[2], name)
    try:
        # botocore returns it parsed; the stub allows a string too.
        found: Any = sdk.iam.get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]
    except sdk.iam.exceptions.NoSuchEntityException:
        yield step("policy of the role", MISSING, "there")
    else:
        yield step("policy of the role", _policy(found, wanted.policy), AS_WANTED)


def _policy(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """The statements that differ, by their Sid."""
    if found == wanted:
        return AS_WANTED
    old, new = (
        {s.get("Sid", json.dumps(s)): s for s in one["Statement"]} for one in (found, wanted)
    )
    kinds = {
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
        "changed": sorted(sid for sid in new.keys() & old.keys() if new[sid] != old[sid]),
    }
    said = [f"{', '.join(sids)} {how}" for how, sids in kinds.items() if sids]
    return "; ".join(said) or "another order or version"


def _caller_steps(wanted: Lambda, sdk: Sdk, arn: str, api_id: str | None) -> Iterator[Step]:
    """The schedule, and the permission for API Gateway or EventBridge to call the Lambda."""
    if wanted.name == API:
        yield _permission_step(sdk, arn, "apigateway", f":{api_id}/")
    if not wanted.schedule:
        return
    rule = f"{arn.rpartition(':')[2]}-event"
    yield _permission_step(sdk, arn, "events", f":rule/{rule}")
    try:
        found = sdk.events.describe_rule(Name=rule)
        targets = sdk.events.list_targets_by_rule(Rule=rule)["Targets"]
    except sdk.events.exceptions.ResourceNotFoundException:
        yield step("schedule", MISSING, wanted.schedule)
        return
    state = found["ScheduleExpression"] if found["State"] == "ENABLED" else "disabled"
    is_called = any(target["Arn"] == arn for target in targets)
    yield step("schedule", state if is_called else "calls another Lambda", wanted.schedule)


def _permission_step(sdk: Sdk, arn: str, service: str, source: str) -> Step:
    try:
        policy = json.loads(sdk.functions.get_policy(FunctionName=arn)["Policy"])
    except sdk.functions.exceptions.ResourceNotFoundException:
        policy = {"Statement": []}
    is_given = any(
        str(one.get("Principal", {}).get("Service", "")).startswith(f"{service}.")
        and source in json.dumps(one.get("Condition", {}))
        for one in policy["Statement"]
    )
    return step(f"permission for {service} to call it", "given" if is_given else MISSING, "given")
