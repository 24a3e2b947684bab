"""--me: which public addresses this machine is seen with, over each family by itself."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from my_address import Resolve, my_addresses

from chalicelib.firewall.entries import EntryError

URL = "http://checkip.example.org/"
V4, V6 = socket.AF_INET, socket.AF_INET6
LOOPBACK = {V4: "127.0.0.1", V6: "::1"}


@contextmanager
def answering(
    answers: Mapping[socket.AddressFamily, bytes], status: int = 200
) -> Iterator[Resolve]:
    """What resolves every name to a server of each family that has an answer."""
    with ExitStack() as stack:
        servers = {
            family: stack.enter_context(server(family, answers[family], status))
            for family in answers
        }

        def resolve(host: str, port: int, family: socket.AddressFamily, kind: Any) -> list[Any]:
            if family not in servers:
                raise socket.gaierror(-2, "Name or service not known")
            return [(family, kind, 6, "", servers[family])]

        yield resolve


@contextmanager
def server(family: socket.AddressFamily, body: bytes, status: int) -> Iterator[tuple[Any, ...]]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(HTTPServer):
        address_family = family

    with Server((LOOPBACK[family], 0), Handler) as running:
        thread = Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running.server_address
        running.shutdown()
        thread.join()


def test_both_families_are_asked() -> None:
    with answering({V4: b"8.8.8.8\n", V6: b"2a00:1450::1\n"}) as resolve:
        mine = my_addresses(URL, resolve)
    assert (mine.addresses, mine.remarks) == (["8.8.8.8", "2a00:1450::1"], [])


@pytest.mark.parametrize(("family", "other"), [(V4, "IPv6"), (V6, "IPv4")])
def test_a_family_without_an_address_is_named(family: socket.AddressFamily, other: str) -> None:
    address = {V4: "8.8.8.8", V6: "2a00:1450::1"}[family]
    with answering({family: address.encode()}) as resolve:
        mine = my_addresses(URL, resolve)
    assert mine.addresses == [address]
    assert mine.remarks == [f"no {other} address: [Errno -2] Name or service not known"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>Log in to the hotel's network</html>",
        b"8.8.8.8, 10.0.0.1",
        b"2a00:1450::1",
        b"\xff",
    ],
)
def test_a_strange_answer_is_refused_though_the_other_family_has_one(answer: bytes) -> None:
    with (
        answering({V4: answer, V6: b"2a00:1450::1"}) as resolve,
        pytest.raises(EntryError, match="which is no IPv4 address"),
    ):
        my_addresses(URL, resolve)


def test_a_service_that_fails_is_no_answer() -> None:
    with (
        answering({V4: b"8.8.8.8"}, status=503) as resolve,
        pytest.raises(EntryError, match="cannot be asked: no IPv4 address: it answers 503"),
    ):
        my_addresses(URL, resolve)
