"""Servers in the tests that answer every method the same way."""

from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self


class AnyMethod(BaseHTTPRequestHandler):
    """Calls `answer` for every request; a handler of its own answers by `reply`."""

    disable_nagle_algorithm = True  # otherwise each body waits 40 ms for an acknowledgement

    def parse_request(self) -> bool:
        parsed = super().parse_request()
        if parsed:
            setattr(self, f"do_{self.command}", self.answer)
        return parsed

    def answer(self) -> None:
        raise NotImplementedError

    def reply(self, status: int, headers: Iterable[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class Loopback(ThreadingHTTPServer):
    """A server on a free port of 127.0.0.1 for as long as its block lasts."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
