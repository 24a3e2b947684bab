"""The steps of an operator's commands, and a stage as they see it."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoRegionError

from ops.console import DUE, Console
from ops.stage import Stage, StageError
from ops.steps import (
    AS_WANTED,
    MISSING,
    Step,
    StepError,
    StoppedError,
    carry_out,
    difference,
    explain,
)


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "MakeIt")


def fail(error: BaseException) -> None:
    raise error


def steps(made: list[str], *founds: str) -> list[Step]:
    pairs = zip("abc", founds, strict=False)
    return [Step(name, found, "on", partial(made.append, name)) for name, found in pairs]


def test_only_what_is_due_is_done_and_in_order() -> None:
    made: list[str] = []
    done: list[str] = []
    carry_out(steps(made, "off", "on", "missing"), done)
    assert made == done == ["a", "c"]


@pytest.mark.parametrize(
    ("error", "first", "said"),
    [
        (refusal("Busy"), "off", r"^x: An error occurred \(Busy\).*\(done before it: a\)"),
        (refusal("Busy"), "on", r"^x: An error occurred \(Busy\)[^(]*$"),
        (KeyboardInterrupt(), "off", r"Done: a; left: x, b\. The same command goes on"),
    ],
)
def test_a_step_that_fails_says_what_was_done(error: BaseException, first: str, said: str) -> None:
    made: list[str] = []
    before, after = steps(made, first, "off")
    with pytest.raises((StepError, StoppedError), match=said):
        carry_out([before, Step("x", "off", "on", partial(fail, error)), after])
    assert made == ["a"] * before.is_due


@pytest.mark.parametrize(
    ("found", "options", "code", "made"),
    [
        ("off", set(), 0, ["a"]),
        ("off", {"dry_run"}, 0, []),
        ("off", {"status"}, DUE, []),
        ("on", {"status"}, 0, []),
    ],
)
def test_the_exit_code_says_whether_something_is_due(
    capsys: pytest.CaptureFixture[str], found: str, options: set[str], code: int, made: list[str]
) -> None:
    did: list[str] = []
    console = Console("table", as_json=True)
    modes = {name: name in options for name in ("dry_run", "status")}
    assert console.bring_about("All", steps(did, found), **modes) == code
    assert did == made
    answer = json.loads(capsys.readouterr().out)
    assert (answer["done"], answer["is_due"]) == (made, found == "off" and not made)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, MISSING),
        ({"a": 1, "b": 2, "more": 3}, AS_WANTED),
        ({"a": 1}, "another b"),
        ({}, "another a, b"),
    ],
)
def test_differences_are_those_in_wanted_fields(found: dict[str, Any] | None, said: str) -> None:
    assert difference(found, {"a": 1, "b": 2}) == said


def test_a_missing_permission_is_called_that() -> None:
    assert explain(refusal("AccessDeniedException")).startswith("access denied. ")
    assert "set AWS_DEFAULT_REGION" in explain(NoRegionError())


def project(path: Path, config: Any, deployed: Any = None) -> Path:
    directory = path / ".chalice"
    (directory / "deployed").mkdir(parents=True)
    (directory / "config.json").write_text(json.dumps(config))
    if deployed is not None:
        (directory / "deployed/dev.json").write_text(json.dumps(deployed))
    return directory


CONFIG = {"app_name": "landscape-api", "stages": {"local": {}, "dev": {"api_gateway_stage": "d"}}}
OTHER = {"app_name": "x", "stages": {"dev": {}}}


@pytest.mark.parametrize(
    ("config", "names"),
    [
        (CONFIG, ("landscape-api-dev", "d")),
        (OTHER, ("x-dev", "api")),  # Chalice's own
        ({**OTHER, "api_gateway_stage": "v"}, ("x-dev", "v")),  # said for all stages
    ],
)
def test_a_stage_has_chalices_names(tmp_path: Path, config: Any, names: tuple[str, str]) -> None:
    stage = Stage.read("dev", project(tmp_path, config))
    assert (stage.full_name, stage.gateway_stage) == names


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        *((name, CONFIG, rf"'{name}' is no stage .* has dev$") for name in ("local", "prod", "x")),
        ("dev", {"stages": {"dev": {}}}, "has no app_name"),
        ("dev", [], "holds no JSON object"),
        ("dev", {}, "'dev' is no stage that is deployed; .* has none"),
    ],
)
def test_an_unknown_stage_is_refused(tmp_path: Path, name: str, config: Any, said: str) -> None:
    with pytest.raises(StageError, match=said):
        Stage.read(name, project(tmp_path, config))


def test_a_missing_config_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"config\.json cannot be read: FileNotFoundError"):
        Stage.read("dev", tmp_path)


@pytest.mark.parametrize(
    ("deployed", "said"),
    [(None, r"dev\.json: `make deploy STAGE=dev`"), ({}, "names no rest_api_id")],
)
def test_the_api_is_found_or_what_to_do_is_said(tmp_path: Path, deployed: Any, said: str) -> None:
    resources = [
        {"resource_type": "lambda_function", "name": "api_handler", "lambda_arn": "arn:…"},
        {"resource_type": "rest_api", "name": "rest_api", "rest_api_id": "abc123"},
    ]
    remembered = {"schema_version": "2.0", "resources": resources}
    known = Stage.read("dev", project(tmp_path / "known", CONFIG, remembered))
    assert known.deployed_api() == "abc123"
    stage = Stage.read("dev", project(tmp_path, CONFIG, deployed))
    with pytest.raises(StageError, match=rf"{said}.*--rest-api-id"):
        stage.deployed_api()
