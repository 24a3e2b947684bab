"""A DynamoDB endpoint with a fixed time for each call, which repeats the emulator's answers.

The emulator is many times slower than DynamoDB, and would hide the differences. So each call reaches
the emulator once, and every equal call after it gets the recorded answer, writes too.
Both contenders use this endpoint, over TLS and HTTP/1.1.
"""

import ssl
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from itertools import takewhile
from multiprocessing.connection import Connection
from socket import IPPROTO_TCP, TCP_NODELAY
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

READS = ("GetItem", "BatchGetItem", "Query")
# The characters of times, idempotency tokens and ids, which are new in every repetition of a write.
EVER_NEW = b"0123456789abcdef-:.TZ"
PASSED_ON = ("x-amz-target", "content-type", "authorization", "x-amz-date")
HEAD = "HTTP/1.1 {} Answered\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\nx-amzn-RequestId: BENCH\r\nx-amz-crc32: {}\r\n\r\n"


class Recorded(ThreadingTCPServer):
    """Records the answers of the emulator at `upstream`. `asked` counts its calls."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream: str, certificate: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(certificate)
        self._place = urlsplit(upstream).netloc
        self._answers: dict[bytes, bytes] = {}
        self.asked = 0
        self.seconds = 0.0  # for each call

    def answer(self, headers: Mapping[str, str], body: bytes) -> bytes:
        time.sleep(self.seconds)
        operation = headers["x-amz-target"].rpartition(".")[2]
        # Equal writes may differ in ids and times.
        like = body if operation in READS else body.translate(None, EVER_NEW)
        same = f"{operation}\n".encode() + like
        if same not in self._answers:
            self.asked += 1
            connection = HTTPConnection(self._place, timeout=60)
            connection.request("POST", "/", body, {name: headers[name] for name in PASSED_ON})
            response = connection.getresponse()
            content = response.read()
            head = HEAD.format(response.status, len(content), crc32(content))
            self._answers[same] = head.encode() + content
        return self._answers[same]

    def handle_error(self, *_: Any) -> None:
        """Prints nothing, because a stopped process closes no connection."""


class Handler(StreamRequestHandler):
    server: Recorded

    def setup(self) -> None:
        self.request.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        while self.rfile.readline():
            lines = takewhile(bytes.strip, iter(self.rfile.readline, None))
            pairs = (line.decode("latin-1").partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = self.rfile.read(int(headers["content-length"]))
            self.request.sendall(self.server.answer(headers, body))


def serve(upstream: str, certificate: str, pipe: Connection) -> None:
    """Sends its port. Then receives the milliseconds of a call, and sends the emulator's calls."""
    recorded = Recorded(upstream, certificate)
    Thread(target=recorded.serve_forever, daemon=True).start()
    pipe.send(recorded.server_address[1])
    while True:
        recorded.seconds = pipe.recv() / 1000
        pipe.send(recorded.asked)
        recorded.asked = 0
