"""What botocore says, in the transport's own words; over real sockets where it can be."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Protocol
from zlib import crc32

import pytest

from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.transport import CallError, ConnectionLost
from tests.contract.places import emulated
from tests.support import free_port

READ = {"TableName": "table", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}
TRANSACTION = {"TransactItems": [{"Delete": READ}, {"Delete": READ}]}
WHOLE = b'{"Item": {"pk": {"S": "a"}}}'
SECONDS = 0.2
Open = Callable[[int], BotoTransport]


class Answers(Protocol):
    def __call__(self, status: int, body: bytes, **headers: str) -> BotoTransport: ...


@pytest.fixture
def open_transport(monkeypatch: pytest.MonkeyPatch) -> Open:
    def at_port(port: int) -> BotoTransport:
        for name, value in emulated(f"http://127.0.0.1:{port}").items():
            monkeypatch.setenv(name, value)
        return BotoTransport(connect_seconds=SECONDS, read_seconds=SECONDS)

    return at_port


@pytest.fixture
def answering(open_transport: Open) -> Iterator[Answers]:
    """A server that gives every request the same answer."""
    servers: list[HTTPServer] = []

    def with_answer(status: int, body: bytes, **headers: str) -> BotoTransport:
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
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return open_transport(server.server_port)

    yield with_answer
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_server_that_never_answers_is_a_lost_connection(open_transport: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        transport = open_transport(listening.getsockname()[1])
        with pytest.raises(ConnectionLost, match="ReadTimeoutError"):
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


def test_a_refused_connection_is_a_lost_one(open_transport: Open) -> None:
    with pytest.raises(ConnectionLost, match="EndpointConnectionError"):
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


@pytest.mark.parametrize("body", [b"{}", WHOLE[:-1]], ids=["damaged", "too short"])
def test_an_answer_that_is_not_whole_is_none(answering: Answers, body: bytes) -> None:
    headers = {"x_amzn_RequestId": "one", "x_amz_crc32": str(crc32(WHOLE))}
    with pytest.raises(ConnectionLost, match="ChecksumError"):
        answering(200, body, **headers)("GetItem", READ)


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


def test_one_call_is_one_request(open_transport: Open) -> None:
    """Its own retries are off: two loops in one another would wait for far too long."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with pytest.raises(ConnectionLost):
            open_transport(listening.getsockname()[1])("GetItem", READ)
        listening.settimeout(SECONDS)
        listening.accept()[0].close()
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_mistake_in_a_call_is_told_by_its_name(open_transport: Open) -> None:
    with pytest.raises(CallError, match="ParamValidationError"):
        open_transport(free_port())("GetItem", {"TableName": "table", "Key": 7})
