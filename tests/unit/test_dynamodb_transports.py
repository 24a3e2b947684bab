"""What both ways to DynamoDB say in the transport's own words, over real sockets."""

import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Protocol
from zlib import crc32

import pytest

from chalicelib.errors import UnavailableError
from chalicelib.routes.telemetry import error_facts
from chalicelib.stores.dynamodb.client import Client
from chalicelib.stores.dynamodb.transport import CallError, ConnectionLost, Transport
from tests.contract.places import TRANSPORTS, emulated
from tests.faults import Clock
from tests.support import free_port

READ = {"TableName": "table", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}
TRANSACTION = {"TransactItems": [{"Delete": READ}, {"Delete": READ}]}
WHOLE = b'{"Item": {"pk": {"S": "a"}}}'
DEEP = b'{"Item":' * 100_000
AT_ONCE, LONG = 0.2, 30.0  # seconds
# What a log calls it that no answer came, and that nobody was there.
NAMES: Mapping[str, tuple[str, str]] = {
    "http": ("TimeoutError", "ConnectionRefusedError"),
    "boto3": ("ReadTimeoutError", "EndpointConnectionError"),
}


class Open(Protocol):
    def __call__(self, port: int, seconds: float = LONG, /) -> Transport: ...


class Answers(Protocol):
    def __call__(self, status: int, body: bytes, **headers: str) -> Transport: ...


@pytest.fixture(params=TRANSPORTS)
def way(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def open_transport(way: str, monkeypatch: pytest.MonkeyPatch) -> Open:
    def at_port(port: int, seconds: float = LONG) -> Transport:
        for name, value in emulated(f"http://127.0.0.1:{port}").items():
            monkeypatch.setenv(name, value)
        return TRANSPORTS[way](connect_seconds=seconds, read_seconds=seconds)

    return at_port


@pytest.fixture
def answering(open_transport: Open) -> Iterator[Answers]:
    """A server that gives every request the same answer."""
    servers: list[HTTPServer] = []

    def with_answer(status: int, body: bytes, **headers: str) -> Transport:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                for name, value in {"Content_Length": str(len(body)), **headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return open_transport(server.server_port)

    yield with_answer
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_server_that_never_answers_is_a_lost_connection(open_transport: Open, way: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        transport = open_transport(listening.getsockname()[1], AT_ONCE)
        with pytest.raises(ConnectionLost, match=f"^{NAMES[way][0]}"):
            transport("GetItem", READ)


def test_a_server_that_hangs_up_is_a_lost_connection(open_transport: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            listening.accept()[0].close()

        hanging_up = threading.Thread(target=hang_up)
        hanging_up.start()
        transport = open_transport(listening.getsockname()[1])
        with pytest.raises(ConnectionLost):
            transport("GetItem", READ)
        hanging_up.join()


def test_a_refused_connection_is_a_lost_one(open_transport: Open, way: str) -> None:
    with pytest.raises(ConnectionLost, match=f"^{NAMES[way][1]}"):
        open_transport(free_port())("GetItem", READ)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_servers_own_error_leaves_open_what_was_done(answering: Answers, status: int) -> None:
    with pytest.raises(ConnectionLost):
        answering(status, b"<html>Bad gateway</html>")("GetItem", READ)


@pytest.mark.parametrize("body", [b'{"Item": {"pk"', b"<html>Welcome</html>"])
def test_what_is_not_dynamodbs_answer_is_none(answering: Answers, body: bytes) -> None:
    """Taken for an answer it would say that there is no such item."""
    with pytest.raises(ConnectionLost):
        answering(200, body)("GetItem", READ)


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"null", b"\xff", WHOLE[:-1], DEEP])
def test_what_is_no_object_is_no_answer(answering: Answers, body: bytes) -> None:
    with pytest.raises(ConnectionLost):
        answering(200, body, x_amzn_RequestId="one")("GetItem", READ)


@pytest.mark.parametrize("status", [400, 500])
def test_an_error_without_an_object_is_a_status_or_a_lost_connection(
    answering: Answers, status: int
) -> None:
    for body in (b"", b"[]", b"null", b"\xff", b'{"__type": []}', DEEP):
        with pytest.raises((CallError, ConnectionLost)):
            answering(status, body)("GetItem", READ)


@pytest.mark.parametrize("body", [b"{}", WHOLE[:-1]], ids=["damaged", "too short"])
def test_an_answer_that_is_not_whole_is_none(answering: Answers, body: bytes) -> None:
    headers = {"x_amzn_RequestId": "one", "x_amz_crc32": str(crc32(WHOLE))}
    with pytest.raises(ConnectionLost, match="ChecksumError"):
        answering(200, body, **headers)("GetItem", READ)


def test_bytes_are_bytes_on_both_ends(answering: Answers) -> None:
    """Whatever an attribute is called."""
    body = b'{"Item": {"B": {"B": "AP8="}, "M": {"M": {"B": {"S": "AP8="}}}}}'
    item = answering(200, body, x_amzn_RequestId="one")("GetItem", READ)["Item"]
    assert item == {"B": {"B": b"\0\xff"}, "M": {"M": {"B": {"S": "AP8="}}}}


@pytest.mark.parametrize("status", [301, 403, 413])
def test_an_error_without_a_code_is_told_by_its_status(answering: Answers, status: int) -> None:
    with pytest.raises(CallError, match=str(status)):
        answering(status, b"<html>Nothing here</html>")("GetItem", READ)


def test_an_answer_that_is_whole_is_one(answering: Answers) -> None:
    headers = {"x_amzn_RequestId": "one", "x_amz_crc32": str(crc32(WHOLE))}
    assert answering(200, WHOLE, **headers)("GetItem", READ)["Item"] == {"pk": {"S": "a"}}


def test_an_error_is_told_by_its_code(answering: Answers) -> None:
    body = b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}'
    with pytest.raises(CallError) as raised:
        answering(400, body)("GetItem", READ)
    assert (raised.value.code, list(raised.value.reasons)) == ("ThrottlingException", [])


def test_a_cancelled_transaction_tells_a_reason_for_each_action(answering: Answers) -> None:
    body = (
        b'{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",'
        b' "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}'
    )
    with pytest.raises(CallError) as raised:
        answering(400, body)("TransactWriteItems", TRANSACTION)
    assert raised.value.code == "TransactionCanceledException"
    assert raised.value.reasons == ["None", "TransactionConflict"]


@pytest.mark.parametrize(
    "reasons", [b"1", b'"None"', b'{"a": 1}', b"[1]", b"[[]]", b'[{"Code": 1}]', b'[{"Code": []}]']
)
def test_reasons_of_another_type_are_no_answer(answering: Answers, reasons: bytes) -> None:
    body = b'{"__type": "x#TransactionCanceledException", "CancellationReasons": %s}' % reasons
    with pytest.raises(ConnectionLost):
        answering(400, body)("TransactWriteItems", TRANSACTION)


def test_why_a_connection_was_lost_reaches_the_log(open_transport: Open, way: str) -> None:
    clock = Clock()
    client = Client(open_transport(free_port()), "table", clock, clock.sleep)
    with pytest.raises(UnavailableError) as raised:
        client.get(("a", "b"))
    facts = error_facts(raised.value)
    assert facts["cause"]["error"] == "ConnectionLost"
    assert facts["cause"]["cause"]["error"] == NAMES[way][1]


def test_one_call_is_one_request(open_transport: Open) -> None:
    """Its own retries are off: two loops in one another would wait for far too long."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with pytest.raises(ConnectionLost):
            open_transport(listening.getsockname()[1], AT_ONCE)("GetItem", READ)
        listening.settimeout(AT_ONCE)
        listening.accept()[0].close()
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_mistake_in_a_call_is_told_by_its_name(open_transport: Open) -> None:
    with pytest.raises(CallError, match="ParamValidationError"):
        open_transport(free_port())("GetItem", {**READ, "Key": object()})
