"""The bench's stand-in for DynamoDB gives the answers of the emulator, and spares it what it has answered."""

import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from bench.endpoint import Recorded
from bench.environments import Endpoint

HEADERS = {"content-type": "application/x-amz-json-1.0", "authorization": "", "x-amz-date": ""}


class Upstream(BaseHTTPRequestHandler):
    """Answers each call with what it was asked."""

    asked: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(body)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[str]:
    Upstream.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(recorded: Recorded, operation: str, **said: str) -> bytes:
    headers = HEADERS | {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    return recorded.answer(headers, json.dumps(said).encode())


def test_a_read_is_answered_by_the_emulator_once(upstream: str) -> None:
    recorded = Recorded(upstream)
    first = ask(recorded, "GetItem", key="a")
    assert first.endswith(b'\r\n\r\n{"key": "a"}')
    assert ask(recorded, "GetItem", key="a") == first
    assert Upstream.asked == [b'{"key": "a"}']


def test_another_read_and_another_operation_are_asked_anew(upstream: str) -> None:
    recorded = Recorded(upstream)
    answers = {
        ask(recorded, "GetItem", key=uuid4().hex),
        ask(recorded, "GetItem", key=uuid4().hex),
        ask(recorded, "Query", key="2026-01-01T00:00:00.000Z"),
        ask(recorded, "Query", key="2026-01-01T00:00:00.001Z"),
    }
    assert len(answers) == len(Upstream.asked) == 4


def test_a_write_again_is_known_by_all_but_its_marks_and_times(upstream: str) -> None:
    recorded = Recorded(upstream)
    for second in range(3):
        new = {"mark": uuid4().hex, "token": str(uuid4()), "at": f"2026-01-01T00:00:0{second}.123Z"}
        ask(recorded, "TransactWriteItems", name="ours", **new)
    ask(recorded, "TransactWriteItems", name="theirs", **new)
    assert len(Upstream.asked) == 2


def test_another_body_of_a_write_is_another_write(upstream: str) -> None:
    recorded = Recorded(upstream)
    answers = {ask(recorded, operation, name="ours") for operation in ("PutItem", "DeleteItem")}
    assert len({*answers, ask(recorded, "PutItem", name="yours")}) == 2
    assert len(Upstream.asked) == 3


def test_a_call_takes_as_long_as_it_is_told_to(upstream: str) -> None:
    recorded = Recorded(upstream)
    recorded.seconds = 0.05
    begun = perf_counter()
    ask(recorded, "GetItem", key="a")
    assert perf_counter() - begun >= recorded.seconds


def test_it_tells_what_was_asked_since_the_last_time(upstream: str) -> None:
    recorded = Recorded(upstream)
    for operation in ("GetItem", "GetItem", "Query"):
        ask(recorded, operation, key="a")
    assert json.loads(recorded.told()) == {"calls": 3, "asked": 2}
    assert json.loads(recorded.told()) == {"calls": 0, "asked": 0}


def test_a_measured_call_that_was_not_recorded_fails_the_run(upstream: str, tmp_path: Path) -> None:
    endpoint = Endpoint(upstream, tmp_path)
    address = urlsplit(endpoint.environment["AWS_ENDPOINT_URL"])
    trust = ssl.create_default_context(cafile=endpoint.environment["SSL_CERT_FILE"])
    connection = HTTPSConnection(address.netloc, context=trust, timeout=10)

    def get(key: str) -> bytes:
        connection.request("POST", "/", key.encode(), HEADERS | {"x-amz-target": "D.GetItem"})
        return connection.getresponse().read()

    with closing(connection):
        get("a")
        with endpoint.recorded(0):
            assert get("a") == b"a"
        with pytest.raises(RuntimeError, match="1 calls"), endpoint.recorded(0):
            get("b")
    endpoint.stop()
