"""Alarms: what is compared, and what an operator has added to them and keeps."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from gateway_alarms import SCHEDULED, alarm_steps, alarms
from gateway_api import Api

from diagrams.stack import read_stack
from operators.stage import Stage
from operators.steps import carry_out
from tests.unit.test_configure import client

API = Api(Stage("dev", "landscape-api", "v1"), "abc123", "The API", "d1", {}, {})
ALARMS = alarms(API, "the-function", {"expire": "the-expiry", "finish": "the-end"})
ONE = ALARMS[0]
TOPIC = "arn:aws:sns:eu-west-2:123456789012:alarms"


@pytest.fixture
def cloudwatch() -> Iterator[tuple[Any, Stubber]]:
    made = client("cloudwatch")
    with Stubber(made) as stubber:
        yield made, stubber
    stubber.assert_no_pending_responses()


def found(cloudwatch: tuple[Any, Stubber], topic: str, **differing: Any) -> str:
    """What is said of an alarm that is as wanted but for `differing`."""
    made, stubber = cloudwatch
    stubber.add_response("describe_alarms", {"MetricAlarms": [{**ONE.settings(), **differing}]})
    return next(alarm_steps(made, (ONE,), topic)).found


def test_every_alarm_watches_what_it_is_named_after() -> None:
    gateway = {"ApiName": "The API", "Stage": "v1"}
    code = {"FunctionName": "the-function"}
    assert {one.name: (one.metric, one.statistic, one.dimensions) for one in ALARMS} == {
        "landscape-api-dev-5xx": ("5XXError", "Sum", gateway),
        "landscape-api-dev-latency-p99": ("Latency", "p99", gateway),
        "landscape-api-dev-authorizer-failures": ("authorizer-failures-dev", "Sum", {}),
        "landscape-api-dev-lambda-throttles": ("Throttles", "Sum", code),
        "landscape-api-dev-lambda-errors": ("Errors", "Sum", code),
        "landscape-api-dev-expire-errors": ("Errors", "Sum", {"FunctionName": "the-expiry"}),
        "landscape-api-dev-finish-errors": ("Errors", "Sum", {"FunctionName": "the-end"}),
    }


def test_every_scheduled_function_has_its_alarm() -> None:
    names = {one.name for one in read_stack("dev").functions}
    assert names == {"landscape-api-dev", *(f"landscape-api-dev-{name}" for name in SCHEDULED)}


def test_an_alarm_as_wanted_is_left_alone_whatever_the_order(
    cloudwatch: tuple[Any, Stubber],
) -> None:
    dimensions = ONE.settings()["Dimensions"][::-1]
    assert found(cloudwatch, "", Dimensions=dimensions) == "as wanted"


@pytest.mark.parametrize(
    ("differing", "said"),
    [
        ({"Threshold": 500.0}, "another Threshold"),
        ({"ActionsEnabled": False}, "another ActionsEnabled"),
        ({"Dimensions": []}, "another Dimensions"),
    ],
)
def test_what_differs_is_named(
    cloudwatch: tuple[Any, Stubber], differing: dict[str, Any], said: str
) -> None:
    assert found(cloudwatch, "", **differing) == said


def test_a_topic_is_wanted_only_where_one_is_said(cloudwatch: tuple[Any, Stubber]) -> None:
    assert found(cloudwatch, "", AlarmActions=[TOPIC]) == "as wanted"
    assert found(cloudwatch, TOPIC) == "another AlarmActions"
    assert found(cloudwatch, TOPIC, AlarmActions=[TOPIC]) == "as wanted"


def test_a_change_keeps_the_actions_that_an_operator_added(
    cloudwatch: tuple[Any, Stubber],
) -> None:
    made, stubber = cloudwatch
    actions = {"AlarmActions": [TOPIC], "OKActions": [TOPIC]}
    alarm = {**ONE.settings(), **actions, "Threshold": 1.0}
    stubber.add_response("describe_alarms", {"MetricAlarms": [alarm]})
    stubber.add_response("put_metric_alarm", {}, {**ONE.settings(), **actions})
    carry_out("", [*alarm_steps(made, (ONE,), "")], dry_run=False)
