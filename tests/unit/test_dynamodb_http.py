"""The connection of our own to DynamoDB: kept open, found closed, cut short, damaged, encrypted."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from botocore.session import get_session

from chalicelib.stores.dynamodb.connection import LARGEST_ANSWER, MOST_HEADERS
from chalicelib.stores.dynamodb.http_transport import HttpTransport, regional_endpoint
from chalicelib.stores.dynamodb.sigv4 import Credentials
from chalicelib.stores.dynamodb.transport import CallError, ConnectionLost
from tests.certificates import write_certificate
from tests.emulator import CREDENTIALS

SECONDS = 5.0
HEAD = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: one\r\n"
EMPTY = HEAD + b"Content-Length: 2\r\n\r\n{}"
CLOSING = EMPTY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
HANG_UP = b""


class Server:
    """Gives each connection its answers, one a request, then closes it; and counts what it got."""

    def __init__(self, *scripts: Sequence[bytes], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(scripts,), daemon=True)
        self._thread.start()

    def _serve(self, scripts: Sequence[Sequence[bytes]]) -> None:
        for script in scripts:
            try:
                connection, _ = self._listening.accept()
                self.connections += 1
                with self._tls.wrap_socket(connection, True) if self._tls else connection as open_:
                    for answer in script:
                        self.requests.append(read_request(open_))
                        open_.sendall(answer)
            except OSError:
                pass  # the client's doing: it says what it thinks of it
            self.closed.release()

    def stop(self) -> None:
        with suppress(OSError):  # wakes who waits for a connection
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=SECONDS)
        self._listening.close()


def read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = request.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(*scripts: Sequence[bytes], tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(*scripts, tls=tls))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def transport_to(server: Server, scheme: str = "http", token: str = "") -> HttpTransport:
    endpoint = f"{scheme}://localhost:{server.port}"
    return HttpTransport("eu-west-2", Credentials("AKID", "key", token), endpoint)


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
    assert server.requests[1].partition(b"\r\n\r\n")[2] == b'{"again": true}'
    assert server.requests[2].partition(b"\r\n\r\n")[2] == b'{"again": true}'


@pytest.mark.parametrize("operation", ["PutItem", "TransactWriteItems", "BatchWriteItem"])
def test_a_write_on_a_connection_closed_in_that_moment_may_have_been_done(
    serve: Serve, operation: str
) -> None:
    server = serve([EMPTY, HANG_UP], [EMPTY])
    transport = transport_to(server)
    transport(operation, {})
    with pytest.raises(ConnectionLost):
        transport(operation, {})
    assert len(server.requests) == 2


def test_a_read_is_sent_again_only_once(serve: Serve) -> None:
    server = serve([EMPTY, HANG_UP], [HANG_UP], [EMPTY])
    transport = transport_to(server)
    transport("GetItem", {})
    with pytest.raises(ConnectionLost):
        transport("GetItem", {})
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "answer",
    [
        EMPTY[:-1],
        HEAD,
        HEAD + b"Content-Length: 2",
        HEAD + b"\r\n{}",
        HEAD + b"Content-Length: -1\r\n\r\n{}",
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
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.wfile.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def test_threads_share_a_transport_and_no_connection() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        transport = HttpTransport("eu-west-2", Credentials("AKID", "key"), endpoint)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n: transport("GetItem", {"n": n})["n"], range(400)))
        transport.close()
        server.shutdown()
        serving.join()
    assert found == list(range(400))


def test_https_asks_for_a_certificate_that_is_trusted(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path, "localhost")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    server = serve([], [EMPTY, EMPTY], tls=tls)
    with pytest.raises(ConnectionLost, match="SSLCertVerificationError"):
        transport_to(server, "https")("GetItem", {})
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    transport = transport_to(server, "https")
    assert [transport("PutItem", {}), transport("PutItem", {})] == [{}, {}]
    assert server.connections == 2


def test_https_asks_for_a_certificate_of_that_host(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path, "elsewhere.example")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(ConnectionLost, match="SSLCertVerificationError"):
        transport_to(serve([], tls=tls), "https")("GetItem", {})


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_each_regions_endpoint_is_the_sdks(partition: str) -> None:
    for region in get_session().get_available_regions("dynamodb", partition):
        client = boto3.client("dynamodb", region_name=region, **CREDENTIALS)
        assert client.meta.endpoint_url == regional_endpoint(region)
