"""A DynamoDB that takes as long as it is told to: what the emulator answered before, over TLS and HTTP/1.1.

The emulator's own time for a call is many times that of DynamoDB, and would hide what is compared.
So each call goes to the emulator once, and every later one like it gets the answer of that time:
a write again finds the table as it was before. Both contenders talk to this same endpoint.

    python -m bench.endpoint UPSTREAM-URL CERTIFICATE-WITH-KEY

Prints its port. Each line on the standard input is how many milliseconds a call takes from then on;
it prints the calls since the line before and how many of them went to the emulator, as JSON.
"""

import json
import socket
import ssl
import sys
import time
import zlib
from http.client import HTTPConnection
from threading import Thread
from typing import BinaryIO
from urllib.parse import urlsplit

READS = ("GetItem", "BatchGetItem", "Query")
# What a time, a token of idempotency or a mark of a record is made of: new in every repetition of a write.
EVER_NEW = b"0123456789abcdef-:.TZ"
HEAD = "HTTP/1.1 {} Answered\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\nx-amzn-RequestId: BENCH\r\nx-amz-crc32: {}\r\n\r\n"


class Recorded:
    def __init__(self, upstream: str) -> None:
        self._place = urlsplit(upstream).netloc
        self._answers: dict[bytes, bytes] = {}
        self._calls = self._asked = 0
        self.seconds = 0.0  # that a call takes

    def answer(self, headers: dict[str, str], body: bytes) -> bytes:
        time.sleep(self.seconds)
        operation = headers["x-amz-target"].rpartition(".")[2]
        self._calls += 1
        same = f"{operation}\n".encode() + like(operation, body)
        if same not in self._answers:
            self._asked += 1
            self._answers[same] = self._ask(headers, body)
        return self._answers[same]

    def _ask(self, headers: dict[str, str], body: bytes) -> bytes:
        connection = HTTPConnection(self._place, timeout=60)
        passed_on = ("x-amz-target", "content-type", "authorization", "x-amz-date")
        connection.request("POST", "/", body, {name: headers[name] for name in passed_on})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return HEAD.format(response.status, len(content), zlib.crc32(content)).encode() + content

    def told(self) -> str:
        """What was asked since the last time."""
        calls, asked = self._calls, self._asked
        self._calls = self._asked = 0
        return json.dumps({"calls": calls, "asked": asked})


def like(operation: str, body: bytes) -> bytes:
    """What two calls that mean the same have in common: a write's marks and times may differ."""
    return body if operation in READS else body.translate(None, EVER_NEW)


def serve(connection: socket.socket, context: ssl.SSLContext, recorded: Recorded) -> None:
    """Until the other side hangs up."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with context.wrap_socket(connection, server_side=True) as stream:
            reader = stream.makefile("rb")
            while reader.readline():
                headers = read_headers(reader)
                body = reader.read(int(headers["content-length"]))
                stream.sendall(recorded.answer(headers, body))
    except OSError:  # a process that ended takes no leave
        return


def read_headers(reader: BinaryIO) -> dict[str, str]:
    found = {}
    while (line := reader.readline().rstrip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        found[name.lower()] = value.strip()
    return found


def accept(listener: socket.socket, context: ssl.SSLContext, recorded: Recorded) -> None:
    while True:
        connection, _ = listener.accept()
        Thread(target=serve, args=(connection, context, recorded), daemon=True).start()


def main(upstream: str, certificate: str) -> None:
    recorded = Recorded(upstream)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    Thread(target=accept, args=(listener, context, recorded), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    for line in sys.stdin:
        recorded.seconds = float(line) / 1000
        print(recorded.told(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
