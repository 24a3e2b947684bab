"""Inside Lambda every request leaves one JSON line, which is its metrics too, and gives nobody away."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings
from tests.api.test_identity import Forger, in_lambda, through_app
from tests.support import Answer

EMAIL = "somebody@example.org"
P = "/api/v1/projects"


@pytest.fixture
def inside(settings: Settings) -> Callable[..., Answer]:
    return through_app(create_app(in_lambda(settings)))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_request_is_one_line_with_its_metrics(
    inside: Callable[..., Answer], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        answer = inside("GET", f"{P}/nobody", {}, b"")
    first, second = lines(capsys)
    assert second["request_id"] == answer.headers["x-request-id"]
    assert (second["route"], second["status"]) == (f"GET {P}/{{project_id}}", 404)
    assert [(one["cold_start"], one["ColdStarts"]) for one in (first, second)] == [
        (True, 1),
        (False, 0),
    ]
    assert (second["Requests"], second["Errors"]) == (1, 0)
    assert second["Latency"] > 0
    (metrics,) = second["_aws"]["CloudWatchMetrics"]
    assert metrics["Dimensions"] == [["stage"], ["stage", "route"]]
    assert {metric["Name"] for metric in metrics["Metrics"]} <= second.keys()


def test_the_callers_service_is_in_it_and_nothing_that_names_anybody(
    inside: Callable[..., Answer], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    forger = Forger(settings, "tech-audit-tool")
    token = forger.token(email=EMAIL)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"name": "Secret plans"}).encode()
    claims = {"claims": forger.claims(email=EMAIL)}
    assert inside("POST", P, headers, body, claims).status == 201
    text = capsys.readouterr().out
    assert json.loads(text)["caller"] == "tech-audit-tool"
    for secret in (EMAIL, token, "Secret plans", "secret-plans"):
        assert secret not in text


def test_an_error_says_where_it_came_from(
    inside: Callable[..., Answer], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    database = sqlite3.connect(settings.state_directory / "landscape.db")
    with database:
        database.execute(
            "INSERT INTO projects (id, name_key, programme_key, version, updated_at, document)"
            " VALUES ('bad', 'bad', '', 1, '', ?)",
            (f"{EMAIL} {{",),
        )
    database.close()
    assert inside("GET", f"{P}/bad", {}, b"").status == 500
    (line,) = lines(capsys)
    assert (line["error"], line["Errors"]) == ("JSONDecodeError", 1)
    assert any(frame.startswith("projects.py:") for frame in line["traceback"])
    assert EMAIL not in json.dumps(line)


def test_a_store_in_trouble_says_why(
    inside: Callable[..., Answer], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    database = sqlite3.connect(settings.state_directory / "landscape.db")
    with database:
        database.execute("DROP TABLE meta")
    database.close()
    assert inside("GET", "/health", {}, b"").status == 503
    (line,) = lines(capsys)
    assert (line["error"], line["cause"]["error"]) == ("UnavailableError", "OperationalError")
