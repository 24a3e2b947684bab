"""Servers in the tests that answer every method the same way."""

from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler


class AnyMethod(BaseHTTPRequestHandler):
    """Calls `answer` for every request; a handler of its own answers by `reply`."""

    disable_nagle_algorithm = True  # else each body waits 40 ms for the headers' acknowledgement

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
