"""gunicorn's threaded worker, with three additions.

A request has one time limit for all its parts. Data that is not HTTP is answered with a problem, and
never logged. At the end the connections that wait to be accepted are served too.
"""

import select
import signal
import socket
from contextlib import suppress
from time import monotonic
from typing import Any

from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.util import write
from gunicorn.workers.gthread import ThreadWorker

from chalicelib.routes.telemetry import error_facts, log
from container.server import PROBLEM, refusal

STATUSES = (
    (LimitRequestLine, 414),
    (LimitRequestHeaders, 431),
    (ExpectationFailed, 417),
    (UnsupportedTransferCoding, 501),
    (ParseException, 400),
)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._due: dict[Any, float] = {}

    def init_signals(self) -> None:
        super().init_signals()
        # Starter.spawn_worker has blocked it.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def handle(self, conn: Any) -> Any:
        self._due[conn] = monotonic() + self.cfg.timeout
        try:
            return super().handle(conn)
        finally:
            del self._due[conn]

    def notify(self) -> None:
        """Runs about once a second: ends the connections whose request has taken too long."""
        super().notify()
        for conn, due in self._due.copy().items():  # other threads change it
            if monotonic() > due:
                with suppress(OSError):  # closed meanwhile
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def set_accept_enabled(self, enabled: bool) -> None:
        """At the end: accepts the waiting connections, then closes the sockets to refuse new ones."""
        is_end = not enabled and not self.alive  # SIGTERM may also come before the first call
        for listener in self.sockets if is_end else ():
            while select.select([listener], [], [], 0)[0]:
                self.accept(listener)
        super().set_accept_enabled(enabled)
        for listener in self.sockets if is_end else ():
            listener.close()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:  # noqa: ARG002
        status = next((status for kind, status in STATUSES if isinstance(exc, kind)), 500)
        line, body = refusal(status, self.wsgi.problem_types)
        log({"status": status, **error_facts(exc)})
        head = f"HTTP/1.1 {line}\r\nConnection: close\r\nContent-Type: {PROBLEM}\r\n"
        with suppress(OSError):  # the client has disconnected
            write(client, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
