"""The steps of operators' scripts, and a stage as they see it."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoRegionError
from rich.console import Console
from rich.table import Table

from operators.stage import Stage, StageError
from operators.steps import (
    AS_WANTED,
    MISSING,
    Step,
    StepError,
    carry_out,
    difference,
    explain,
    is_anything_due,
)


def refuse(code: str) -> None:
    raise ClientError({"Error": {"Code": code, "Message": "no"}}, "MakeIt")


def text(table: Table) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def steps(made: list[str], *founds: str) -> list[Step]:
    names = "abc"
    return [
        Step(names[i], found, "on", partial(made.append, names[i]))
        for i, found in enumerate(founds)
    ]


def test_only_what_is_due_is_done_and_in_order() -> None:
    made: list[str] = []
    said = text(carry_out("All", steps(made, "off", "on", "missing"), dry_run=False))
    assert made == ["a", "c"]
    assert [line.split() for line in said.splitlines()[2:]] == [
        ["a", "off", "on", "done"],
        ["b", "on", "on", "nothing", "to", "do"],
        ["c", "missing", "on", "done"],
    ]


def test_a_dry_run_does_nothing_and_says_what_it_would_do() -> None:
    made: list[str] = []
    said = text(carry_out("All", steps(made, "off", "on"), dry_run=True))
    assert made == []
    assert "would be done" in said


def test_a_step_that_fails_is_named_with_what_was_done_and_ends_the_run() -> None:
    made: list[str] = []
    first, last = steps(made, "off", "off")
    broken = Step("the middle", "off", "on", partial(refuse, "LimitExceeded"))
    with pytest.raises(StepError, match=r"the middle: .*LimitExceeded.*\(done before it: a\)"):
        carry_out("All", [first, broken, last], dry_run=False)
    assert made == ["a"]


def test_the_first_step_that_fails_says_nothing_of_others() -> None:
    with pytest.raises(StepError, match=r"^x: An error occurred \(Busy\)[^(]*$"):
        carry_out("All", [Step("x", "off", "on", partial(refuse, "Busy"))], dry_run=False)


@pytest.mark.parametrize(("found", "due"), [("on", False), ("off", True)])
def test_whether_anything_is_due(found: str, due: bool) -> None:
    assert is_anything_due(steps([], "on", found)) is due


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, MISSING),
        ({"a": 1, "b": 2, "more": 3}, AS_WANTED),
        ({"a": 1}, "another b"),
        ({}, "another a, b"),
    ],
)
def test_differences_are_those_in_the_wanted_fields(
    found: dict[str, Any] | None, said: str
) -> None:
    assert difference(found, {"a": 1, "b": 2}) == said


def test_a_missing_permission_is_called_that() -> None:
    with pytest.raises(ClientError) as refused:
        refuse("AccessDeniedException")
    assert explain(refused.value).startswith("access denied. ")
    assert explain(NoRegionError()) == "You must specify a region."


def project(path: Path, config: Any, deployed: Any = None) -> Path:
    directory = path / ".chalice"
    (directory / "deployed").mkdir(parents=True)
    (directory / "config.json").write_text(json.dumps(config))
    if deployed is not None:
        (directory / "deployed/dev.json").write_text(json.dumps(deployed))
    return directory


CONFIG = {"app_name": "landscape-api", "stages": {"local": {}, "dev": {"api_gateway_stage": "d"}}}


def test_a_stage_has_the_names_that_chalice_gives_it(tmp_path: Path) -> None:
    stage = Stage.read("dev", project(tmp_path, CONFIG))
    assert (stage.full_name, stage.gateway_stage) == ("landscape-api-dev", "d")


def test_the_gateway_stage_may_be_said_for_all_or_be_chalices_own(tmp_path: Path) -> None:
    stages = {"app_name": "x", "stages": {"dev": {}}}
    assert Stage.read("dev", project(tmp_path / "a", stages)).gateway_stage == "api"
    for_all = {**stages, "api_gateway_stage": "v"}
    assert Stage.read("dev", project(tmp_path / "b", for_all)).gateway_stage == "v"


@pytest.mark.parametrize("name", ["local", "prod", "typo"])
def test_a_stage_that_is_not_deployed_anywhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StageError, match=rf"'{name}' is no stage that is deployed; .* has dev$"):
        Stage.read(name, project(tmp_path, CONFIG))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"stages": {"dev": {}}}, "has no app_name"),
        ([], "holds no JSON object"),
        ({}, "has none"),
    ],
)
def test_a_config_without_what_is_needed_is_refused(tmp_path: Path, config: Any, said: str) -> None:
    with pytest.raises(StageError, match=said):
        Stage.read("dev", project(tmp_path, config))


def test_a_missing_config_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"config\.json cannot be read: FileNotFoundError"):
        Stage.read("dev", tmp_path)


def test_the_api_is_the_one_that_chalice_remembers(tmp_path: Path) -> None:
    resources = [
        {"resource_type": "lambda_function", "name": "api_handler", "lambda_arn": "arn:…"},
        {"resource_type": "rest_api", "name": "rest_api", "rest_api_id": "abc123"},
    ]
    deployed = {"schema_version": "2.0", "resources": resources}
    assert Stage.read("dev", project(tmp_path, CONFIG, deployed)).deployed_api() == "abc123"


@pytest.mark.parametrize(
    ("deployed", "said"),
    [(None, r"dev\.json: `make deploy STAGE=dev`"), ({}, "names no rest_api_id")],
)
def test_a_stage_without_a_deployment_says_what_to_do(
    tmp_path: Path, deployed: Any, said: str
) -> None:
    stage = Stage.read("dev", project(tmp_path, CONFIG, deployed))
    with pytest.raises(StageError, match=rf"{said}.*--rest-api-id"):
        stage.deployed_api()
