"""`landscape gateway` as an operator runs it, against an emulated AWS.

tests/unit/test_gateway*.py has the cases that the emulator lacks. These are refused permissions, an
account without a log role, and deployments that must wait. The emulator also omits the path in a
gateway response, and writes and counts no access logs.
"""

import json
import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Answer, through_http
from tests.support.commands import Checkout
from tests.support.deployment import allow_access_logs
from tests.support.emulator import Emulator, write_stage

TOPIC = "arn:aws:sns:eu-west-2:000000000000:alarms"
_numbers = count(1)


@dataclass(frozen=True)
class Project(Checkout):
    """A checkout whose API is in the emulated AWS."""

    app: str
    api_id: str

    def configure(self, *options: str, expect: int = 0) -> list[str]:
        return self.due("--rest-api-id", self.api_id, *options, expect=expect)

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    @property
    def stage(self) -> Any:
        return self.client("apigateway").get_stage(restApiId=self.api_id, stageName="v1")

    def update_stage(self, **patches: str) -> None:
        operations = [{"op": "replace", "path": k, "value": v} for k, v in patches.items()]
        of = {"restApiId": self.api_id, "stageName": "v1"}
        self.client("apigateway").update_stage(**of, patchOperations=operations)

    def limits(self) -> tuple[float, int]:
        settings = self.stage["methodSettings"]["*/*"]
        return settings["throttlingRateLimit"], settings["throttlingBurstLimit"]

    def group(self, name: str) -> Any:
        groups = self.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return next((group for group in groups if group["logGroupName"] == name), None)

    @property
    def ip_addresses(self) -> Any:
        api = self.client("apigateway").get_rest_api(restApiId=self.api_id)
        return api["endpointConfiguration"].get("ipAddressType")

    @property
    def alarms(self) -> dict[str, Any]:
        found = self.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{self.app}-dev-")
        return {alarm["AlarmName"]: alarm for alarm in found["MetricAlarms"]}

    def everything(self) -> Any:
        """All that the command may change, with times, so that every write shows."""
        gateway, of = self.client("apigateway"), {"restApiId": self.api_id}
        seen = [
            self.stage,
            gateway.get_deployments(**of),
            gateway.get_gateway_responses(**of),
            self.client("logs").describe_metric_filters(),
        ]
        groups = (f"/aws/{kind}/{self.app}-dev" for kind in ("lambda", "apigateway"))
        without = {"ResponseMetadata": None}
        return [one | without for one in seen], self.alarms, *map(self.group, groups)

    def get(self, path: str) -> Answer:
        send = through_http("127.0.0.1", self.emulator.port)
        return send("GET", f"/_aws/execute-api/{self.api_id}/v1{path}", {}, b"")


@pytest.fixture
def project(emulator: Emulator, tmp_path: Path) -> Project:
    app = f"register-{os.getpid()}-{next(_numbers)}"
    write_stage(tmp_path, app, app, api_gateway_stage="v1")
    allow_access_logs(emulator)
    api_id = make_api(emulator.client("apigateway"), app)
    return Project("gateway", tmp_path, emulator, app, api_id)


def make_api(gateway: Any, name: str) -> str:
    """An API with one route, GET /, that answers 200."""
    api_id: str = gateway.create_rest_api(name=name)["id"]
    root = gateway.get_resources(restApiId=api_id)["items"][0]["id"]
    of = {"restApiId": api_id, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**of, authorizationType="NONE")
    template = {"application/json": '{"statusCode": 200}'}
    gateway.put_integration(**of, type="MOCK", requestTemplates=template)
    gateway.put_method_response(**of, statusCode="200")
    gateway.put_integration_response(**of, statusCode="200")
    gateway.create_deployment(restApiId=api_id, stageName="v1")
    return api_id


def test_everything_that_chalice_cannot_set_is_set_and_shown(project: Project) -> None:
    said = project.run("--rest-api-id", project.api_id, "--alarm-topic", TOPIC)
    assert f"+ alarm {project.app}-dev-5xx\n" in said
    assert said.endswith("\ndone\n")
    logs, stage = f"/aws/apigateway/{project.app}-dev", project.stage
    assert stage["accessLogSettings"]["destinationArn"].endswith(f":log-group:{logs}")
    assert set(json.loads(stage["accessLogSettings"]["format"])) >= {"request_id", "source_ip"}
    assert project.limits() == (50, 100)
    assert stage["methodSettings"]["*/*"].get("metricsEnabled", False) is False
    assert project.ip_addresses == "dualstack"
    lambdas = [f"/aws/lambda/{project.app}-dev{suffix}" for suffix in ("", "-expire", "-finish")]
    for group in (logs, *lambdas):
        assert project.group(group)["retentionInDays"] == 30
    assert len(project.alarms) == 14
    assert {tuple(alarm["AlarmActions"]) for alarm in project.alarms.values()} == {(TOPIC,)}
    filters = project.client("logs").describe_metric_filters(logGroupName=logs)["metricFilters"]
    counted = filters[0]["metricTransformations"][0]
    failures = project.alarms[f"{project.app}-dev-authorizer-failures"]
    assert failures["MetricName"] == counted["metricName"]
    assert failures["Namespace"] == counted["metricNamespace"]


def test_the_second_time_nothing_is_written_and_the_alarms_topic_stays(project: Project) -> None:
    project.configure("--alarm-topic", TOPIC)
    before = project.everything()
    assert project.configure() == []
    assert project.run("--rest-api-id", project.api_id).endswith("\nnothing to change\n")
    assert project.everything() == before


def test_a_dry_run_and_a_status_write_nothing(project: Project) -> None:
    before = project.everything()
    assert project.configure("--dry-run") == project.configure("--status", expect=3) != []
    assert project.everything() == before
    assert project.group(f"/aws/apigateway/{project.app}-dev") is None


def test_status_is_0_when_everything_is_as_wanted_and_names_what_is_not(project: Project) -> None:
    project.configure()
    project.configure("--status")
    project.client("cloudwatch").delete_alarms(AlarmNames=[f"{project.app}-dev-5xx"])
    assert project.configure("--status", expect=3) == [f"alarm {project.app}-dev-5xx"]


def test_what_somebody_changed_by_hand_is_put_right(project: Project) -> None:
    """The limits stay, because an operator may have chosen them."""
    project.configure()
    project.update_stage(**{"/*/*/throttling/rateLimit": "1", "/*/*/metrics/enabled": "true"})
    group = f"/aws/lambda/{project.app}-dev"
    project.client("logs").delete_retention_policy(logGroupName=group)
    deployed = project.stage["deploymentId"]
    assert project.configure() == [f"retention of {group}", "detailed metrics"]
    assert project.limits() == (1, 100)
    assert project.configure("--rate", "50") == ["throttling"]
    assert project.limits() == (50, 100)
    assert project.group(group)["retentionInDays"] == 30
    assert project.stage["deploymentId"] == deployed


def test_an_unknown_path_is_a_problem_even_after_a_redeploy(project: Project) -> None:
    assert project.get("/nowhere").status == 403  # API Gateway's default
    project.configure()
    answer = project.get("/nowhere")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json["type"] == "urn:landscape-api:problem:not-found"
    assert answer.json["status"] == 404
    assert answer.json["request_id"] == answer.headers["x-request-id"]
    assert project.get("/").status == 200
    gateway, of = project.client("apigateway"), {"restApiId": project.api_id}
    for response in gateway.get_gateway_responses(**of)["items"]:
        if not response["defaultResponse"]:
            gateway.delete_gateway_response(**of, responseType=response["responseType"])
    gateway.create_deployment(**of, stageName="v1")
    assert project.get("/nowhere").status == 403
    project.configure()
    assert project.get("/nowhere").status == 404


def test_an_operators_limits_are_set_and_tell_when_to_come_back(project: Project) -> None:
    project.configure("--rate", "0.001", "--burst", "1", "--log-days", "90")
    assert project.limits() == (0.001, 1)
    assert project.group(f"/aws/apigateway/{project.app}-dev")["retentionInDays"] == 90
    answers = [project.get("/") for _ in range(3)]
    assert answers[-1].status == 429
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json["type"] == "urn:landscape-api:problem:too-many-requests"


def test_a_run_that_ended_before_its_deployment_is_finished_by_the_next(project: Project) -> None:
    first = project.stage["deploymentId"]
    project.configure()
    project.update_stage(**{"/deploymentId": first})
    assert project.get("/nowhere").status == 403
    assert project.configure() == ["deployment of the responses"]
    assert project.get("/nowhere").status == 404


def test_detailed_metrics_are_on_where_an_operator_says_so(project: Project) -> None:
    project.configure("--detailed-metrics")
    assert project.stage["methodSettings"]["*/*"]["metricsEnabled"] is True
    assert project.configure("--detailed-metrics") == []
    assert project.configure("--status", expect=3) == ["detailed metrics"]


def test_a_stage_that_is_to_keep_to_ipv4_says_so_in_its_settings(project: Project) -> None:
    config = project.path / ".chalice/config.json"
    written = config.read_text()
    key = '"api_gateway_ip_address_type"'
    config.write_text(written.replace('"dev": {', f'"dev": {{{key}: "ipv4",'))
    project.configure()
    assert project.ip_addresses in (None, "ipv4")
    config.write_text(written)
    assert project.configure() == ["IP addresses"]
    assert project.ip_addresses == "dualstack"
    config.write_text(written.replace('"dev": {', f'"dev": {{{key}: "ipv6",'))
    assert "is 'ipv6': set 'dualstack', or 'ipv4'" in project.run(expect=1)


def test_the_api_of_chalices_own_record_is_found(project: Project) -> None:
    resource = {"resource_type": "rest_api", "name": "rest_api", "rest_api_id": project.api_id}
    record = project.path / ".chalice/deployed/dev.json"
    record.parent.mkdir()
    record.write_text(json.dumps({"schema_version": "2.0", "resources": [resource]}))
    assert project.due() != []
    assert project.configure() == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "gateway: .chalice/deployed/dev.json not found: run `make deploy"),
        (("--stage", "prod"), "gateway: 'prod' is not a stage for AWS"),
        (("--rest-api-id", "nothere"), "gateway: there is no REST API nothere"),
        (
            ("--rest-api-id", "x", "--log-days", "31"),
            "gateway: --log-days 31 is unsupported: use one of 1, 3, 5",
        ),
    ],
)
def test_errors_are_said_in_a_line(project: Project, options: tuple[str, ...], said: str) -> None:
    assert project.run(*options, expect=1).startswith(said)
