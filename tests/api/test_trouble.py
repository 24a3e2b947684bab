"""When the store is in trouble: a problem with CORS, the reason in the log, nothing secret in either."""

import logging
import sqlite3

import pytest

from tests.support import ORIGIN, Api

P = "/api/v1/projects"


def spoil(api: Api, statement: str) -> None:
    database = sqlite3.connect(api.settings.state_directory / "landscape.db")
    with database:
        database.execute(statement)
    database.close()


def test_what_nobody_foresaw_is_a_500_with_its_traceback_in_the_log(
    client: Api, caplog: pytest.LogCaptureFixture
) -> None:
    client.auditor()("POST", P, {"name": "Spoiled"})
    spoil(client, "UPDATE projects SET document = 'no JSON'")
    logging.getLogger("landscape-api").propagate = True  # Chalice's logger keeps to itself
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


def test_a_store_that_cannot_be_read_is_a_503_with_retry_after(client: Api) -> None:
    spoil(client, "DROP TABLE meta")
    answer = client.get("/health", origin=ORIGIN)
    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert str(client.settings.state_directory) not in answer.body.decode()
