"""Our own connection to DynamoDB: kept open, closed by the server, interrupted, damaged."""

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from pathlib import Path

import boto3
import pytest
from botocore.session import get_session

from chalicelib.deadline import until
from chalicelib.stores.dynamodb.connection import LARGEST_ANSWER, MOST_HEADERS
from chalicelib.stores.dynamodb.http_transport import regional_endpoint
from chalicelib.stores.dynamodb.transport import CallError, ConnectionLost
from tests.support.certificates import write_certificate
from tests.support.emulator import CREDENTIALS
from tests.support.scripted_server import (
    DRIP_SECONDS,
    EMPTY,
    HEAD,
    SECONDS,
    Dripping,
    Serve,
    server_side,
    transport_at,
    transport_to,
)

SOON, LONG = 4 * DRIP_SECONDS, 10.0  # seconds
CLOSING = EMPTY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
HANG_UP = b""
Way = tuple[str, ssl.SSLContext | None]


@pytest.fixture(params=["http", "https"])
def way(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    """A scheme, and the TLS context of its server."""
    if request.param == "http":
        return "http", None
    own = write_certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    return "https", server_side(own)


def answer(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_a_connection_serves_call_after_call(serve: Serve) -> None:
    server = serve([EMPTY] * 3)
    transport = transport_to(server)
    assert [transport("PutItem", {"Item": n}) for n in range(3)] == [{}] * 3
    assert server.connections == 1


@pytest.mark.parametrize("last", [EMPTY, CLOSING, EMPTY.replace(b"1.1", b"1.0")])
def test_a_connection_that_was_closed_meanwhile_costs_no_call(serve: Serve, last: bytes) -> None:
    server = serve([last], [EMPTY])
    transport = transport_to(server)
    transport("PutItem", {})
    assert server.closed.acquire(timeout=SECONDS)
    transport("PutItem", {})
    assert (server.connections, len(server.requests)) == (2, 2)


@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem", "Query"])
def test_a_read_on_a_connection_closed_in_that_moment_is_sent_again(
    serve: Serve, operation: str
) -> None:
    server = serve([EMPTY, HANG_UP], [EMPTY])
    transport = transport_to(server)
    transport(operation, {})
    assert transport(operation, {"again": True}) == {}
    bodies = [request.partition(b"\r\n\r\n")[2] for request in server.requests]
    assert bodies == [b"{}", b'{"again":true}', b'{"again":true}']


@pytest.mark.parametrize(
    ("operation", "requests"),
    [("PutItem", 2), ("TransactWriteItems", 2), ("BatchWriteItem", 2), ("GetItem", 3)],
)
def test_a_write_may_have_been_done_and_is_not_sent_again_and_a_read_only_once(
    serve: Serve, operation: str, requests: int
) -> None:
    server = serve([EMPTY, HANG_UP], [HANG_UP], [EMPTY])
    transport = transport_to(server)
    transport(operation, {})
    with pytest.raises(ConnectionLost):
        transport(operation, {})
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    "answer",
    [
        EMPTY[:-1],
        HEAD,
        HEAD + b"Content-Length: 2",
        HEAD + b"\r\n{}",
        HEAD + b"Content-Length: -1\r\n\r\n{}",
        HEAD + b"Content-Length: " + b"9" * 16_000 + b"\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"".join(b"x-%d: 1\r\n" % n for n in range(MOST_HEADERS)) + EMPTY[len(HEAD) :],
        HEAD + b"x: " + b"x" * 20_000 + b"\r\n" + EMPTY[len(HEAD) :],
        b"HTTP/2 200\r\n" + EMPTY,
        b"HTTP/1.1 OK\r\n" + EMPTY,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        EMPTY.replace(b"{}", b"[]"),
        EMPTY.replace(b"{}", b"\xff\xff"),
    ],
)
def test_an_answer_that_is_not_whole_or_none_is_a_lost_connection(
    serve: Serve, answer: bytes
) -> None:
    with pytest.raises(ConnectionLost):
        transport_to(serve([answer]))("GetItem", {})


@pytest.mark.parametrize("size", [0, 20_000], ids=["in one record", "in two records of TLS"])
def test_an_answer_that_nobody_asked_for_is_nobodys(serve: Serve, way: Way, size: int) -> None:
    own, foreign = answer(b'{"for":"me"%s}' % (b" " * size)), answer(b'{"for":"them"}')
    server = serve([own + foreign, EMPTY], [own], tls=way[1])
    transport = transport_to(server, way[0])
    assert [transport("GetItem", {}), transport("GetItem", {})] == [{"for": "me"}] * 2
    assert server.connections == 2


@pytest.mark.parametrize(("read", "left"), [(SOON, inf), (LONG, SOON)])
def test_an_answer_that_drips_ends_with_the_call_and_with_the_request(
    serve: Serve, way: Way, read: float, left: float
) -> None:
    transport = transport_to(serve([Dripping(EMPTY)], tls=way[1]), way[0], read_seconds=read)
    with until(time.monotonic() + left), pytest.raises(ConnectionLost, match="TimeoutError"):
        transport("GetItem", {})


def test_connecting_ends_with_the_request() -> None:
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    with full, socket.create_connection(full.getsockname()):
        endpoint = f"http://127.0.0.1:{full.getsockname()[1]}"
        transport = transport_at(endpoint, connect_seconds=LONG, read_seconds=LONG)
        begun = time.monotonic()
        with until(begun + SOON), pytest.raises(ConnectionLost, match="TimeoutError"):
            transport("GetItem", {})
        assert time.monotonic() - begun < LONG


def test_no_connection_is_made_after_the_deadline(serve: Serve) -> None:
    server = serve([EMPTY])
    with until(time.monotonic()), pytest.raises(ConnectionLost, match="TimeoutError"):
        transport_to(server)("GetItem", {})
    assert server.connections == 0


def test_an_answer_without_bounds_is_not_read(serve: Serve) -> None:
    answer = HEAD + b"Content-Length: %d\r\n\r\n" % (LARGEST_ANSWER + 1)
    with pytest.raises(CallError, match="AnswerTooLarge"):
        transport_to(serve([answer]))("GetItem", {})


def test_a_session_token_is_sent_and_signed(serve: Serve) -> None:
    server = serve([EMPTY])
    transport_to(server, token="a token")("GetItem", {})
    assert b"\r\nx-amz-security-token: a token\r\n" in server.requests[0]
    assert b"x-amz-date;x-amz-security-token;x-amz-target," in server.requests[0]


class Echo(BaseHTTPRequestHandler):
    """Answers each request with its own body."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.wfile.write(answer(self.rfile.read(int(self.headers["Content-Length"]))))


def test_threads_share_a_transport_and_no_connection() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        transport = transport_at(f"http://127.0.0.1:{server.server_port}")
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n: transport("GetItem", {"n": n})["n"], range(400)))
        transport.close()
        server.shutdown()
        serving.join()
    assert found == list(range(400))


@pytest.mark.parametrize("partition", get_session().get_available_partitions())
def test_each_regions_endpoint_is_the_sdks(partition: str) -> None:
    for region in get_session().get_available_regions("dynamodb", partition):
        client = boto3.client("dynamodb", region_name=region, **CREDENTIALS)
        assert client.meta.endpoint_url == regional_endpoint(region)
