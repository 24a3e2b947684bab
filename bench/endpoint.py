"""A DynamoDB that answers in no time: what the emulator answered before, over HTTP/1.1, with TLS and without.

The emulator's own time for a call is many times that of DynamoDB, and would hide what is compared.
So each call goes to the emulator once, and every later one like it gets the answer of that time:
a write again finds the table as it was before. Both contenders talk to this same endpoint.

    python -m bench.endpoint --upstream URL --certificate PEM

Prints its ports, with TLS and without; then, for each line on the standard input, the calls since the last and how many
of them went to the emulator, as JSON.
"""

import argparse
import json
import socket
import ssl
import sys
import zlib
from collections import Counter
from http.client import HTTPConnection
from threading import Thread
from typing import BinaryIO
from urllib.parse import urlsplit

TRANSACTION = "TransactWriteItems"
# What a time, a token of idempotency or a mark of a record is made of: new in every repetition of a write.
EVER_NEW = b"0123456789abcdef-:.TZ"
HEAD = "HTTP/1.1 {} Answered\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\nx-amzn-RequestId: BENCH\r\nx-amz-crc32: {}\r\n\r\n"


class Recorded:
    """`replays` is whether the emulator is spared what it has answered before."""

    def __init__(self, upstream: str, *, replays: bool = True) -> None:
        self._place = urlsplit(upstream).netloc
        self._replays = replays
        self._answers: dict[bytes, bytes] = {}
        self._calls: Counter[str] = Counter()
        self._asked = 0

    def answer(self, headers: dict[str, str], body: bytes) -> bytes:
        operation = headers["x-amz-target"].rpartition(".")[2]
        self._calls[operation] += 1
        same = f"{operation}\n".encode() + like(operation, body)
        found = self._answers.get(same) if self._replays else None
        if found is None:
            self._asked += 1
            found = self._answers[same] = self._ask(headers, body)
        return found

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
        self._calls, self._asked = Counter(), 0
        return json.dumps({"calls": calls, "asked": asked})


def like(operation: str, body: bytes) -> bytes:
    """What two calls that mean the same have in common: a write's marks and times may differ."""
    return body.translate(None, EVER_NEW) if operation == TRANSACTION else body


def serve(connection: socket.socket, context: ssl.SSLContext | None, recorded: Recorded) -> None:
    """Until the other side hangs up."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        stream = context.wrap_socket(connection, server_side=True) if context else connection
        with stream, stream.makefile("rb") as reader:
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


def accept(listener: socket.socket, context: ssl.SSLContext | None, recorded: Recorded) -> None:
    while True:
        connection, _ = listener.accept()
        Thread(target=serve, args=(connection, context, recorded), daemon=True).start()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--certificate", required=True, help="with its key")
    parser.add_argument("--pass-on", action="store_true", help="every call to the emulator")
    chosen = parser.parse_args()
    recorded = Recorded(chosen.upstream, replays=not chosen.pass_on)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chosen.certificate)
    for security in (context, None):
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        Thread(target=accept, args=(listener, security, recorded), daemon=True).start()
        print(listener.getsockname()[1], flush=True)
    for _ in sys.stdin:
        print(recorded.told(), flush=True)


if __name__ == "__main__":
    main()
