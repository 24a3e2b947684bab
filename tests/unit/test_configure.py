"""gateway/configure.py where AWS refuses, by botocore's Stubber: what the emulator never does."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from configure import Wishes, plan
from gateway_api import Api, Clients, GatewayError, find_api
from gateway_logs import FILTER_PATTERN, REFUSALS, filter_step, group_steps
from gateway_stage import ACCESS_LOG_FORMAT, stage_steps

from operators.stage import Stage
from operators.steps import StepError, carry_out, is_anything_due

STAGE = Stage("dev", "landscape-api", "dev")
GROUP = "/aws/apigateway/landscape-api-dev"
GROUP_ARN = f"arn:aws:logs:eu-west-2:000000000000:log-group:{GROUP}"
METHODS = {"metricsEnabled": True, "throttlingRateLimit": 50.0, "throttlingBurstLimit": 100}
LOGS = {"destinationArn": GROUP_ARN, "format": ACCESS_LOG_FORMAT}
API = Api(STAGE, "abc123", "landscape-api", "d1", LOGS, METHODS)
FOUND_GROUP = {"logGroupName": GROUP, "arn": f"{GROUP_ARN}:*", "retentionInDays": 30}
WISHES: dict[str, Any] = {
    "function": "f",
    "scheduled": {"expire": "f-expire", "finish": "f-finish"},
    "rate": 50,
    "burst": 100,
    "log_days": 30,
    "alarm_topic": "",
}


def client(service: str) -> Any:
    credentials = {"aws_access_key_id": "stubbed", "aws_secret_access_key": "stubbed"}
    return boto3.client(service, region_name="eu-west-2", **credentials)


@pytest.fixture
def gateway() -> Iterator[tuple[Any, Stubber]]:
    made = client("apigateway")
    with Stubber(made) as stubber:
        yield made, stubber
    stubber.assert_no_pending_responses()


@pytest.fixture
def logs() -> Iterator[tuple[Any, Stubber]]:
    made = client("logs")
    with Stubber(made) as stubber:
        yield made, stubber
    stubber.assert_no_pending_responses()


def test_an_api_that_is_not_there_is_named(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    stubber.add_client_error("get_rest_api", "NotFoundException", http_status_code=404)
    with pytest.raises(GatewayError, match="there is no REST API abc123 in this account"):
        find_api(made, STAGE, "abc123")


def test_a_stage_that_is_not_deployed_is_named(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    stubber.add_response("get_rest_api", {"name": "landscape-api"}, {"restApiId": "abc123"})
    stubber.add_client_error("get_stage", "NotFoundException", http_status_code=404)
    with pytest.raises(GatewayError, match="abc123 has no stage 'dev': deploy it first"):
        find_api(made, STAGE, "abc123")


def test_a_stage_with_nothing_set_is_found_without_settings(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    stubber.add_response("get_rest_api", {"name": "landscape-api"})
    stubber.add_response("get_stage", {"stageName": "dev", "deploymentId": "d1"})
    assert find_api(made, STAGE, "abc123") == Api(STAGE, "abc123", "landscape-api", "d1", {}, {})


def test_a_denied_look_passes_as_aws_says_it(gateway: tuple[Any, Stubber]) -> None:
    made, stubber = gateway
    stubber.add_client_error("get_rest_api", "AccessDeniedException", http_status_code=403)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        find_api(made, STAGE, "abc123")


def test_without_a_log_role_nothing_is_planned_and_the_page_is_named(
    gateway: tuple[Any, Stubber],
) -> None:
    made, stubber = gateway
    stubber.add_response("get_account", {})
    with pytest.raises(GatewayError, match=r"no CloudWatch role .* docs/gateway\.md"):
        plan(Clients(made, None, None), API, Wishes(**WISHES))


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"rate": 0}, "above 0"),
        ({"burst": 0}, "above 0"),
        ({"log_days": 31}, "31 is not one of CloudWatch's: 1, 3, 5"),
        ({"alarm_topic": "alarms"}, "alarms is not the ARN of an SNS topic"),
    ],
)
def test_wishes_that_aws_would_refuse_half_way_are_refused_first(
    wish: dict[str, Any], said: str
) -> None:
    with pytest.raises(GatewayError, match=said):
        Wishes(**{**WISHES, **wish})


def test_an_sns_topic_in_any_partition_is_taken() -> None:
    Wishes(**{**WISHES, "alarm_topic": "arn:aws-us-gov:sns:us-gov-west-1:123456789012:alarms"})


@pytest.mark.parametrize("never", ["query", "header", "claims", "principal", "user", "token"])
def test_the_access_log_never_holds_a_token_a_search_or_a_person(never: str) -> None:
    assert never not in ACCESS_LOG_FORMAT.lower()


def test_the_access_log_is_one_line_with_what_aws_requires() -> None:
    assert "$context.requestId" in ACCESS_LOG_FORMAT
    assert "\n" not in ACCESS_LOG_FORMAT


def test_the_filter_looks_at_a_field_of_the_access_log() -> None:
    assert '"error_type": "$context.error.responseType"' in ACCESS_LOG_FORMAT
    assert FILTER_PATTERN.count("$.error_type") == len(REFUSALS)


def test_a_stage_as_wanted_needs_no_call_at_all() -> None:
    assert not is_anything_due(stage_steps(client("apigateway"), None, API, 50, 100, FOUND_GROUP))


@pytest.mark.parametrize(
    ("access_logs", "group", "found"),
    [
        ({}, FOUND_GROUP, "off"),
        (LOGS, None, "another log group"),
        ({**LOGS, "destinationArn": "arn:aws:logs:…:other"}, FOUND_GROUP, "another log group"),
        ({**LOGS, "format": "$context.requestId"}, FOUND_GROUP, "another format"),
    ],
)
def test_what_is_wrong_with_access_logs_is_said(
    access_logs: dict[str, str], group: dict[str, Any] | None, found: str
) -> None:
    api = Api(STAGE, "abc123", "landscape-api", "d1", access_logs, METHODS)
    step = next(stage_steps(client("apigateway"), None, api, 50, 100, group))
    assert (step.found, step.is_due) == (found, True)


def test_access_logs_go_to_the_group_by_the_arn_that_the_gateway_takes(
    gateway: tuple[Any, Stubber], logs: tuple[Any, Stubber]
) -> None:
    api = Api(STAGE, "abc123", "landscape-api", "d1", {}, METHODS)
    logs[1].add_response("describe_log_groups", {"logGroups": [FOUND_GROUP]})
    changes = {
        "/accessLogSettings/destinationArn": GROUP_ARN,
        "/accessLogSettings/format": ACCESS_LOG_FORMAT,
    }
    expected = [{"op": "replace", "path": k, "value": v} for k, v in changes.items()]
    gateway[1].add_response(
        "update_stage",
        {},
        {"restApiId": "abc123", "stageName": "dev", "patchOperations": expected},
    )
    steps = [*stage_steps(gateway[0], logs[0], api, 50, 100, None)]
    carry_out("", steps[:1], dry_run=False)


def test_a_refused_step_is_named_with_those_before_it(logs: tuple[Any, Stubber]) -> None:
    made, stubber = logs
    stubber.add_response("create_log_group", {}, {"logGroupName": GROUP})
    stubber.add_client_error("put_retention_policy", "AccessDeniedException")
    with pytest.raises(StepError, match=rf"retention of {GROUP}: access denied.*log group {GROUP}"):
        carry_out("", [*group_steps(made, GROUP, None, 30)], dry_run=False)


def filters(*found: dict[str, Any]) -> dict[str, Any]:
    return {"metricFilters": list(found)}


COUNTING = {
    "metricName": "authorizer-failures-dev",
    "metricNamespace": "landscape-api",
    "metricValue": "1",
    "defaultValue": 0.0,
}
FILTER = {
    "filterName": "authorizer-failures",
    "filterPattern": FILTER_PATTERN,
    "metricTransformations": [{**COUNTING, "unit": "None"}],
}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (filters(FILTER), "as wanted"),
        (filters({**FILTER, "filterName": "authorizer-failures-2"}), "missing"),
        (filters({**FILTER, "filterPattern": "ERROR"}), "another filterPattern"),
        (
            filters({**FILTER, "metricTransformations": [{**COUNTING, "metricValue": "2"}]}),
            "another metricTransformations",
        ),
    ],
)
def test_the_metric_filter_is_compared_whole(
    logs: tuple[Any, Stubber], answer: dict[str, Any], found: str
) -> None:
    logs[1].add_response("describe_metric_filters", answer)
    step = filter_step(logs[0], "landscape-api", "dev", GROUP, is_there=True)
    assert step.found == found
