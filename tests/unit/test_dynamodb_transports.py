"""Both transports to DynamoDB over real sockets: they report every failure alike."""

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
from tests.support.api import free_port
from tests.support.faults import Clock

READ = {"TableName": "table", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}
TRANSACTION = {"TransactItems": [{"Delete": READ}, {"Delete": READ}]}
WHOLE = b'{"Item": {"pk": {"S": "a"}}}'
DEEP = b'{"Item":' * 100_000
CANCELLED = b'{"__type": "x#TransactionCanceledException", "CancellationReasons": %s}'
ITS_OWN = {"x_amzn_RequestId": "one"}
WITH_SUM = {**ITS_OWN, "x_amz_crc32": str(crc32(WHOLE))}
AT_ONCE, LONG = 0.2, 30.0  # seconds
# The names in the log for a missing answer and for a refused connection.
NAMES: Mapping[str, tuple[str, str]] = {
    "http": ("TimeoutError", "ConnectionRefusedError"),
    "boto3": ("ReadTimeoutError", "EndpointConnectionError"),
}


class Open(Protocol):
    def __call__(self, port: int, seconds: float = LONG, /) -> Transport: ...


class Ask(Protocol):
    def __call__(self, status: int, body: bytes, **headers: str) -> dict[str, Any]: ...


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
def ask(open_transport: Open) -> Iterator[Ask]:
    """The transport's result for such an answer."""
    answers: list[tuple[int, bytes, Mapping[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body, headers = answers.pop()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            for name, value in {"Content_Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        transport = open_transport(server.server_port)

        def answered(status: int, body: bytes, **headers: str) -> dict[str, Any]:
            answers.append((status, body, headers))
            return (
                transport("TransactWriteItems", TRANSACTION)
                if b"Reasons" in body
                else transport("GetItem", READ)
            )

        yield answered
        server.shutdown()


def test_one_call_is_one_request_and_ends_when_no_answer_comes(
    open_transport: Open, way: str
) -> None:
    """The transport's own retries are off: two nested loops would wait too long."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        transport = open_transport(listening.getsockname()[1], AT_ONCE)
        with pytest.raises(ConnectionLost, match=f"^{NAMES[way][0]}"):
            transport("GetItem", READ)
        listening.settimeout(AT_ONCE)
        listening.accept()[0].close()
        with pytest.raises(TimeoutError):
            listening.accept()


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


def test_a_refused_connection_is_a_lost_one_and_the_log_says_why(
    open_transport: Open, way: str
) -> None:
    clock = Clock()
    client = Client(open_transport(free_port()), "table", clock, clock.sleep)
    with pytest.raises(UnavailableError) as raised:
        client.get(("a", "b"))
    cause = error_facts(raised.value)["cause"]
    assert (cause["error"], cause["cause"]["error"]) == ("ConnectionLost", NAMES[way][1])


def test_a_mistake_in_a_call_is_told_by_its_name(open_transport: Open) -> None:
    with pytest.raises(CallError, match="ParamValidationError"):
        open_transport(free_port())("GetItem", {**READ, "Key": object()})


# Read as an answer, the damaged ones would mean that the item does not exist.
LOST: list[tuple[int, bytes, Mapping[str, str]]] = [
    *((status, b"<html>Bad gateway</html>", {}) for status in (500, 502, 503, 504)),
    (200, b'{"Item": {"pk"', {}),
    (200, b"<html>Welcome</html>", {}),
    *((200, each, ITS_OWN) for each in (b"", b"[]", b"1", b"null", b"\xff", WHOLE[:-1], DEEP)),
    *((400, CANCELLED % each, {}) for each in (b"1", b'"None"', b'{"a": 1}', b"[1]", b"[[]]")),
    *((400, CANCELLED % each, {}) for each in (b'[{"Code": 1}]', b'[{"Code": []}]')),
]


@pytest.mark.parametrize(("status", "body", "headers"), LOST)
def test_what_is_not_dynamodbs_answer_is_a_lost_connection(
    ask: Ask, status: int, body: bytes, headers: Mapping[str, str]
) -> None:
    with pytest.raises(ConnectionLost):
        ask(status, body, **headers)


@pytest.mark.parametrize("body", [b"{}", WHOLE[:-1]], ids=["damaged", "too short"])
def test_an_answer_that_is_not_whole_is_none(ask: Ask, body: bytes) -> None:
    with pytest.raises(ConnectionLost, match="ChecksumError"):
        ask(200, body, **WITH_SUM)
    assert ask(200, WHOLE, **WITH_SUM)["Item"] == {"pk": {"S": "a"}}


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b'{"__type": []}', DEEP])
def test_an_error_without_an_object_is_a_status_or_a_lost_connection(
    ask: Ask, status: int, body: bytes
) -> None:
    with pytest.raises((CallError, ConnectionLost)):
        ask(status, body)


def test_bytes_are_bytes_on_both_ends_whatever_an_attribute_is_called(ask: Ask) -> None:
    body = b'{"Item": {"B": {"B": "AP8="}, "M": {"M": {"B": {"S": "AP8="}}}}}'
    item = ask(200, body, **ITS_OWN)["Item"]
    assert item == {"B": {"B": b"\0\xff"}, "M": {"M": {"B": {"S": "AP8="}}}}


@pytest.mark.parametrize(
    ("status", "body", "code", "reasons"),
    [
        *((status, b"<html>No</html>", f"{status}", []) for status in (301, 403, 413)),
        (400, b'{"__type": "com.amazonaws.dynamodb.v20120810#X"}', "X", []),
        (
            400,
            CANCELLED % b'[{"Code": "None"}, {"Code": "Y"}]',
            "TransactionCanceledException",
            ["None", "Y"],
        ),
    ],
)
def test_an_error_is_told_by_its_code_its_reasons_or_else_its_status(
    ask: Ask, status: int, body: bytes, code: str, reasons: list[str]
) -> None:
    with pytest.raises(CallError, match=code) as raised:
        ask(status, body)
    assert (code in raised.value.code, list(raised.value.reasons)) == (True, reasons)
