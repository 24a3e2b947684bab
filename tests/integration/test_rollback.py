"""A rollback to a release on another Python: the order of its steps, and refusals by AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.releases import DESCRIPTION
from ops.rollback import plan
from ops.stage import Stage
from ops.steps import Step, StepError, carry_out
from tests.support.stubbed_aws import StubbedAws

NAME = "landscape-api-dev"
STAGE = {"restApiId": "api", "stageName": "dev"}


def release(version: str, runtime: str, before: str) -> dict[str, Any]:
    said = DESCRIPTION.format("digest", f"d{version}", before)
    of = {"CodeSha256": f"code{version}", "Runtime": runtime, "LastUpdateStatus": "Successful"}
    return {"Version": version, "Description": said, **of}


def plan_from(place: Path, aws: StubbedAws, live: str, goal: str) -> list[Step]:
    """A rollback from version 2, on Python `live`, to version 1, on Python `goal`."""
    resources: list[dict[str, str]] = [{"resource_type": "rest_api", "rest_api_id": "api"}]
    record = place / "deployed/dev.json"
    record.parent.mkdir()
    record.write_text(json.dumps({"resources": resources}))
    uri = f"arn:aws:lambda:::function:{NAME}/invocations"
    methods = {"GET": {"methodIntegration": {"uri": uri}}}
    aws.answers("get_rest_apis", {"items": [{"id": "api", "name": "landscape-api"}]})
    aws.answers("get_resources", {"items": [{"resourceMethods": methods}]})
    aws.answers("get_alias", {"FunctionVersion": "2"})
    aws.answers("get_function_configuration", release("2", live, "1"))
    aws.answers("get_function_configuration", release("2", live, "1"))
    aws.answers("get_stage", {"deploymentId": "d2"})
    aws.answers("get_function_configuration", release("1", goal, "none"))
    for version in ("2", "1"):
        zipped = place / f"{version}.zip"
        zipped.write_bytes(f"zip{version}".encode())
        aws.answers("get_function", {"Code": {"Location": zipped.as_uri()}})
    return plan(Stage("dev", "landscape-api", "dev", place), *aws.clients)


def answer_change(aws: StubbedAws, operation: str, **to: Any) -> None:
    """Expects a change, with a check before and after that the function has settled."""
    settled = {"LastUpdateStatus": "Successful"}
    aws.answers("get_function_configuration", settled)
    aws.answers(operation, {}, {"FunctionName": NAME, **to})
    aws.answers("get_function_configuration", settled)


def answer_release(aws: StubbedAws, version: str) -> None:
    alias = {"FunctionName": NAME, "Name": "released", "FunctionVersion": version}
    aws.answers("update_alias", {}, alias)


def answer_deployment(aws: StubbedAws, to: str) -> None:
    change = {"op": "replace", "path": "/deploymentId", "value": to}
    aws.answers("update_stage", {}, {**STAGE, "patchOperations": [change]})


@pytest.mark.parametrize(
    ("live", "goal", "order"),
    [
        ("python3.13", "python3.9", ["code", "runtime"]),
        ("python3.11", "python3.13", ["runtime", "code"]),
    ],
)
def test_between_the_two_calls_the_code_has_the_newer_python(
    tmp_path: Path, live: str, goal: str, order: list[str]
) -> None:
    with StubbedAws("apigateway", "lambda") as aws:
        steps = plan_from(tmp_path, aws, live, goal)
    assert [step.what for step in steps] == ["release", "gateway deployment", *order]


def test_a_runtime_that_aws_takes_no_more_is_named_and_all_is_as_before(tmp_path: Path) -> None:
    with StubbedAws("apigateway", "lambda") as aws:
        steps = plan_from(tmp_path, aws, "python3.13", "python3.9")
        answer_release(aws, "1")
        answer_deployment(aws, "d1")
        answer_change(aws, "update_function_code", ZipFile=b"zip1")
        aws.answers("get_function_configuration", {"LastUpdateStatus": "Successful"})
        no = "The runtime parameter of python3.9 is no longer supported"
        aws.refuses("update_function_configuration", "InvalidParameterValueException", no)
        answer_change(aws, "update_function_code", ZipFile=b"zip2")
        answer_deployment(aws, "d2")
        answer_release(aws, "2")
        with pytest.raises(StepError) as stopped:
            carry_out(steps)
    said = str(stopped.value)
    assert (
        f"AWS no longer accepts the runtime python3.9 of version 1: {no}. The rollback was undone"
        in said
    )
    assert "Check out the sources of that release and deploy them again" in said
