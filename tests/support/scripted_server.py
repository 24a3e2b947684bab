"""A server of HTTP/1.1 that sends scripted answers to any request, and then hangs up."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from chalicelib.stores.dynamodb.http_transport import HttpTransport
from chalicelib.stores.dynamodb.sigv4 import Credentials

SECONDS, DRIP_SECONDS = 5.0, 0.05
HEAD = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: one\r\n"
EMPTY = HEAD + b"Content-Length: 2\r\n\r\n{}"


class Dripping(bytes):
    """An answer that is sent byte by byte, with DRIP_SECONDS between two bytes."""


class Server:
    """Gives each connection its answers, one a request, then closes it. Counts its connections."""

    def __init__(self, *scripts: Sequence[bytes], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(scripts,), daemon=True)
        self._thread.start()

    def _serve(self, scripts: Sequence[Sequence[bytes]]) -> None:
        for script in scripts:
            with suppress(OSError):  # the client closed it, and reports that itself
                connection, _ = self._listening.accept()
                self.connections += 1
                with self._tls.wrap_socket(connection, True) if self._tls else connection as open_:
                    for answer in script:
                        self.requests.append(read_request(open_))
                        send(open_, answer)
            self.closed.release()

    def stop(self) -> None:
        with suppress(OSError):  # wakes the thread that waits for a connection
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=SECONDS)
        self._listening.close()


Serve = Callable[..., Server]


def send(connection: socket.socket, answer: bytes) -> None:
    if not isinstance(answer, Dripping):
        return connection.sendall(answer)
    for byte in answer:
        time.sleep(DRIP_SECONDS)
        connection.sendall(bytes([byte]))
    return None


def read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = request.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def transport_at(endpoint: str, token: str = "", **seconds: float) -> HttpTransport:
    return HttpTransport("eu-west-2", Credentials("AKID", "key", token), endpoint, **seconds)


def transport_to(
    server: Server, scheme: str = "http", token: str = "", **seconds: float
) -> HttpTransport:
    return transport_at(f"{scheme}://localhost:{server.port}", token, **seconds)


def server_side(certificate: Path) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    return tls
