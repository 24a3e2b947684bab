"""A deployed stage is closed until WAF is attached: it refuses requests that bypass the firewall."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.bootstrap import create_app
from chalicelib.firewall.names import HEADER
from chalicelib.settings import Settings
from chalicelib.stores.dynamodb.client import item_key
from chalicelib.stores.dynamodb.keys import CURSOR_KEY, FIREWALL_SECRET
from tests.api.test_roles import session_of
from tests.api.test_routes import HEADS, TABLE, concrete
from tests.support.api import ORIGIN, Answer, Api, P, in_lambda, local_environment, through_app
from tests.support.emulator import Emulator
from tests.support.faults import Tables, emulated_tables, failing, refused_with
from tests.support.signing import IAM, identity
from waf.rotation import OLD_VALUE

VALUE = "a-value-that-waf-would-never-insert"
GOOD = "a-value-that-waf-inserts-into-all-it-lets-in"
CLOSED = (403, "urn:landscape-api:problem:closed")
UNAVAILABLE = (503, "urn:landscape-api:problem:unavailable")
INTERNAL = (500, "urn:landscape-api:problem:internal")
TEXT = "The request did not pass the firewall: use the address that the operator has published"
CURE = "python waf/associate.py --stage STAGE"


@pytest.fixture
def closed_settings(tmp_path: Path) -> Settings:
    inside = {"LANDSCAPE_STAGE": "dev", "AWS_LAMBDA_FUNCTION_NAME": "landscape-api-dev"}
    return Settings.read(local_environment(tmp_path, LANDSCAPE_REQUIRE_WAF="true", **inside))


@pytest.fixture
def app(closed_settings: Settings) -> Chalice:
    return create_app(closed_settings)


def test_every_route_is_shut_with_the_header_or_without(
    app: Chalice, closed_settings: Settings
) -> None:
    """Unsupported methods are refused too, before Chalice's own answer to them.

    Requests under /iam have the signature of a role that a service lists.
    """
    listed = identity(session_of(closed_settings.roles[0].arn))
    api = Api(through_app(app, identity=listed), closed_settings)
    asked = [(method, path) for path, methods in app.routes.items() for method in methods]
    under_iam = [path for _, path in asked if path.startswith(IAM)]
    assert len(under_iam) == len(TABLE | HEADS) < len(asked) - len(under_iam)
    for method, path in (*asked, ("PUT", "/health"), ("PUT", f"{IAM}/health")):
        for headers in ({}, {HEADER: ""}, {HEADER: VALUE, "Origin": ORIGIN}):
            answer = api(method, concrete(path), None, headers)
            if method == "HEAD":
                assert (answer.status, answer.body) == (403, b"")
                continue
            assert (answer.status, answer.json["type"]) == CLOSED
            assert answer.json["detail"] == TEXT
            assert VALUE not in answer.body.decode()
            assert answer.headers["x-request-id"] == answer.json["request_id"]


@dataclass
class Behind:
    """A process of the deployed Lambda over a table, and its log."""

    api: Api
    tables: Tables
    table: str
    output: Callable[[], str]

    def put(self, key: tuple[str, str], **attributes: Any) -> None:
        item = {**item_key(key), **attributes}
        self.tables.transport("PutItem", {"TableName": self.table, "Item": item})

    def asked(self, path: str = "/health", value: str = GOOD) -> tuple[Answer, dict[str, Any]]:
        """The answer, which a browser can read, and its one line in the log."""
        answer = self.api("GET", path, None, {HEADER: value, "Origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["x-request-id"]
        (line,) = map(json.loads, self.output().splitlines())
        assert (line["status"], line["Requests"]) == (answer.status, 1)
        assert line["request_id"] == answer.headers["x-request-id"]
        assert line["Errors"] == int(answer.status >= 500)
        assert value not in json.dumps(line, ensure_ascii=False)
        return answer, line

    def refused(self, path: str = "/health", value: str = GOOD) -> tuple[Answer, dict[str, Any]]:
        answer, line = self.asked(path, value)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["request_id"] == answer.headers["x-request-id"]
        return answer, line


@pytest.fixture(scope="module")
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


@pytest.fixture(scope="module")
def table(tables: Tables) -> str:
    return tables.new()


@pytest.fixture
def behind(
    tables: Tables, table: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> Behind:
    return opened(tables, table, settings, lambda: capsys.readouterr().out)


def opened(
    tables: Tables, table: str, settings: Settings, output: Callable[[], str], **changed: Any
) -> Behind:
    """`changed` may have a `transport`, and has changed settings."""
    store = tables.open(table, changed.pop("transport", None))
    inside = replace(in_lambda(settings), **{"require_waf": True, **changed})
    return Behind(Api(through_app(create_app(inside, store)), settings), tables, table, output)


def text(value: object) -> dict[str, Any]:
    return {"values": {"S": json.dumps(value)}}


SPOILT: Mapping[str, dict[str, Any]] = {
    "no values": {},
    "no JSON": {"values": {"S": f"{GOOD} ["}},
    "nested too deeply": {"values": {"S": "[" * 50_000}},
    "a number that is too long": {"values": {"S": "9" * 5_000}},
    "a text": text("abc"),
    "a long text": text(GOOD),
    "an object": text({GOOD: GOOD}),
    "null": text(None),
    "an empty list": text([]),
    "numbers": text([1, 2]),
    "a list in a list": text([[GOOD]]),
    "a good one and none": text([GOOD, None]),
    "a good one and a short one": text([GOOD, "x" * 31]),
    "an empty text": text([""]),
    "no ASCII": text(["ü" * 32]),
    "surrogates": text(["\ud800" * 32]),
    "blanks": text([" " * 32]),
    "a list of DynamoDB's": {"values": {"L": [{"S": GOOD}]}},
    "a set of DynamoDB's": {"values": {"SS": [GOOD]}},
    "a number of DynamoDB's": {"values": {"N": "1"}},
    "a null of DynamoDB's": {"values": {"NULL": True}},
    "bytes": {"values": {"B": b'["' + GOOD.encode() + b'"]'}},
}


@pytest.mark.parametrize("attributes", SPOILT.values(), ids=SPOILT)
def test_an_invalid_secret_is_a_503_whose_cure_is_in_the_log_alone(
    behind: Behind, attributes: dict[str, Any]
) -> None:
    behind.put(FIREWALL_SECRET, **attributes)
    for path in ("/health", P):
        answer, line = behind.refused(path)
        assert (answer.status, answer.json["type"]) == UNAVAILABLE
        assert answer.headers["retry-after"] == "10"
        assert answer.json["detail"].startswith("This API is not available at the moment")
        assert (line["error"], line["Errors"]) == ("FirewallSecretError", 1)
        assert "in the table is invalid" in line["detail"]
        assert CURE in line["detail"]
        assert "cause" not in line


@pytest.mark.parametrize(
    "value", ["\ud800" * 40, "ü" * 40, "\x00" * 40, GOOD[:-1], f"{GOOD}\n", VALUE]
)
def test_a_value_of_any_characters_is_closed_and_no_failure(behind: Behind, value: str) -> None:
    behind.put(FIREWALL_SECRET, **text([GOOD]))
    assert behind.asked()[0].status == 200
    answer, line = behind.refused(value=value)
    assert (answer.status, answer.json["type"]) == CLOSED
    assert line["refused"] == "with another value than the firewall's"


def test_who_brings_the_value_that_ends_is_in_the_log_as_the_rotation_looks_for_it(
    behind: Behind,
) -> None:
    behind.put(FIREWALL_SECRET, **text([GOOD, VALUE]))
    answer, line = behind.asked()
    assert (answer.status, line[json.loads(OLD_VALUE)]) == (200, True)
    answer, line = behind.asked(value=VALUE)
    assert (answer.status, json.loads(OLD_VALUE) in line) == (200, False)


def test_a_table_that_cannot_be_read_is_a_503_that_says_why_in_the_log_alone(
    tables: Tables, table: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = failing(tables.transport, refused_with("AccessDeniedException"))
    behind = opened(tables, table, settings, lambda: capsys.readouterr().out, transport=denied)
    answer, line = behind.refused()
    assert (answer.status, answer.json["type"]) == UNAVAILABLE
    assert "AccessDenied" not in answer.body.decode()
    assert "AccessDeniedException" in line["detail"]


def test_what_nobody_foresaw_in_the_gate_is_a_500_with_its_line(behind: Behind) -> None:
    behind.put(FIREWALL_SECRET, **text([GOOD]))
    behind.put(CURSOR_KEY, other={"S": "x"})
    try:
        answer, line = behind.refused()
    finally:
        key = {"TableName": behind.table, "Key": item_key(CURSOR_KEY)}
        behind.tables.transport("DeleteItem", key)
    assert (answer.status, answer.json["type"]) == INTERNAL
    assert (line["error"], line["Errors"]) == ("KeyError", 1)
    assert any(frame.startswith("gate.py:") for frame in line["traceback"])


def test_a_stage_that_is_open_in_an_emergency_does_not_need_the_secret(
    tables: Tables, table: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    behind = opened(tables, table, settings, lambda: capsys.readouterr().out, require_waf=False)
    behind.put(FIREWALL_SECRET, **text("abc"))
    assert behind.asked(P)[0].status == 200


def test_outside_lambda_the_cure_is_in_the_log_too(
    tables: Tables, table: str, closed_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(replace(closed_settings, in_lambda=False), tables.open(table))
    api = Api(through_app(app), closed_settings)
    item = {**item_key(FIREWALL_SECRET), **text([])}
    tables.transport("PutItem", {"TableName": table, "Item": item})
    answer = api("GET", "/health", None, {HEADER: GOOD})
    assert (answer.status, answer.json["type"]) == UNAVAILABLE
    line = json.loads(capsys.readouterr().out)
    assert CURE in line["detail"]
    assert line["request_id"] == answer.json["request_id"]
