"""The bench's stand-in for DynamoDB gives the answers of the emulator, and spares it what it has answered."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from uuid import uuid4

import pytest

from bench.endpoint import Recorded


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
    headers = {
        "x-amz-target": f"DynamoDB_20120810.{operation}",
        "content-type": "application/x-amz-json-1.0",
        "authorization": "",
        "x-amz-date": "",
    }
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


def test_nothing_is_recorded_where_every_call_is_to_be_passed_on(upstream: str) -> None:
    recorded = Recorded(upstream, replays=False)
    for _ in range(2):
        ask(recorded, "GetItem", key="a")
    assert len(Upstream.asked) == 2


def test_it_tells_what_was_asked_since_the_last_time(upstream: str) -> None:
    recorded = Recorded(upstream)
    for operation in ("GetItem", "GetItem", "Query"):
        ask(recorded, operation, key="a")
    assert json.loads(recorded.told()) == {"calls": {"GetItem": 2, "Query": 1}, "asked": 2}
    assert json.loads(recorded.told()) == {"calls": {}, "asked": 0}
