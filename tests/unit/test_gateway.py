"""`landscape gateway` where AWS refuses, is busy, or has a state that the emulated AWS lacks."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.gateway.alarms import SCHEDULED, Watched, alarm_steps, alarms
from ops.gateway.api import (
    ACCESS_LOG_FORMAT,
    REPEATED,
    Api,
    Clients,
    GatewayError,
    find_api,
    stage_steps,
)
from ops.gateway.configure import GatewayOptions, plan
from ops.gateway.logs import FILTER_PATTERN, REFUSALS, filter_step
from ops.gateway.responses import deploy
from ops.retries import PAUSES, PendingError
from ops.stage import Stage
from ops.steps import Step, StepError, carry_out, is_anything_due
from tests.support.api import ROOT
from tests.support.stubbed_aws import StubbedAws, client

Fields = dict[str, Any]
STAGE = Stage("dev", "landscape-api", "v1")
GROUP = "/aws/apigateway/landscape-api-dev"
GROUP_ARN = f"arn:aws:logs:eu-west-2:000000000000:log-group:{GROUP}"
FOUND_GROUP = {"logGroupName": GROUP, "arn": f"{GROUP_ARN}:*", "retentionInDays": 30}
ANOTHER = {**FOUND_GROUP, "logGroupName": f"{GROUP}-2", "arn": "another"}
METHODS: Any = {"metricsEnabled": False, "throttlingRateLimit": 50.0, "throttlingBurstLimit": 100}
LOGS: Any = {"destinationArn": GROUP_ARN, "format": ACCESS_LOG_FORMAT}
BARE = Api(STAGE, "abc123", "landscape-api", "d1", {}, {})
API = replace(BARE, access_logs=LOGS, every_method=METHODS, ip_addresses="dualstack")
STAGE_OF = {"restApiId": "abc123", "stageName": "v1"}
OPTIONS = GatewayOptions("f", {"expire": "f-expire", "finish": "f-finish"}, "t")
TOPIC = "arn:aws:sns:eu-west-2:123456789012:alarms"
GATEWAY_BUSY = ("ConflictException", "TooManyRequestsException")
LOGS_BUSY = ("OperationAbortedException", "ResourceNotFoundException")
# The steps that AWS may refuse because it is busy: the call, and its temporary errors.
CHANGES = {
    f"retention of {GROUP}": ("put_retention_policy", LOGS_BUSY),
    "metric filter authorizer-failures": ("put_metric_filter", LOGS_BUSY),
    "throttling": ("update_stage", GATEWAY_BUSY),
    "IP addresses": ("update_rest_api", GATEWAY_BUSY),
    "gateway response THROTTLED": ("put_gateway_response", GATEWAY_BUSY),
    "deployment of the responses": ("create_deployment", GATEWAY_BUSY),
}


class Gateway(StubbedAws):
    def __init__(self) -> None:
        super().__init__("apigateway", "logs", "cloudwatch")
        gateway, logs, cloudwatch = self.clients
        self.stage_clients = Clients(gateway, logs, cloudwatch, self.slept.append)

    def plan(self) -> dict[str, Step]:
        """The steps, by name, for an API where every part differs."""
        self.answers("get_account", {"cloudwatchRoleArn": "arn:aws:iam::000000000000:role/logs"})
        self.answers("get_gateway_responses", {"items": []})
        self.answers("get_deployment", {"id": "d1"})
        for _ in range(4):
            self.lists(ANOTHER)
        self.answers("describe_alarms", {"MetricAlarms": []})
        self.refuses("get_dashboard", "ResourceNotFound")
        return {step.what: step for step in plan(self.stage_clients, BARE, OPTIONS)}

    def lists(self, *groups: dict[str, Any]) -> None:
        self.answers("describe_log_groups", {"logGroups": list(groups)})


@pytest.fixture
def aws() -> Iterator[Gateway]:
    with Gateway() as made:
        yield made


def test_an_api_or_a_stage_that_is_not_there_is_named(aws: Gateway) -> None:
    aws.refuses("get_rest_api", "NotFoundException")
    with pytest.raises(GatewayError, match="there is no REST API abc123 in this account"):
        find_api(aws.clients[0], STAGE, "abc123")
    aws.answers("get_rest_api", {"name": "landscape-api"}, {"restApiId": "abc123"})
    aws.refuses("get_stage", "NotFoundException")
    with pytest.raises(GatewayError, match="abc123 has no stage 'v1': deploy it first"):
        find_api(aws.clients[0], STAGE, "abc123")
    aws.refuses("get_rest_api", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        find_api(aws.clients[0], STAGE, "abc123")


def test_without_a_log_role_nothing_is_planned_and_the_page_is_named(aws: Gateway) -> None:
    aws.answers("get_account")
    with pytest.raises(GatewayError, match=r"no CloudWatch role .* docs/gateway\.md"):
        list(plan(aws.stage_clients, API, OPTIONS))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"rate": 0}, "above 0"),
        ({"burst": 0}, "above 0"),
        ({"log_days": 31}, "31 is unsupported: use one of 1, 3, 5"),
        ({"alarm_topic": "alarms"}, "alarms is not the ARN of an SNS topic"),
    ],
)
def test_options_that_aws_would_refuse_are_refused_before(option: Fields, said: str) -> None:
    replace(OPTIONS, alarm_topic="arn:aws-us-gov:sns:us-gov-west-1:123456789012:alarms")
    with pytest.raises(GatewayError, match=said):
        replace(OPTIONS, **option)


def test_the_access_log_has_what_aws_and_the_filter_need_and_never_a_token_or_a_person() -> None:
    private = ("query", "header", "claims", "principal", "user", "token")
    assert not any(never in ACCESS_LOG_FORMAT.lower() for never in private)
    assert "$context.requestId" in ACCESS_LOG_FORMAT
    assert "$context.extendedRequestId" in ACCESS_LOG_FORMAT
    assert "\n" not in ACCESS_LOG_FORMAT
    assert '"error_type": "$context.error.responseType"' in ACCESS_LOG_FORMAT
    assert FILTER_PATTERN.count("$.error_type") == len(REFUSALS)


# Variables that API Gateway itself fills: ids, numbers, names and addresses, never a text from a
# caller.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
HOLD_NO_QUOTE = {
    "context.extendedRequestId",
    "context.requestTime",
    "context.identity.sourceIp",
    "context.status",
    "context.error.responseType",
    "context.responseLatency",
    "context.integration.latency",
    "context.integration.integrationStatus",
    "context.authorizer.status",
    "context.responseLength",
    "context.httpMethod",  # one of API Gateway's methods
}
# From the request line and a header: docs/gateway.md explains how to read such a line.
THE_CALLERS = {"context.requestId", "context.path"}


def test_no_text_of_an_error_can_break_a_line_of_the_access_log() -> None:
    """API Gateway escapes nothing. So the test puts a quote into every other variable."""

    def value(found: re.Match[str]) -> str:
        return "x" if found[1] in HOLD_NO_QUOTE | THE_CALLERS else 'Execution failed: "user"'

    line = re.sub(r"\$([\w.]+)", value, ACCESS_LOG_FORMAT)
    assert set(json.loads(line).values()) == {"x"}


@pytest.mark.parametrize(
    ("access_logs", "group", "found"),
    [
        (LOGS, FOUND_GROUP, "up to date"),
        ({}, FOUND_GROUP, "off"),
        (LOGS, None, "another log group"),
        ({**LOGS, "destinationArn": "arn:aws:logs:…:other"}, FOUND_GROUP, "another log group"),
        ({**LOGS, "format": "$context.requestId"}, FOUND_GROUP, "another format"),
    ],
)
def test_what_is_wrong_with_access_logs_is_said_without_a_call(
    aws: Gateway, access_logs: Any, group: Any, found: str
) -> None:
    api = replace(API, access_logs=access_logs)
    steps = [*stage_steps(aws.stage_clients, api, 50, 100, group)]
    assert steps[0].found == found
    assert is_anything_due(steps) == (found != "up to date")


def test_access_logs_go_to_the_group_of_exactly_this_name_once_it_is_listed(aws: Gateway) -> None:
    """API Gateway takes the ARN without the `:*` of CloudWatch Logs."""
    step = aws.plan()["access logs"]
    for groups in ([ANOTHER], [ANOTHER], [ANOTHER, FOUND_GROUP]):
        aws.lists(*groups)
    changes = {f"/accessLogSettings/{name}": value for name, value in LOGS.items()}
    operations = [{"op": "replace", "path": k, "value": v} for k, v in changes.items()]
    aws.answers("update_stage", {}, {**STAGE_OF, "patchOperations": operations})
    step.make()
    assert aws.slept == [*PAUSES[:2]]


def test_a_log_group_that_is_never_listed_leaves_the_stage_alone(aws: Gateway) -> None:
    step = aws.plan()["access logs"]
    for _ in range(5):
        aws.lists(ANOTHER)
    with pytest.raises(PendingError, match=f"does not list the log group {GROUP} yet"):
        step.make()
    assert aws.slept == [*PAUSES]


def test_a_log_group_that_somebody_else_made_meanwhile_is_there(aws: Gateway) -> None:
    step = aws.plan()[f"log group {GROUP}"]
    aws.refuses("create_log_group", "ResourceAlreadyExistsException")
    step.make()


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_made_again_while_aws_is_busy(aws: Gateway, what: str) -> None:
    step, (operation, busy) = aws.plan()[what], CHANGES[what]
    for code in busy:
        aws.refuses(operation, code)
    aws.answers(operation)
    step.make()
    assert aws.slept == [*PAUSES[:2]]


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_that_stays_busy_or_is_refused_is_an_error(aws: Gateway, what: str) -> None:
    step, (operation, busy) = aws.plan()[what], CHANGES[what]
    for code, times in ((busy[0], 5), ("BadRequestException", 1)):
        aws.slept.clear()
        aws.refuses(operation, code, times=times)
        with pytest.raises(StepError, match=f"{what}: .*{code}"):
            carry_out([step])
        assert aws.slept == [*PAUSES[: times - 1]]


NAMES = {"metricName": "authorizer-failures-dev", "metricNamespace": "landscape-api"}
COUNTING = {**NAMES, "metricValue": "1", "defaultValue": 0.0}
TWICE = {**COUNTING, "metricValue": "2"}
FILTER = {
    "filterName": "authorizer-failures",
    "filterPattern": FILTER_PATTERN,
    "metricTransformations": [{**COUNTING, "unit": "None"}],
}


@pytest.mark.parametrize(
    ("differing", "found"),
    [
        ({}, "up to date"),
        ({"filterName": "authorizer-failures-2"}, "missing"),
        ({"filterPattern": "ERROR"}, "filterPattern: "),
        ({"metricTransformations": [TWICE]}, "metricTransformations: "),
    ],
)
def test_the_metric_filter_is_compared_whole(aws: Gateway, differing: Fields, found: str) -> None:
    aws.answers("describe_metric_filters", {"metricFilters": [{**FILTER, **differing}]})
    step = filter_step(aws.stage_clients, "landscape-api", "dev", GROUP, is_there=True)
    assert step.found.startswith(found)


CACHE = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5"}
HAS = {**CACHE, "variables": {"colour": "green"}, "tracingEnabled": True}
NO_CACHE = {**CACHE, "cacheClusterEnabled": False}


@pytest.mark.parametrize(
    ("has", "repeated"),
    [
        ({"description": "by hand", **HAS}, {"stageDescription": "by hand", **HAS}),
        ({**NO_CACHE, "tracingEnabled": True}, {"tracingEnabled": True}),
        ({**NO_CACHE, "variables": {}, "tracingEnabled": False}, {}),
    ],
)
def test_a_deployment_keeps_the_stages_own(aws: Gateway, has: Fields, repeated: Fields) -> None:
    aws.answers("get_rest_api", {"name": "landscape-api"})
    aws.answers("get_stage", {"stageName": "v1", "deploymentId": "d1", **has})
    aws.answers("create_deployment", {}, {**STAGE_OF, "description": "new", **repeated})
    found = find_api(aws.clients[0], STAGE, "abc123")
    assert found == replace(BARE, repeated=repeated)
    deploy(aws.stage_clients, found, "new")


def test_everything_that_a_deployment_can_set_of_a_stage_is_repeated() -> None:
    """A canary is left out: its settings would turn the deployment into a canary."""
    model = client("apigateway").meta.service_model
    arguments = set(model.operation_model("CreateDeployment").input_shape.members)
    own = {"restApiId", "stageName", "description", "canarySettings"}
    assert arguments - own == set(REPEATED)
    assert set(REPEATED.values()) <= set(model.operation_model("GetStage").output_shape.members)


WATCHED = Watched(
    STAGE, "The API", "the-function", {"expire": "the-expiry", "finish": "the-end"}, "the-table"
)
ALARMS = alarms(WATCHED)
ALARM = ALARMS[0]


def test_every_alarm_watches_what_it_is_named_after() -> None:
    gateway = {"ApiName": "The API", "Stage": "v1"}
    code, table = {"FunctionName": "the-function"}, {"TableName": "the-table"}
    expire, finish = {"FunctionName": "the-expiry"}, {"FunctionName": "the-end"}
    assert {one.name: (one.metric, one.statistic, one.dimensions) for one in ALARMS} == {
        "landscape-api-dev-5xx": ("5XXError", "Sum", gateway),
        "landscape-api-dev-latency-p99": ("Latency", "p99", gateway),
        "landscape-api-dev-authorizer-failures": ("authorizer-failures-dev", "Sum", {}),
        "landscape-api-dev-lambda-throttles": ("Throttles", "Sum", code),
        "landscape-api-dev-lambda-errors": ("Errors", "Sum", code),
        "landscape-api-dev-expire-errors": ("Errors", "Sum", expire),
        "landscape-api-dev-expire-throttles": ("Throttles", "Sum", expire),
        "landscape-api-dev-expire-stopped": ("Invocations", "Sum", expire),
        "landscape-api-dev-finish-errors": ("Errors", "Sum", finish),
        "landscape-api-dev-finish-throttles": ("Throttles", "Sum", finish),
        "landscape-api-dev-finish-stopped": ("Invocations", "Sum", finish),
        "landscape-api-dev-table-read-throttles": ("ReadThrottleEvents", "Sum", table),
        "landscape-api-dev-table-write-throttles": ("WriteThrottleEvents", "Sum", table),
        "landscape-api-dev-table-conflicts": ("TransactionConflict", "Sum", table),
    }


def test_a_schedule_that_stopped_is_noticed_though_it_sends_nothing() -> None:
    """Only these alarms treat missing data as a fault. Without requests, no other alarm sounds."""
    silent = [alarm.settings() for alarm in ALARMS if alarm.name.endswith("-stopped")]
    assert len(silent) == len(SCHEDULED)
    for alarm in silent:
        assert alarm["TreatMissingData"] == "breaching"
        assert alarm["ComparisonOperator"] == "LessThanThreshold"
        assert alarm["Period"] * alarm["EvaluationPeriods"] == 45 * 60  # three runs
    others = [alarm.settings() for alarm in ALARMS if not alarm.name.endswith("-stopped")]
    assert {alarm["TreatMissingData"] for alarm in others} == {"notBreaching"}


def test_every_alarm_is_explained() -> None:
    """The table in docs/gateway.md has a row with the cure."""
    text = (ROOT / "docs/gateway.md").read_text().partition("## What an alarm means")[2]
    explained = [f"landscape-api-dev-{name}" for name in re.findall(r"(?m)^\| `([\w-]+)`", text)]
    assert explained == [alarm.name for alarm in ALARMS]


def test_the_bill_of_an_idle_stage_counts_every_alarm_and_adds_up() -> None:
    text = (ROOT / "docs/infrastructure.md").read_text().partition("## What a stage costs")[2]
    rows = re.findall(r"(?m)^\| ([^|*]+) \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \|$", text)
    bill = {what: (float(number.replace(",", "")), *map(float, usd)) for what, number, *usd in rows}
    assert bill["alarms"][0] == len(ALARMS)
    assert all(abs(number * each - month) < 0.005 for number, each, month in bill.values())
    assert f"**{sum(month for *_, month in bill.values()):.2f}**" in text


def test_every_function_of_its_own_has_its_alarm() -> None:
    source = (ROOT / "app.py").read_text()
    assert re.findall(r"(?m)^@app\..*\ndef (\w+)", source) == [*SCHEDULED]


@pytest.mark.parametrize(
    ("topic", "differing", "said"),
    [
        ("", {"Dimensions": ALARM.settings()["Dimensions"][::-1]}, "up to date"),
        ("", {"Threshold": 500.0}, "Threshold: 500.0 → 5.0"),
        ("", {"ActionsEnabled": False}, "ActionsEnabled: "),
        ("", {"Dimensions": []}, "Dimensions: "),
        ("", {"AlarmActions": [TOPIC]}, "up to date"),
        (TOPIC, {}, "AlarmActions: "),
        (TOPIC, {"AlarmActions": [TOPIC]}, "up to date"),
    ],
)
def test_alarms_are_compared_whole(aws: Gateway, topic: str, differing: Fields, said: str) -> None:
    aws.answers("describe_alarms", {"MetricAlarms": [{**ALARM.settings(), **differing}]})
    assert next(alarm_steps(aws.clients[2], (ALARM,), topic)).found.startswith(said)


def test_a_change_of_an_alarm_keeps_the_actions_that_an_operator_added(aws: Gateway) -> None:
    actions = {"AlarmActions": [TOPIC], "OKActions": [TOPIC]}
    alarm = {**ALARM.settings(), **actions, "Threshold": 1.0}
    aws.answers("describe_alarms", {"MetricAlarms": [alarm]})
    aws.answers("put_metric_alarm", {}, {**ALARM.settings(), **actions})
    carry_out([*alarm_steps(aws.clients[2], (ALARM,), "")])
