"""The bench's endpoint for DynamoDB asks the emulator once for each answer, and then repeats it."""

import ssl
from collections.abc import Iterator
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import perf_counter
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from bench.measure import Endpoint


class Upstream(BaseHTTPRequestHandler):
    """Answers each call with its body."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Asked:
    def __init__(self, upstream: str, place: Path) -> None:
        self.endpoint = Endpoint(upstream, place)
        place_of = urlsplit(self.endpoint.environment["AWS_ENDPOINT_URL"]).netloc
        trust = ssl.create_default_context(cafile=self.endpoint.environment["SSL_CERT_FILE"])
        self.connection = HTTPSConnection(place_of, context=trust, timeout=10)

    def __call__(self, operation: str, body: str) -> str:
        headers = dict.fromkeys(("content-type", "authorization", "x-amz-date"), "")
        target = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
        self.connection.request("POST", "/", body, headers | target)
        return self.connection.getresponse().read().decode()


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        found = Asked(f"http://127.0.0.1:{server.server_port}", tmp_path)
        yield found
        found.connection.close()
        found.endpoint.stop()
        server.shutdown()


def test_each_read_is_answered_by_the_emulator_once(asked: Asked) -> None:
    bodies = ["a", "b", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z"]
    assert [asked("GetItem", body) for body in bodies * 2] == bodies * 2
    assert asked("Query", "a") == "a"
    assert (asked.endpoint.asked(), asked.endpoint.asked()) == (5, 0)


def test_a_repeated_write_is_recognised_despite_new_ids_and_times(asked: Asked) -> None:
    for second in range(3):
        asked("TransactWriteItems", f"ours {uuid4()} 2026-01-01T00:00:0{second}.123Z")
    assert asked.endpoint.asked() == 1
    for operation, body in (("TransactWriteItems", "yours"), ("PutItem", "ours")):
        asked(operation, body)
    assert asked.endpoint.asked() == 2


def test_a_call_takes_the_configured_time(asked: Asked) -> None:
    asked("GetItem", "a")
    with asked.endpoint.recorded(50):
        begun = perf_counter()
        asked("GetItem", "a")
        assert perf_counter() - begun >= 0.05


def test_a_measured_call_that_was_not_recorded_fails_the_run(asked: Asked) -> None:
    with (
        pytest.raises(RuntimeError, match="1 calls reached the emulator"),
        asked.endpoint.recorded(0),
    ):
        asked("GetItem", "a")
