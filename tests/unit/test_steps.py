"""The steps of an operator's commands, and the stage that they read."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    UnauthorizedSSOTokenError,
)

from chalicelib.errors import UnavailableError
from chalicelib.stores.dynamodb.transport import CallError
from ops.console import DUE, Console
from ops.stage import Stage, StageError
from ops.steps import (
    AS_WANTED,
    GONE,
    MISSING,
    Step,
    StepError,
    StoppedError,
    carry_out,
    difference,
    explain,
    tally,
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
        (KeyboardInterrupt(), "off", r"Done: a; left: x, b\. Run the same command again"),
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
    dry_run, status = "dry_run" in options, "status" in options
    done = console.bring_about("All", steps(did, found), dry_run=dry_run, status=status)
    assert done == code
    assert did == made
    answer = json.loads(capsys.readouterr().out)
    assert (answer["done"], answer["is_due"]) == (made, found == "off" and not made)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, MISSING),
        ({"a": 1, "b": 2, "more": 3}, AS_WANTED),
        ({"a": 1}, "b: not set → 2"),
        ({"a": {"x": 5}, "b": 3}, 'a: {"x": 5} → 1; b: 3 → 2'),
    ],
)
def test_differences_are_those_in_wanted_fields(found: dict[str, Any] | None, said: str) -> None:
    assert difference(found, {"a": 1, "b": 2}) == said


def test_a_value_of_which_little_differs_is_cut_to_that() -> None:
    long = "the same words, " * 9
    said = difference({"a": {"text": f"{long}old{long}"}}, {"a": {"text": f"{long}new{long}"}})
    rest = "the same words, the same words, t…"
    assert said == f"a.text: …same words, old{rest} → …same words, new{rest}"
    assert difference({"a": long}, {"a": f"{long}more"}) == "a: …same words,  → …same words, more"


def test_a_plan_counts_and_shows_both_values_of_what_is_due(
    capsys: pytest.CaptureFixture[str],
) -> None:
    planned = [
        Step("table", MISSING, "there", print),
        Step("alarm", "Threshold: 5 → 3", AS_WANTED, print),
        Step("retention", "for ever", "30 days", print),
        Step("route", "anybody", GONE, print),
        Step("metrics", "on", "on", print),
    ]
    Console("gateway").show_plan("All", planned)
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == "All: 1 to create, 2 to change, 1 to delete, 1 unchanged"
    due = ["+ table", "~ alarm: Threshold: 5 → 3", "~ retention: for ever → 30 days", "- route"]
    assert [line.strip() for line in lines] == due
    Console("gateway").show_plan("All", planned, every=True)
    assert capsys.readouterr().out.splitlines()[-1] == "  = metrics: on"
    assert tally(planned, is_done=True) == "1 created, 2 changed, 1 deleted, 1 unchanged"


def test_names_are_folded_where_the_terminal_is_narrow_and_never_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    names = [f"/aws/lambda/landscape-api-dev-with-a-long-name-{end}" for end in ("one", "two")]
    Console("gateway").show_plan("All", [Step(name, "off", "on", print) for name in names])
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 40
    told = "".join(said.split())
    assert all(f"~{name}:off→on" in told for name in names)


def unavailable(cause: Exception) -> UnavailableError:
    """The error as the store raises it."""
    error = UnavailableError("The database refuses the service")
    error.__cause__ = CallError("refused")
    error.__cause__.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal("AccessDeniedException"), r"^access denied\. .* Add that permission"),
        (refusal("ExpiredToken"), "have expired: sign in again"),
        (refusal("InvalidClientTokenId"), "AWS refuses these credentials .*set AWS_PROFILE"),
        (NoRegionError(), "set AWS_DEFAULT_REGION"),
        (NoCredentialsError(), r"set AWS_PROFILE .* sign in \(aws sso login"),
        (PartialCredentialsError(provider="env", cred_var="x"), "set both AWS_ACCESS_KEY_ID"),
        (ProfileNotFound(profile="me"), r"set AWS_PROFILE to one of ~/\.aws/config"),
        (UnauthorizedSSOTokenError(), r"sign-in has expired .*sign in again"),
        (
            EndpointConnectionError(endpoint_url="https://x"),
            "HTTPS_PROXY.*region.*AWS_ENDPOINT_URL",
        ),
        (unavailable(NoCredentialsError()), "^no AWS credentials were found"),
        (unavailable(refusal("ExpiredTokenException")), "have expired"),
        (
            unavailable(refusal("ResourceNotFoundException")),
            r"If the table does not exist, create it \(landscape table\)",
        ),
    ],
)
def test_an_error_of_the_sdk_names_its_cure(error: Exception, said: str) -> None:
    assert re.search(said, explain(error))


def test_only_a_command_that_has_changed_something_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def said(*done: str) -> str:
        console = Console("table", done=[*done])
        with pytest.raises(SystemExit), console.failures():
            raise NoCredentialsError
        return capsys.readouterr().err

    assert "same command" not in said()
    assert "Run the same command again to continue" in said("a step")


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
        (OTHER, ("x-dev", "api")),  # Chalice's default
        ({**OTHER, "api_gateway_stage": "v"}, ("x-dev", "v")),  # set for all stages
    ],
)
def test_a_stage_has_chalices_names(tmp_path: Path, config: Any, names: tuple[str, str]) -> None:
    stage = Stage.read("dev", project(tmp_path, config))
    assert (stage.full_name, stage.gateway_stage) == names


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        *(
            (name, CONFIG, rf"'{name}' is not a stage for AWS; .* has dev\. Pass STAGE=")
            for name in ("local", "prod", "x")
        ),
        ("dev", {"stages": {"dev": {}}}, "has no app_name: add it"),
        ("dev", [], "must hold a JSON object"),
        ("dev", {}, "'dev' is not a stage for AWS; .* has none"),
        ("", CONFIG, "no stage is named; .* has dev. Pass STAGE=dev"),
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
    [(None, r"dev\.json not found: run `make deploy STAGE=dev`"), ({}, "names no rest_api_id")],
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
