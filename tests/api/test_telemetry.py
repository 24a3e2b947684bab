"""Log lines and error answers: they have the facts of a request or an error, and no person.

Inside Lambda every request writes one JSON line, which also has its metrics.
"""

import json
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings
from tests.api.test_identity import Forger
from tests.support.api import ORIGIN, Api, P, event, in_lambda, through_app

EMAIL = "somebody@example.org"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def inside(settings: Settings) -> Api:
    """The API inside Lambda, with a caller of the Tech Audit Tool."""
    claims = {"claims": Forger(settings, "tech-audit-tool").claims(email=EMAIL)}
    return Api(through_app(create_app(in_lambda(settings)), authorizer=claims), settings)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def spoil(api: Api, statement: str, *values: str) -> None:
    database = sqlite3.connect(api.settings.state_directory / "landscape.db")
    with database:
        database.execute(statement, values)
    database.close()


def test_a_request_is_one_line_with_its_metrics(inside: Api, lines: Lines) -> None:
    for _ in range(2):
        answer = inside.get(f"{P}/nobody")
    first, second = lines()
    assert second["request_id"] == answer.headers["x-request-id"]
    assert (second["route"], second["status"]) == (f"GET {P}/{{project_id}}", 404)
    cold = [(one["cold_start"], one["ColdStarts"]) for one in (first, second)]
    assert cold == [(True, 1), (False, 0)]
    assert (second["Requests"], second["Errors"]) == (1, 0)
    assert second["Latency"] > 0
    totals, by_route = second["_aws"]["CloudWatchMetrics"]
    assert totals["Dimensions"] == [["stage"]]
    assert by_route["Dimensions"] == [["stage", "route"]]
    assert {metric["Name"] for metric in totals["Metrics"]} <= second.keys()


def test_the_id_that_no_caller_can_set_is_in_it_where_there_is_one(
    settings: Settings, lines: Lines
) -> None:
    app = create_app(in_lambda(settings))
    for ids in ({"requestId": "chosen\nby the caller", "extendedRequestId": "JKJaXmPL="}, {}):
        asked = event("HEAD", "/health", "/health")
        asked["requestContext"] |= ids
        app(asked, None)
    behind, without = lines()
    assert behind["request_id"] == behind["extended_request_id"] == "JKJaXmPL="
    assert behind["route"] == "HEAD /health"
    assert "extended_request_id" not in without


def test_the_callers_service_is_in_it_and_nothing_that_names_anybody(
    inside: Api, lines: Lines
) -> None:
    caller = inside.with_token(Forger(inside.settings, "tech-audit-tool").token(email=EMAIL))
    assert caller("POST", P, {"name": "Secret plans"}).status == 201
    (line,) = lines()
    assert line["caller"] == "tech-audit-tool"
    secrets = (EMAIL, caller.headers["Authorization"].split()[1], "Secret plans", "secret-plans")
    assert [secret for secret in secrets if secret in json.dumps(line)] == []


def test_an_error_says_where_it_came_from(inside: Api, lines: Lines) -> None:
    columns = "(id, name_key, programme_key, version, updated_at, document)"
    row = "('bad', 'bad', '', 1, '', ?)"
    spoil(inside, f"INSERT INTO projects {columns} VALUES {row}", f"{EMAIL} {{")
    assert inside.get(f"{P}/bad").status == 500
    (line,) = lines()
    assert (line["error"], line["Errors"]) == ("JSONDecodeError", 1)
    assert any(frame.startswith("projects.py:") for frame in line["traceback"])
    assert EMAIL not in json.dumps(line)


def test_a_store_in_trouble_says_why_to_the_log_and_when_to_the_caller(
    inside: Api, lines: Lines
) -> None:
    spoil(inside, "DROP TABLE meta")
    answer = inside.get("/health")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert str(inside.settings.state_directory) not in answer.body.decode()
    (line,) = lines()
    assert (line["error"], line["cause"]["error"]) == ("UnavailableError", "OperationalError")


def test_what_nobody_foresaw_is_a_500_with_its_traceback_in_the_log(
    client: Api, caplog: pytest.LogCaptureFixture
) -> None:
    client.project("Spoiled")
    spoil(client, "UPDATE projects SET document = 'no JSON'")
    logging.getLogger("landscape-api").propagate = True  # Chalice's logger does not propagate
    caller = client.auditor()
    answer = caller("PATCH", f"{P}/spoiled", {}, origin=ORIGIN, if_match="*")
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.json["request_id"] in caplog.text
    assert "Traceback" in caplog.text
    assert "no JSON" not in answer.body.decode()
    assert caller.headers["Authorization"].removeprefix("Bearer ") not in caplog.text
    assert "auditor@example.org" not in caplog.text
