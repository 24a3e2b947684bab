"""gateway/configure.py while AWS is busy, or has not yet spread what was just made.

By botocore's Stubber: the emulated AWS does everything at once.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from gateway_api import REPEATED, Api, GatewayError, find_api
from gateway_logs import filter_step, group_steps, listed_group
from gateway_responses import RESPONSES, deploy, response_steps
from gateway_stage import stage_steps

from operators.stage import Stage
from operators.steps import Step, StepError, carry_out
from tests.unit.test_configure import FOUND_GROUP, GROUP, GROUP_ARN, client

STAGE = Stage("dev", "landscape-api", "v1")
API = Api(STAGE, "abc123", "landscape-api", "d1", {}, {})
AT_ONCE = (0.0, 0.0)  # seconds between attempts
BUSY = ("ConflictException", "TooManyRequestsException")
LOGS_BUSY = ("OperationAbortedException", "ResourceNotFoundException")


def stubbed(service: str) -> Iterator[tuple[Any, Stubber]]:
    made = client(service)
    with Stubber(made) as stubber:
        yield made, stubber
    stubber.assert_no_pending_responses()


@pytest.fixture
def gateway() -> Iterator[tuple[Any, Stubber]]:
    yield from stubbed("apigateway")


@pytest.fixture
def logs() -> Iterator[tuple[Any, Stubber]]:
    yield from stubbed("logs")


def lists(logs: tuple[Any, Stubber], *answers: bool) -> None:
    """Whether the group is in each answer: another of the same beginning always is."""
    other = {**FOUND_GROUP, "logGroupName": f"{GROUP}-2"}
    for is_there in answers:
        groups = [other, FOUND_GROUP] if is_there else [other]
        logs[1].add_response("describe_log_groups", {"logGroups": groups})


def stage_step(gateway: Any, logs: Any, what: str) -> Step:
    steps = stage_steps(gateway, logs, API, 50, 100, None, AT_ONCE)
    return next(step for step in steps if step.what == what)


def test_a_log_group_that_is_not_listed_yet_is_looked_for_again(
    gateway: tuple[Any, Stubber], logs: tuple[Any, Stubber]
) -> None:
    lists(logs, False, False, True)
    gateway[1].add_response("update_stage", {})
    stage_step(gateway[0], logs[0], "access logs").make()


def test_a_log_group_that_is_never_listed_leaves_the_stage_alone(
    gateway: tuple[Any, Stubber], logs: tuple[Any, Stubber]
) -> None:
    lists(logs, False, False, False)
    with pytest.raises(GatewayError, match=f"does not list the log group {GROUP} yet"):
        stage_step(gateway[0], logs[0], "access logs").make()


def test_a_log_group_is_found_by_its_whole_name(logs: tuple[Any, Stubber]) -> None:
    lists(logs, True)
    assert listed_group(logs[0], GROUP, ())["arn"] == f"{GROUP_ARN}:*"


def test_a_log_group_that_somebody_else_made_meanwhile_is_there(
    logs: tuple[Any, Stubber],
) -> None:
    logs[1].add_client_error("create_log_group", "ResourceAlreadyExistsException")
    logs[1].add_response("put_retention_policy", {})
    carry_out("", [*group_steps(logs[0], GROUP, None, 30)], dry_run=False)


@pytest.mark.parametrize("code", LOGS_BUSY)
def test_what_a_new_log_group_is_given_waits_for_it(logs: tuple[Any, Stubber], code: str) -> None:
    made, stubber = logs
    _, retention = group_steps(made, GROUP, None, 30, AT_ONCE)
    counting = filter_step(made, "app", "dev", GROUP, is_there=False, pauses=AT_ONCE)
    for operation in ("put_retention_policy", "put_metric_filter"):
        stubber.add_client_error(operation, code)
        stubber.add_response(operation, {})
    carry_out("", [retention, counting], dry_run=False)


@pytest.mark.parametrize("code", BUSY)
@pytest.mark.parametrize("what", ["throttling", "metrics"])
def test_a_stage_that_is_being_changed_is_asked_again(
    gateway: tuple[Any, Stubber], code: str, what: str
) -> None:
    made, stubber = gateway
    stubber.add_client_error("update_stage", code)
    stubber.add_response("update_stage", {})
    stage_step(made, None, what).make()


@pytest.mark.parametrize(("code", "times"), [(BUSY[0], 3), ("BadRequestException", 1)])
def test_a_stage_that_stays_busy_or_refuses_is_an_error(
    gateway: tuple[Any, Stubber], code: str, times: int
) -> None:
    made, stubber = gateway
    for _ in range(times):
        stubber.add_client_error("update_stage", code)
    with pytest.raises(StepError, match=f"metrics: .*{code}"):
        carry_out("", [stage_step(made, None, "metrics")], dry_run=False)


def test_a_response_is_put_again(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    stubber.add_response("get_gateway_responses", {"items": []})
    stubber.add_response("get_deployment", {"id": "d1"})
    first, _ = response_steps(made, API, AT_ONCE, RESPONSES[:1])
    stubber.add_client_error("put_gateway_response", BUSY[0])
    stubber.add_response("put_gateway_response", {})
    first.make()


def test_a_deployment_waits_for_another_change(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    stubber.add_client_error("create_deployment", "ConflictException")
    stubber.add_response("create_deployment", {"id": "d2"})
    deploy(made, API, "as wanted", AT_ONCE)


HAS = {
    "description": "by hand",
    "cacheClusterEnabled": True,
    "cacheClusterSize": "0.5",
    "variables": {"colour": "green"},
    "tracingEnabled": True,
}
NO_CACHE = {"cacheClusterEnabled": False, "cacheClusterSize": "0.5"}


@pytest.mark.parametrize(
    ("has", "repeated"),
    [
        (HAS, {"stageDescription": "by hand", **{k: HAS[k] for k in [*HAS][1:]}}),
        ({**NO_CACHE, "tracingEnabled": True}, {"tracingEnabled": True}),
        ({**NO_CACHE, "variables": {}, "tracingEnabled": False}, {}),
    ],
)
def test_a_deployment_leaves_the_stage_what_it_has(
    gateway: tuple[Any, Stubber], has: dict[str, Any], repeated: dict[str, Any]
) -> None:
    made, stubber = gateway
    stubber.add_response("get_rest_api", {"name": "landscape-api"})
    stubber.add_response("get_stage", {"stageName": "v1", "deploymentId": "d1", **has})
    expected = {"restApiId": "abc123", "stageName": "v1", "description": "new", **repeated}
    stubber.add_response("create_deployment", {"id": "d2"}, expected)
    deploy(made, find_api(made, STAGE, "abc123"), "new", ())


def test_everything_that_a_deployment_can_set_of_a_stage_is_repeated() -> None:
    """But a canary: to repeat its settings would make the deployment one."""
    model = client("apigateway").meta.service_model
    arguments = set(model.operation_model("CreateDeployment").input_shape.members)
    own = {"restApiId", "stageName", "description", "canarySettings"}
    assert arguments - own == set(REPEATED)
    assert set(REPEATED.values()) <= set(model.operation_model("GetStage").output_shape.members)
