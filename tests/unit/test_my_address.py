"""--me: which public addresses this machine is seen with, over each family by itself."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import HTTPServer
from threading import Thread
from typing import Any

import pytest

from chalicelib.firewall.entries import EntryError
from tests.support.loopback import AnyMethod
from waf.my_address import Resolve, my_addresses

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
            family: stack.enter_context(server(family, body, status))
            for family, body in answers.items()
        }

        def resolve(host: str, port: int, family: socket.AddressFamily, kind: Any) -> list[Any]:
            if family not in servers:
                raise socket.gaierror(-2, "Name or service not known")
            return [(family, kind, 6, "", servers[family])]

        yield resolve


@contextmanager
def server(family: socket.AddressFamily, body: bytes, status: int) -> Iterator[tuple[Any, ...]]:
    class Handler(AnyMethod):
        def answer(self) -> None:
            self.reply(status, (), body)

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


STRANGE = (b"", b"<html>Log in</html>", b"8.8.8.8, 10.0.0.1", b"2a00:1450::1", b"\xff")


@pytest.mark.parametrize(
    ("answers", "status", "error"),
    [
        *(({V4: one, V6: b"2a00:1450::1"}, 200, "which is no IPv4 address") for one in STRANGE),
        ({V4: b"8.8.8.8"}, 503, "cannot be asked: no IPv4 address: it answers 503"),
    ],
)
def test_a_strange_answer_is_refused_though_the_other_family_has_one(
    answers: dict[socket.AddressFamily, bytes], status: int, error: str
) -> None:
    with answering(answers, status) as resolve, pytest.raises(EntryError, match=error):
        my_addresses(URL, resolve)
