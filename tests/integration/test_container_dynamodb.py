"""The container beside the Lambda, on one table in DynamoDB (emulated): one firewall, one register."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.firewall.names import HEADER
from chalicelib.settings import Settings
from chalicelib.stores.dynamodb.client import item_key
from chalicelib.stores.dynamodb.keys import FIREWALL_SECRET
from tests.api.test_closed import CLOSED, GOOD, UNAVAILABLE, text
from tests.api.test_identity import Forger
from tests.support.api import Answer, Api, P, Sender, T, in_lambda, local_environment, through_app
from tests.support.container import ContainerServer, KeySets
from tests.support.emulator import Emulator, environment_at
from tests.support.faults import Tables, emulated_tables
from tests.support.loopback import AnyMethod, Loopback

EMAIL = "auditor@example.org"


@pytest.fixture(scope="module")
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


class Doors:
    """Two ways to one stage: `lambda_` by API Gateway, `container` by a load balancer.

    `bare` is the container without the firewall's header.
    """

    def __init__(self, settings: Settings, server: ContainerServer, tables: Tables, table: str):
        claims = Forger(settings, "tech-audit-tool").claims(email=EMAIL)
        app = create_app(in_lambda(settings), tables.open(table))
        inside = through_app(app, authorizer={"claims": claims})
        caller = Api(inside, settings).auditor(EMAIL)
        self.lambda_ = caller
        self.container = Api(with_header(server.send), settings).auditor(EMAIL)
        self.bare = Api(server.send, settings)
        self.server = server

    @property
    def both_ways(self) -> tuple[tuple[Api, Api], ...]:
        return (self.lambda_, self.container), (self.container, self.lambda_)


def with_header(send: Sender) -> Sender:
    def sent(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return send(method, path, {**headers, HEADER: GOOD}, body)

    return sent


@pytest.fixture(scope="module")
def doors(
    tmp_path_factory: pytest.TempPathFactory, keys: Path, tables: Tables, emulator: Emulator
) -> Iterator[Doors]:
    state = tmp_path_factory.mktemp("doors")
    settings = Settings.read(local_environment(state))
    shutil.copytree(keys, settings.keys_directory)
    table = tables.new()
    on_aws = environment_at(emulator.url) | {
        "LANDSCAPE_STORE_URL": f"dynamodb://{table}",
        "LANDSCAPE_REQUIRE_WAF": "true",
        "AWS_REGION": "eu-west-2",
    }
    del on_aws["AWS_DEFAULT_REGION"]  # ECS does not set it
    with ExitStack() as stack:
        sets = stack.enter_context(KeySets(settings))
        server = stack.enter_context(ContainerServer(state, sets.url, **on_aws))
        doors = Doors(settings, server, tables, table)
        assert doors.bare.get("/health").status == 403
        secret = {**item_key(FIREWALL_SECRET), **text([GOOD])}
        tables.transport("PutItem", {"TableName": table, "Item": secret})
        yield doors


def test_what_did_not_come_through_the_firewall_is_refused(doors: Doors) -> None:
    for path in ("/health", P, "/nothing", "/iam/health"):
        for headers in ({}, {HEADER: "another"}, {HEADER.replace("-", "_"): GOOD}):
            answer = doors.bare("GET", path, None, headers)
            assert (answer.status, answer.json["type"]) == CLOSED
    assert doors.container.get("/health").status == 200
    assert GOOD not in doors.server.log


def test_what_one_door_has_made_is_good_at_the_other(doors: Doors) -> None:
    for n, (one, other) in enumerate(doors.both_ways):
        key = f"{n}" * 32
        body = {"name": f"By both doors {n}"}
        made = one("POST", P, body, idempotency_key=key)
        again = other("POST", P, body, idempotency_key=key)
        assert (made.status, again.status) == (201, 201)
        assert (again.json, again.etag, again.location) == (made.json, made.etag, made.location)
        assert other.get(made.location, if_none_match=made.etag).status == 304
        change = {"programme": f"Programme {n}"}
        merge = {"Content-Type": "application/merge-patch+json"}
        changed = other("PATCH", made.location, change, merge, if_match=made.etag)
        assert changed.status == 200
        assert one("PATCH", made.location, {}, merge, if_match=made.etag).status == 412
        assert one.get(made.location).etag == changed.etag
        cursor = one.get(f"{P}?limit=1").json["next_cursor"]
        if cursor:
            assert other.get(f"{P}?limit=1&cursor={cursor}").status == 200
            assert other.get(f"{T}?limit=1&cursor={cursor}").status == 400
    assert cursor


class TaskRole(Loopback):
    """ECS's endpoint for a task role's credentials. They expire soon, so clients renew them."""

    def __init__(self) -> None:
        super().__init__(Credentials)
        self.given = 0


class Credentials(AnyMethod):
    server: TaskRole

    def answer(self) -> None:
        self.server.given += 1
        ends = datetime.now(UTC) + timedelta(minutes=5)
        given = {
            "AccessKeyId": "000000000000",
            "SecretAccessKey": "test",
            "Token": f"session-{self.server.given}",
            "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self.reply(200, [], json.dumps(given).encode())


def test_the_credentials_are_the_task_roles_and_are_renewed(
    tmp_path: Path, tables: Tables, emulator: Emulator
) -> None:
    on_aws = environment_at(emulator.url) | dict.fromkeys(
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ""
    )
    on_aws["LANDSCAPE_STORE_URL"] = f"dynamodb://{tables.new()}"
    with TaskRole() as role:
        on_aws["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = role.url
        with ContainerServer(tmp_path, "http://127.0.0.1:1", **on_aws) as server:
            before = role.given
            for _ in range(3):
                assert server.send("GET", P, {}, b"").status == 200
            assert role.given >= before + 3
            assert "session-" not in server.log


def test_a_task_without_its_table_is_alive_and_not_ready(
    tmp_path: Path, keys: Path, emulator: Emulator
) -> None:
    """ECS then rolls back a deployment with a wrong setting or without rights."""
    on_aws = environment_at(emulator.url) | {"LANDSCAPE_STORE_URL": "dynamodb://no-such-table"}
    settings = Settings.read(local_environment(tmp_path))
    shutil.copytree(keys, settings.keys_directory)
    server = ContainerServer(tmp_path, "http://127.0.0.1:1", **on_aws)
    server.up_path = "/live"
    with server:
        assert server.health("/ready") == 503
        assert "not_ready" in server.lines()[-1]
        answer = server.send("GET", P, {}, b"")
        assert (answer.status, answer.json["type"]) == UNAVAILABLE
        assert server.health("/live") == 200
