"""gateway/configure.py as an operator runs it, against an emulated AWS.

What the emulator cannot show is in tests/unit/test_configure*.py: refused permissions, an account
without a log role, and deployments that have to wait their turn. Nor does it put the path into a
gateway response, write access logs, or count them.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.contract.places import emulated
from tests.emulator import Emulator
from tests.support import ROOT, Answer, through_http

TOPIC = "arn:aws:sns:eu-west-2:000000000000:alarms"
NOTHING_TO_DO = "Nothing to do: everything is as wanted"
_numbers = count(1)


@dataclass(frozen=True)
class Project:
    """A checkout with a config of its own, and its API in the emulated AWS."""

    path: Path
    app: str
    api_id: str
    emulator: Emulator

    def run(self, *options: str, stage: str = "dev") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "gateway/configure.py"), "--stage", stage]
        environment = {**os.environ, **emulated(self.emulator.url), "COLUMNS": "200"}
        return subprocess.run(
            [*command, *options],
            cwd=self.path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def configure(self, *options: str) -> str:
        done = self.run("--rest-api-id", self.api_id, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    @property
    def stage(self) -> Any:
        return self.client("apigateway").get_stage(restApiId=self.api_id, stageName="v1")

    def group(self, name: str) -> Any:
        groups = self.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return next((group for group in groups if group["logGroupName"] == name), None)

    @property
    def alarms(self) -> dict[str, Any]:
        found = self.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{self.app}-dev-")
        return {alarm["AlarmName"]: alarm for alarm in found["MetricAlarms"]}

    def everything(self) -> Any:
        """With the times of the last change: any write shows."""
        gateway = self.client("apigateway")
        of = {"restApiId": self.api_id}
        seen = [
            self.stage,
            gateway.get_deployments(**of),
            gateway.get_gateway_responses(**of),
            self.client("logs").describe_metric_filters(),
        ]
        for one in seen:
            one.pop("ResponseMetadata")
        groups = [f"/aws/lambda/{self.app}-dev", f"/aws/apigateway/{self.app}-dev"]
        return *seen, self.alarms, *map(self.group, groups)

    def get(self, path: str) -> Answer:
        send = through_http("127.0.0.1", self.emulator.port)
        return send("GET", f"/_aws/execute-api/{self.api_id}/v1{path}", {}, b"")


@pytest.fixture
def project(emulator: Emulator, tmp_path: Path) -> Project:
    app = f"register-{os.getpid()}-{next(_numbers)}"
    config = {"app_name": app, "stages": {"local": {}, "dev": {"api_gateway_stage": "v1"}}}
    (tmp_path / ".chalice/deployed").mkdir(parents=True)
    (tmp_path / ".chalice/config.json").write_text(json.dumps(config))
    gateway = emulator.client("apigateway")
    role = "arn:aws:iam::000000000000:role/api-gateway-logs"
    gateway.update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
    )
    return Project(tmp_path, app, make_api(gateway, app), emulator)


def make_api(gateway: Any, name: str) -> str:
    """With one route, GET /, that answers 200."""
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


def test_everything_that_chalice_cannot_set_is_set(project: Project) -> None:
    assert "done" in project.configure("--alarm-topic", TOPIC)
    logs, stage = f"/aws/apigateway/{project.app}-dev", project.stage
    assert stage["accessLogSettings"]["destinationArn"].endswith(f":log-group:{logs}")
    assert set(json.loads(stage["accessLogSettings"]["format"])) >= {"request_id", "source_ip"}
    settings = stage["methodSettings"]["*/*"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (50, 100)
    assert settings["metricsEnabled"] is True
    lambdas = [f"/aws/lambda/{project.app}-dev{suffix}" for suffix in ("", "-expire", "-finish")]
    for group in (logs, *lambdas):
        assert project.group(group)["retentionInDays"] == 30
    assert len(project.alarms) == 7
    assert {tuple(alarm["AlarmActions"]) for alarm in project.alarms.values()} == {(TOPIC,)}
    filters = project.client("logs").describe_metric_filters(logGroupName=logs)["metricFilters"]
    counted = filters[0]["metricTransformations"][0]
    failures = project.alarms[f"{project.app}-dev-authorizer-failures"]
    assert failures["MetricName"] == counted["metricName"]
    assert failures["Namespace"] == counted["metricNamespace"]


def test_the_second_time_there_is_nothing_to_do_and_nothing_is_written(project: Project) -> None:
    project.configure("--alarm-topic", TOPIC)
    before = project.everything()
    assert NOTHING_TO_DO in project.configure()  # and the topic stays
    assert project.everything() == before


def test_a_dry_run_and_a_status_write_nothing(project: Project) -> None:
    before = project.everything()
    assert "would be done" in project.configure("--dry-run")
    assert project.run("--rest-api-id", project.api_id, "--status").returncode == 1
    assert project.everything() == before
    assert project.group(f"/aws/apigateway/{project.app}-dev") is None


def test_status_is_0_when_everything_is_as_wanted_and_1_from_then_on(project: Project) -> None:
    project.configure()
    status = ("--rest-api-id", project.api_id, "--status")
    assert project.run(*status).returncode == 0
    project.client("cloudwatch").delete_alarms(AlarmNames=[f"{project.app}-dev-5xx"])
    said = project.run(*status)
    assert said.returncode == 1
    due = [line for line in said.stdout.splitlines() if "would be done" in line]
    assert [line.split()[:3] for line in due] == [["alarm", f"{project.app}-dev-5xx", "missing"]]


def test_what_somebody_changed_by_hand_is_put_right(project: Project) -> None:
    project.configure()
    patches = {"/*/*/throttling/rateLimit": "1", "/*/*/metrics/enabled": "false"}
    project.client("apigateway").update_stage(
        restApiId=project.api_id,
        stageName="v1",
        patchOperations=[{"op": "replace", "path": k, "value": v} for k, v in patches.items()],
    )
    group = f"/aws/lambda/{project.app}-dev"
    project.client("logs").delete_retention_policy(logGroupName=group)
    deployed = project.stage["deploymentId"]
    assert project.configure().count(" done") == 3  # the heading, and the two: limits are chosen
    assert project.stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 1
    assert project.configure("--rate", "50").count(" done") == 2
    assert project.stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 50
    assert project.group(group)["retentionInDays"] == 30
    assert project.stage["deploymentId"] == deployed


def test_an_operators_own_limits_are_set(project: Project) -> None:
    project.configure("--rate", "7.5", "--burst", "9", "--log-days", "90")
    settings = project.stage["methodSettings"]["*/*"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (7.5, 9)
    assert project.group(f"/aws/apigateway/{project.app}-dev")["retentionInDays"] == 90


def test_an_unknown_path_is_a_problem_that_a_browser_may_read(project: Project) -> None:
    assert project.get("/nowhere").status == 403  # as API Gateway has it
    project.configure()
    answer = project.get("/nowhere")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json["type"] == "urn:landscape-api:problem:not-found"
    assert answer.json["status"] == 404
    assert answer.json["request_id"] == answer.headers["x-request-id"]
    assert project.get("/").status == 200


def test_too_many_requests_are_told_when_to_come_back(project: Project) -> None:
    project.configure("--rate", "0.001", "--burst", "1")
    answers = [project.get("/") for _ in range(3)]
    assert answers[-1].status == 429
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json["type"] == "urn:landscape-api:problem:too-many-requests"


def test_a_missing_token_is_challenged(project: Project) -> None:
    gateway = project.client("apigateway")
    authorizer = gateway.create_authorizer(
        restApiId=project.api_id,
        name="pool",
        type="COGNITO_USER_POOLS",
        providerARNs=["arn:aws:cognito-idp:eu-west-2:000000000000:userpool/eu-west-2_none"],
        identitySource="method.request.header.Authorization",
    )
    root = gateway.get_resources(restApiId=project.api_id)["items"][0]["id"]
    of = {"restApiId": project.api_id, "resourceId": root, "httpMethod": "GET"}
    patches = {"/authorizationType": "COGNITO_USER_POOLS", "/authorizerId": authorizer["id"]}
    gateway.update_method(
        **of, patchOperations=[{"op": "replace", "path": k, "value": v} for k, v in patches.items()]
    )
    project.configure()
    answer = project.get("/")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="landscape-api"'
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json["type"] == "urn:landscape-api:problem:unauthenticated"


def test_responses_that_a_redeploy_wiped_come_back(project: Project) -> None:
    project.configure()
    gateway = project.client("apigateway")
    for response in gateway.get_gateway_responses(restApiId=project.api_id)["items"]:
        if not response["defaultResponse"]:
            gateway.delete_gateway_response(
                restApiId=project.api_id, responseType=response["responseType"]
            )
    gateway.create_deployment(restApiId=project.api_id, stageName="v1")
    assert project.get("/nowhere").status == 403
    project.configure()
    assert project.get("/nowhere").status == 404


def test_a_run_that_ended_before_its_deployment_is_finished_by_the_next(project: Project) -> None:
    first = project.stage["deploymentId"]
    project.configure()
    project.client("apigateway").update_stage(
        restApiId=project.api_id,
        stageName="v1",
        patchOperations=[{"op": "replace", "path": "/deploymentId", "value": first}],
    )
    assert project.get("/nowhere").status == 403
    assert project.configure().count(" done") == 2  # the heading, and the deployment
    assert project.get("/nowhere").status == 404


def test_the_api_of_chalices_own_record_is_found(project: Project) -> None:
    resource = {"resource_type": "rest_api", "name": "rest_api", "rest_api_id": project.api_id}
    record = project.path / ".chalice/deployed/dev.json"
    record.write_text(json.dumps({"schema_version": "2.0", "resources": [resource]}))
    done = project.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert NOTHING_TO_DO in project.configure()


@pytest.mark.parametrize(
    ("options", "stage", "said"),
    [
        ((), "dev", "configure: there is no .chalice/deployed/dev.json"),
        ((), "prod", "configure: 'prod' is no stage that is deployed"),
        (("--rest-api-id", "nothere"), "dev", "configure: there is no REST API nothere"),
        (("--rest-api-id", "x", "--log-days", "31"), "dev", "--log-days 31 is not one of"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    project: Project, options: tuple[str, ...], stage: str, said: str
) -> None:
    done = project.run(*options, stage=stage)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
