"""One connection to a server of HTTP/1.1: requests go out whole, answers come back whole or not at all.

Of HTTP only what DynamoDB speaks: an answer has a Content-Length, anything else is none. It saves
a cold start the modules of `email` and `http` behind http.client: 7 ms of CPU of 90.
"""

import select
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from chalicelib.stores.dynamodb.transport import CallError, ConnectionLost

if TYPE_CHECKING:
    from ssl import SSLContext  # 8 ms that an endpoint of http:// need not pay

# DynamoDB answers with at most 16 MB, before JSON quotes it.
LARGEST_ANSWER = 64 * 1024 * 1024  # bytes
LONGEST_LINE = 16 * 1024  # bytes
MOST_HEADERS = 100


class HungUp(ConnectionLost):
    """The server closed the connection before the first byte of an answer."""


class Answer(NamedTuple):
    status: int
    headers: Mapping[bytes, bytes]  # by their names in lower case
    body: bytes
    is_last: bool  # of its connection


class Connection:
    def __init__(
        self,
        address: tuple[str, int],
        tls: "SSLContext | None",
        connect_seconds: float,
        read_seconds: float,
    ) -> None:
        """Raises OSError."""
        # In bytes a name is taken as it is: text would import the tables of IDNA, 1.5 ms.
        host = address[0].encode()
        self._socket = socket.create_connection((host, address[1]), connect_seconds)  # type: ignore[arg-type]
        if tls:  # closes what it was given where it fails
            self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(read_seconds)
        self._stream = self._socket.makefile("rb")

    def ask(self, request: bytes) -> Answer:
        """Sends a request and waits for its answer. Raises OSError, ConnectionLost, CallError."""
        self._socket.sendall(request)
        if not self._stream.peek(1):
            raise HungUp("hung up")
        version, _, rest = _line(self._stream).partition(b" ")
        if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
            raise ConnectionLost("not an answer of HTTP")
        headers = _headers(self._stream)
        is_last = version != b"HTTP/1.1" or headers.get(b"connection", b"").lower() == b"close"
        return Answer(int(rest[:3]), headers, _body(self._stream, headers), is_last)

    @property
    def is_idle(self) -> bool:
        """Whether it is open and nothing has come that nobody asked for."""
        watch = select.poll()
        watch.register(self._socket, select.POLLIN)
        return not watch.poll(0)

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise ConnectionLost("a line without an end")
    return line.rstrip(b"\r\n")


def _headers(stream: BinaryIO) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    while line := _line(stream):
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
        if len(headers) > MOST_HEADERS:
            raise ConnectionLost("headers without an end")
    return headers


def _body(stream: BinaryIO, headers: Mapping[bytes, bytes]) -> bytes:
    told = headers.get(b"content-length", b"")
    if not told.isdigit():
        raise ConnectionLost("an answer of no known length")
    length = int(told)
    if length > LARGEST_ANSWER:
        raise CallError("AnswerTooLarge")
    body = stream.read(length)
    if len(body) < length:
        raise ConnectionLost("an answer cut short")
    return body
