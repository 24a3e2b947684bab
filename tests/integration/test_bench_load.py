"""The bench's load counts every unexpected answer and every broken connection."""

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import Popen
from threading import Thread

import pytest

from bench.load import Asked, Server, family


class Answers(BaseHTTPRequestHandler):
    """Answers with a 200 and the request's body, with a 500, or not at all."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/none":
            self.close_connection = True
            return
        self.send_response(500 if self.path == "/wrong" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    process = Popen(["sleep", "60"])
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as listening:
        Thread(target=listening.serve_forever, args=(0.01,)).start()
        yield Server(listening.server_port, process)
        listening.shutdown()
    process.kill()
    process.wait()


def asked(*paths: str) -> list[Asked]:
    return [Asked(path, "PUT", b'{"a": "body"}') for path in paths]


def test_expected_answers_are_not_errors(server: Server) -> None:
    server.load([asked("/right", "/right/too")] * 3, 1.0)
    assert server.errors == []
    assert server.per_second[0] > 0
    assert len(server.milliseconds) > 3


@pytest.mark.parametrize(("path", "said"), [("/wrong", "/wrong: b'500'"), ("/none", "Incomplete")])
def test_an_unexpected_answer_is_an_error_and_the_load_continues(
    server: Server, path: str, said: str
) -> None:
    server.load([asked("/right", path)] * 3, 1.0)
    assert len(server.errors) >= 3
    assert all(error.startswith(said) for error in server.errors)
    assert len(server.milliseconds) > len(server.errors) / 2


def test_a_missing_server_is_an_error_for_each_connection(server: Server) -> None:
    gone = Server(1, server._process)
    gone.load([asked("/right")] * 3, 1.0)
    assert len(gone.errors) >= 3
    assert gone.milliseconds == []


def test_memory_includes_all_processes_of_a_server() -> None:
    with Popen(["sh", "-c", "sleep 60 & sleep 60; true"]) as shell:
        while len(list(family(shell.pid))) < 3:
            os.sched_yield()
        children = list(family(shell.pid))[1:]
        assert 0 < Server(0, shell).memory() < 10
        for pid in children:
            os.kill(pid, 9)
