"""A DynamoDB that takes as long as it is told to: what the emulator answered before, over TLS and HTTP/1.1.

The emulator's own time for a call is many times that of DynamoDB, and would hide what is compared.
So each call goes to the emulator once, and every later one like it gets the answer of that time:
a write again finds the table as it was before. Both contenders talk to this same endpoint.
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
# What a time, a token of idempotency or a mark of a record is made of: new in every repetition of a write.
EVER_NEW = b"0123456789abcdef-:.TZ"
PASSED_ON = ("x-amz-target", "content-type", "authorization", "x-amz-date")
HEAD = "HTTP/1.1 {} Answered\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\nx-amzn-RequestId: BENCH\r\nx-amz-crc32: {}\r\n\r\n"


class Recorded(ThreadingTCPServer):
    """Knows what the emulator at `upstream` answered, which was `asked` so often."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream: str, certificate: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(certificate)
        self._place = urlsplit(upstream).netloc
        self._answers: dict[bytes, bytes] = {}
        self.asked = 0
        self.seconds = 0.0  # that a call takes

    def answer(self, headers: Mapping[str, str], body: bytes) -> bytes:
        time.sleep(self.seconds)
        operation = headers["x-amz-target"].rpartition(".")[2]
        # Two writes that mean the same may differ in their marks and times.
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
        """A process that ended takes no leave."""


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
    """Tells its port; then for each number of milliseconds, which a call takes from then on, how often it asked."""
    recorded = Recorded(upstream, certificate)
    Thread(target=recorded.serve_forever, daemon=True).start()
    pipe.send(recorded.server_address[1])
    while True:
        recorded.seconds = pipe.recv() / 1000
        pipe.send(recorded.asked)
        recorded.asked = 0
