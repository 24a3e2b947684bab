"""One HTTP/1.1 connection. A caller gets a whole answer or an exception, never a part of an answer.

It supports only the HTTP that DynamoDB uses: every answer must have a Content-Length. Without
http.client a cold start does not import the `email` and `http` packages.

A deadline is a moment of time.monotonic(). Each wait on the socket gets the time left until then. A
server that sends byte by byte cannot delay a call beyond it.
"""

import select
import socket
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.stores.dynamodb.transport import CallError, ConnectionLost

if TYPE_CHECKING:
    from ssl import SSLContext  # its import takes 8 ms, which an http:// endpoint saves

# DynamoDB answers with at most 16 MB, before JSON quotes it.
LARGEST_ANSWER = 64 * 1024 * 1024  # bytes
LONGEST_HEAD = 16 * 1024  # bytes
LONGEST_LENGTH = 20  # digits; int() refuses thousands of them
MOST_HEADERS = 100
RECEIVED_AT_ONCE = 64 * 1024  # bytes
END_OF_HEAD = b"\r\n\r\n"


class HungUp(ConnectionLost):
    """The server closed the connection before the first byte of an answer."""


class Answer(NamedTuple):
    status: int
    headers: Mapping[bytes, bytes]  # by name in lower case
    body: bytes
    is_last: bool  # the connection serves no other


class Connection:
    def __init__(
        self,
        address: tuple[str, int],
        tls: "SSLContext | None",
        connect_seconds: float,
        deadline: float,
    ) -> None:
        """Raises OSError."""
        # Bytes are used unchanged. Text would import the tables of IDNA, 1.5 ms.
        host = address[0].encode()
        self._socket = _connected(host, address[1], connect_seconds, deadline)
        self._pending: Callable[[], int] = lambda: 0  # bytes decrypted by TLS, not yet received
        if tls:  # wrap_socket closes the socket if it fails
            secured = tls.wrap_socket(self._socket, server_hostname=host)
            self._socket, self._pending = secured, secured.pending
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()

    def ask(self, request: bytes, deadline: float) -> Answer:
        """Sends a request and waits for its answer. Raises OSError, ConnectionLost, CallError."""
        rest = memoryview(request)
        while rest:
            self._socket.settimeout(_seconds_until(deadline))
            rest = rest[self._socket.send(rest) :]
        while (head_end := self._received.find(END_OF_HEAD, 0, LONGEST_HEAD)) < 0:
            if len(self._received) >= LONGEST_HEAD:
                raise ConnectionLost("headers too long")
            self._receive(RECEIVED_AT_ONCE, deadline)
        version, status, headers = _head(bytes(self._received[:head_end]))
        body_start = head_end + len(END_OF_HEAD)
        body_end = body_start + _length(headers)
        while (missing := body_end - len(self._received)) > 0:
            self._receive(missing, deadline)
        body = bytes(self._received[body_start:body_end])
        del self._received[:body_end]
        is_last = version != b"HTTP/1.1" or headers.get(b"connection", b"").lower() == b"close"
        return Answer(status, headers, body, is_last)

    @property
    def is_idle(self) -> bool:
        """Whether it is open, and no byte waits in this buffer, in TLS or on the socket."""
        if self._received or self._pending():
            return False
        watch = select.poll()
        watch.register(self._socket, select.POLLIN)
        return not watch.poll(0)

    def close(self) -> None:
        self._socket.close()

    def _receive(self, most: int, deadline: float) -> None:
        self._socket.settimeout(_seconds_until(deadline))
        some = self._socket.recv(min(most, RECEIVED_AT_ONCE))
        if not some:
            raise ConnectionLost("an incomplete answer") if self._received else HungUp("no answer")
        self._received += some


def _connected(host: bytes, port: int, seconds: float, deadline: float) -> socket.socket:
    """A socket to the first of the host's addresses that answers. Each address may take `seconds`.

    The socket's timeout is then the limit of the TLS handshake. Raises OSError.
    """
    failure = OSError("the host has no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(min(seconds, _seconds_until(deadline)))
            opened.connect(place)
            opened.settimeout(min(seconds, _seconds_until(deadline)))
            return opened
        except OSError as error:
            opened.close()
            failure = error
    raise failure


def _seconds_until(deadline: float) -> float:
    """Raises TimeoutError once it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the call's deadline has passed")
    return left


def _head(head: bytes) -> tuple[bytes, int, dict[bytes, bytes]]:
    """Version, status, headers."""
    first, *lines = head.split(b"\r\n")
    version, _, rest = first.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise ConnectionLost("not an HTTP answer")
    if len(lines) > MOST_HEADERS:
        raise ConnectionLost("too many headers")
    headers = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    return version, int(rest[:3]), headers


def _length(headers: Mapping[bytes, bytes]) -> int:
    length = headers.get(b"content-length", b"")
    if not length.isdigit() or len(length) > LONGEST_LENGTH:
        raise ConnectionLost("an answer without a valid Content-Length")
    if int(length) > LARGEST_ANSWER:
        raise CallError("AnswerTooLarge")
    return int(length)
