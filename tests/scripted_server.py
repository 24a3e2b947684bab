"""A server of HTTP/1.1 that says what it is told to, whatever it is asked, and breaks off there."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from chalicelib.stores.dynamodb.http_transport import HttpTransport
from chalicelib.stores.dynamodb.sigv4 import Credentials

SECONDS = 5.0
DRIP_SECONDS = 0.05


class Dripping(bytes):
    """An answer that is sent byte by byte, each DRIP_SECONDS after the one before it."""


class Server:
    """Gives each connection its answers, one a request, then closes it; and counts what it got."""

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
            try:
                connection, _ = self._listening.accept()
                self.connections += 1
                with self._tls.wrap_socket(connection, True) if self._tls else connection as open_:
                    for answer in script:
                        self.requests.append(read_request(open_))
                        send(open_, answer)
            except OSError:
                pass  # the client's doing: it says what it thinks of it
            self.closed.release()

    def stop(self) -> None:
        with suppress(OSError):  # wakes who waits for a connection
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=SECONDS)
        self._listening.close()


def send(connection: socket.socket, answer: bytes) -> None:
    if isinstance(answer, Dripping):
        for byte in answer:
            time.sleep(DRIP_SECONDS)
            connection.sendall(bytes([byte]))
    else:
        connection.sendall(answer)


def read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = request.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


Serve = Callable[..., Server]


def transport_to(
    server: Server, scheme: str = "http", token: str = "", **seconds: float
) -> HttpTransport:
    endpoint = f"{scheme}://localhost:{server.port}"
    return HttpTransport("eu-west-2", Credentials("AKID", "key", token), endpoint, **seconds)


def server_side(certificate: Path) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    return tls
