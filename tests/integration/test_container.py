"""The container's server as a process: its own answers, how it ends, and its log."""

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from chalicelib.settings import Settings
from container.__main__ import WORKERS
from container.server import LEAST_COMPRESSED
from tests.support.api import (
    CONFIG,
    ROOT,
    Answer,
    Api,
    P,
    free_port,
    local_environment,
    uses,
)
from tests.support.container import ContainerServer, KeySets

SECRET = "secret-of-the-caller"
IN_FLIGHT = 50
PATIENCE = 30.0


@contextmanager
def serving(
    state: Path, keys: Path, *options: str, **settings: str
) -> Iterator[tuple[ContainerServer, Api]]:
    state.mkdir(exist_ok=True)
    known = Settings.read(local_environment(state))
    shutil.copytree(keys, known.keys_directory, dirs_exist_ok=True)
    with KeySets(known) as sets, ContainerServer(state, sets.url, *options, **settings) as server:
        yield server, Api(server.send, known)


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, keys: Path
) -> Iterator[tuple[ContainerServer, Api]]:
    """A server with roles in its settings, which it ignores."""
    role = "arn:aws:iam::000000000000:role/back-end"
    state = tmp_path_factory.mktemp("served")
    site = "https://docs.example.org"
    given = {"TECH_AUDIT_TOOL_ROLE_ARNS": role, "LANDSCAPE_DOCUMENTATION_URL": site}
    with serving(state, keys, **given) as found:
        yield found


@pytest.fixture
def server(served: tuple[ContainerServer, Api]) -> ContainerServer:
    return served[0]


@pytest.fixture
def api(served: tuple[ContainerServer, Api]) -> Api:
    return served[1]


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def exchange(server: ContainerServer, sent: bytes, *, ends: bool = False) -> bytes:
    """The answer to `sent` until the server closes. With `ends`, the client sends EOF."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionResetError):  # the server closes with unread input
            while part := connection.recv(65536):
                answer += part
    return answer


def request(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join((*lines, "Host: x", "Connection: close", "", "")).encode() + body


POST = (f"POST {P} HTTP/1.1", "Content-Type: application/json")
CHUNKED = (*POST, "Transfer-Encoding: chunked")
UNREADABLE = {
    "no HTTP": (f"{SECRET}\r\n\r\n".encode(), 400),
    "a space in a header's name": (request("GET / HTTP/1.1", f"Author ization: {SECRET}"), 400),
    "an obsolete folded header": (request("GET / HTTP/1.1", f"X: a\r\n {SECRET}"), 400),
    "two lengths": (request(*POST, "Content-Length: 2", "Content-Length: 3", body=b"{}"), 400),
    "a length and chunks": (
        request(*CHUNKED, "Content-Length: 2", body=b"2\r\n{}\r\n0\r\n\r\n"),
        400,
    ),
    "a chunk's size that is none": (request(*CHUNKED, body=b"x\r\n{}\r\n0\r\n\r\n"), 400),
    "a long request line": (request(f"GET /{'a' * 9000} HTTP/1.1"), 414),
    "a long header": (request("GET / HTTP/1.1", f"X: {'a' * 9000}"), 431),
    "many headers": (request("GET / HTTP/1.1", *(f"X{n}: {SECRET}" for n in range(200))), 431),
    "another coding": (request(*POST, "Transfer-Encoding: br"), 501),
}


@pytest.mark.parametrize("why", UNREADABLE)
def test_what_is_no_request_is_a_problem_and_nothing_of_it_is_logged(
    server: ContainerServer, why: str
) -> None:
    sent, status = UNREADABLE[why]
    head, _, body = exchange(server, sent).partition(b"\r\n\r\n")
    assert head.split()[1] == str(status).encode()
    assert b"Content-Type: application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], set(problem)) == (status, {"type", "title", "status", "detail"})
    kind = {400: "malformed"}.get(status, "refused")
    assert problem["type"] == f"https://docs.example.org/problems.html#{kind}"
    assert server.lines()[-1]["status"] == status
    assert SECRET not in server.log


@pytest.mark.parametrize(
    "sent",
    [
        request(*POST, "Content-Length: 40", body=b'{"name": "Cut short"}'),
        request(*CHUNKED, body=b'15\r\n{"name": "Cut short"}\r\n'),
    ],
    ids=["a length that lies", "chunks without an end"],
)
def test_a_body_that_is_cut_short_writes_nothing(
    server: ContainerServer, api: Api, sent: bytes
) -> None:
    token = api.auditor().headers["Authorization"]
    whole = sent.replace(b"Host: x", f"Host: x\r\nAuthorization: {token}".encode())
    assert b" 201 " not in exchange(server, whole, ends=True)
    assert api.get(f"{P}/cut-short").status == 404


def test_a_body_in_chunks_is_read_whole(server: ContainerServer, api: Api) -> None:
    token = api.auditor().headers["Authorization"]
    chunks = b'9\r\n{"name": \r\na\r\n"In parts"\r\n1\r\n}\r\n0\r\n\r\n'
    answer = exchange(server, request(*CHUNKED, f"Authorization: {token}", body=chunks))
    assert answer.startswith(b"HTTP/1.1 201 ")


def test_a_body_that_is_too_large_is_refused_before_it_has_come(server: ContainerServer) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.putrequest("POST", P)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(1_000_000_000))
    connection.endheaders(b" " * 300_000)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["status"]) == (413, 413)
    connection.close()


def test_clients_that_are_too_slow_are_cut_off(tmp_path: Path, keys: Path) -> None:
    """Many slow clients do not block the server: it answers others afterwards."""
    slow = [b"GET / HTTP/1.1\r\nX: a", request(*POST, "Content-Length: 40", body=b"{")] * 20
    with (
        serving(tmp_path / "state", keys, "--timeout", "3") as (server, _),
        ThreadPoolExecutor(len(slow)) as pool,
    ):
        answers = set(pool.map(partial(exchange, server), slow))
        assert {answer[:12] for answer in answers} <= {b"", b"HTTP/1.1 400"}
        wait_until(server.is_up)


def test_headers_that_come_twice_or_with_an_underscore_gain_nothing(
    server: ContainerServer, api: Api
) -> None:
    token = api.auditor().headers["Authorization"]
    me = "GET /api/v1/me HTTP/1.1"
    for lines, status in (
        ([f"Authorization: {token}"], b"200"),
        ([f"Authorization: {token}", f"Authorization: {token}"], b"401"),
        ([f"Authorization: {token}", "Authorization: Bearer x"], b"401"),
        ([f"HTTP_AUTHORIZATION: {token}"], b"401"),
        (["Authorization : x", f"Authorization: {token}"], b"400"),
    ):
        assert exchange(server, request(me, *lines)).split()[1] == status, lines
    for name in ("X_Request_Id", "X_Amzn_Trace_Id"):
        answer = exchange(server, request("GET /health HTTP/1.1", f"{name}: Root=chosen"))
        assert b"chosen" not in answer


def test_a_request_is_one_line_under_the_load_balancers_id(
    server: ContainerServer, api: Api
) -> None:
    root, own = "1-67891233-abcdef012345678912345678", "1-67891234-12456789abcdef0123456789"
    trace = f"Self={own};Root={root};Sampled=1"
    before = len(server.lines())
    answer = api("GET", f"{P}/nobody", None, {"X-Amzn-Trace-Id": trace})
    (line,) = server.lines()[before:]
    assert answer.headers["x-request-id"] == answer.json["request_id"] == line["request_id"] == root
    assert answer.json["extended_request_id"] == line["extended_request_id"] == own
    assert (line["stage"], line["status"]) == ("dev", 404)
    assert line["_aws"]["CloudWatchMetrics"]


def test_a_long_answer_is_compressed_where_it_may_be(server: ContainerServer) -> None:
    def get(path: str, accepted: str) -> Answer:
        return server.send("GET", path, {"Accept-Encoding": accepted}, b"")

    plain = get("/openapi.json", "")
    assert "content-encoding" not in plain.headers
    for accepted in ("gzip", "br, GZIP;q=0.5", "gzip, deflate, br"):
        short = get("/openapi.json", accepted)
        assert short.headers["content-encoding"] == "gzip"
        assert short.headers["vary"] == "Origin, Accept-Encoding"
        assert (gzip.decompress(short.body), short.etag) == (plain.body, plain.etag)
    for accepted in ("br", "gzip;q=0", "gzip;q=0.000, br", "xgzip", "identity"):
        assert "content-encoding" not in get("/openapi.json", accepted).headers
    assert "content-encoding" not in get("/health", "gzip").headers


def test_it_compresses_from_the_size_on_that_the_gateway_does() -> None:
    stages = json.loads(CONFIG.read_text())["stages"]
    assert stages["prod"]["minimum_compression_size"] == LEAST_COMPRESSED


def test_a_path_that_is_not_there_is_a_problem_and_no_dimension_of_a_metric(
    server: ContainerServer, api: Api
) -> None:
    for path in ("/nothing", "/api/v2/projects", "//evil.example/health", f"{P}/a/b/c/d"):
        answer = api("GET", path)
        assert (answer.status, answer.json["instance"]) == (404, path)
        assert answer.json["detail"] == "This path does not exist: GET / lists the paths"
        assert server.lines()[-1]["route"] == "GET /{proxy+}"
    assert api("BREW", "/nothing").status == 404
    assert server.lines()[-1]["route"] == "UNKNOWN /{proxy+}"


def test_roles_are_not_served_and_the_answer_says_so(server: ContainerServer, api: Api) -> None:
    answer = server.send("GET", "/iam/api/v1/me", {}, b"")
    assert answer.status == 404
    detail = "This server verifies no signatures: call API Gateway, or omit /iam and send a token"
    assert answer.json["detail"] == detail
    assert [server["url"] for server in api.get("/openapi.json").json["servers"]] == ["/"]


def test_the_health_port_answers_the_load_balancer_and_nothing_else(
    server: ContainerServer, api: Api
) -> None:
    before = len(server.lines())
    found = {path: server.health(path) for path in ("/live", "/ready", "/health", P)}
    assert found == {"/live": 200, "/ready": 200, "/health": 404, P: 404}
    assert len(server.lines()) == before
    assert api("GET", "/live").status == api("GET", "/ready").status == 404


def half_sent(server: ContainerServer, api: Api, names: list[str]) -> list[socket.socket]:
    """Requests for new projects, each without its last byte."""
    token = api.auditor().headers["Authorization"]
    found = []
    for name in names:
        body = json.dumps({"name": name, "technologies": uses("Python")}).encode()
        sent = request(*POST, f"Authorization: {token}", f"Content-Length: {len(body)}", body=body)
        found.append(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE))
        found[-1].sendall(sent[:-1])
    return found


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_requests_in_flight_are_answered_after_sigterm(
    tmp_path: Path, keys: Path, rounds: int
) -> None:
    """New connections are refused, open ones lose no answer, and the exit code is 0."""
    for n in range(rounds):
        with serving(tmp_path / "state", keys) as (server, api):
            names = [f"In flight {n} {each}" for each in range(IN_FLIGHT)]
            open_ = half_sent(server, api, names)
            with ThreadPoolExecutor(4) as pool:
                kept = [pool.submit(ask_until_refused, server.port) for _ in range(4)]
                os.kill(server.process.pid, signal.SIGTERM)
                wait_until(lambda port=server.port: refuses(port))  # type: ignore[misc]
                for connection in open_:
                    connection.sendall(b"}")
                answers = [connection.recv(65536) for connection in open_]
                broken = sum(each.result() for each in kept)
            for connection in open_:
                connection.close()
            assert [answer[:12] for answer in answers] == [b"HTTP/1.1 201"] * IN_FLIGHT
            assert all(b"Connection: close" in answer for answer in answers)
            assert broken == 0
            assert server.process.wait(PATIENCE) == 0
        with serving(tmp_path / "state", keys) as (server, api):
            token = api.auditor()
            assert {token.get(f"{P}/in-flight-{n}-{each}").status for each in range(IN_FLIGHT)} == {
                200
            }


def ask_until_refused(port: int) -> int:
    """Sends requests until the server refuses a connection. Returns the number of lost answers.

    It opens a new connection where the server closed the last. A new one may be reset instead of
    refused, while the server closes its sockets.
    """
    broken = 0
    while True:
        connection, answered = HTTPConnection("127.0.0.1", port, timeout=PATIENCE), 0
        try:
            closes = False
            while not closes:
                connection.request("GET", "/api/v1/technologies")
                answer = connection.getresponse()
                answer.read()
                broken += answer.status != 200
                answered += 1
                closes = answer.will_close
        except (HTTPException, OSError):
            if not answered:
                return broken
            broken += 1
        finally:
            connection.close()


class SlowToStart(ContainerServer):
    """A server whose workers handle signals only after half a second. It kills no slow worker."""

    program = (
        "-c",
        "import time; from container.__main__ import OPTIONS, main;"
        " OPTIONS.update(post_fork=lambda server, worker: time.sleep(0.5), graceful_timeout=3600); main()",
    )


def test_a_worker_that_has_just_been_started_takes_sigterm_too(tmp_path: Path, keys: Path) -> None:
    """A new worker inherits a handler that would discard the signal."""
    known = Settings.read(local_environment(tmp_path))
    shutil.copytree(keys, known.keys_directory, dirs_exist_ok=True)
    with KeySets(known) as sets, SlowToStart(tmp_path, sets.url) as server:
        wait_until(lambda: len(server.workers()) == WORKERS)
        before = server.workers()
        os.kill(min(before), signal.SIGKILL)
        wait_until(lambda: bool(server.workers() - before))
        os.kill(server.process.pid, signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0


def test_a_worker_that_is_killed_is_replaced_and_the_others_answer(
    tmp_path: Path, keys: Path
) -> None:
    with serving(tmp_path / "state", keys) as (server, api):
        wait_until(lambda: len(server.workers()) == WORKERS)
        before = server.workers()
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        assert {api.get("/health").status for _ in range(50)} == {200}
        wait_until(lambda: killed not in server.workers() and len(server.workers()) == WORKERS)
        assert {api.get("/health").status for _ in range(50)} == {200}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"LANDSCAPE_STAGE": "local"}, "LANDSCAPE_STAGE is local, and a container accepts no"),
        (
            {"LANDSCAPE_STORE_URL": "postgres://x"},
            "LANDSCAPE_STORE_URL is 'postgres://x': write it like",
        ),
        ({"DIGITAL_LANDSCAPE_CLIENT_IDS": ""}, "DIGITAL_LANDSCAPE_CLIENT_IDS is not set"),
        (
            {"LANDSCAPE_STAGE": "local", "ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2"},
            "LANDSCAPE_STAGE is local on AWS",
        ),
    ],
)
def test_a_wrong_setting_ends_it_with_a_line(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    deployed = {"LANDSCAPE_STAGE": "dev", "LANDSCAPE_REQUIRE_WAF": "false"}
    ended = subprocess.run(
        [sys.executable, "-m", "container", "--port", str(free_port())],
        cwd=ROOT,
        env={**os.environ, **local_environment(tmp_path, **deployed | settings)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"container: {said}")
