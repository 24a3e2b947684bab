"""--me: the public addresses of this machine, for IPv4 and IPv6 separately."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import HTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.support.loopback import AnyMethod
from waf.my_address import my_addresses
from waf.ranges import InputError

URL = "http://checkip.example.org/"
V4, V6 = socket.AF_INET, socket.AF_INET6
LOOPBACK = {V4: "127.0.0.1", V6: "::1"}
OURS = {V4: b"8.8.8.8\n", V6: b"2a00:1450::1\n"}


@contextmanager
def answering(
    answers: Mapping[socket.AddressFamily, bytes], status: int = 200, headers: Any = ()
) -> Iterator[None]:
    """Resolves every name to a server for each family that has an answer."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as names:
        servers = [
            (family, socket.SOCK_STREAM, 6, "", stack.enter_context(server(family, *answer)))
            for family, body in answers.items()
            for answer in [(body, status, headers)]
        ]
        names.setattr(socket, "getaddrinfo", lambda *_, **__: servers)
        yield


@contextmanager
def server(
    family: socket.AddressFamily, body: bytes, status: int = 200, headers: Any = ()
) -> Iterator[tuple[Any, ...]]:
    class Handler(AnyMethod):
        def answer(self) -> None:
            self.reply(status, headers, body)

    class Server(HTTPServer):
        address_family = family

    with Server((LOOPBACK[family], 0), Handler) as running:
        thread = Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running.server_address
        running.shutdown()
        thread.join()


def test_both_families_are_asked() -> None:
    with answering(OURS):
        mine = my_addresses(URL)
    assert (mine.addresses, mine.remarks) == (["8.8.8.8", "2a00:1450::1"], [])


@pytest.mark.parametrize(("family", "other"), [(V4, "IPv6"), (V6, "IPv4")])
def test_a_family_without_an_address_is_named(family: socket.AddressFamily, other: str) -> None:
    with answering({family: OURS[family]}):
        mine = my_addresses(URL)
    assert mine.addresses == [OURS[family].decode().strip()]
    assert [remark.partition(":")[0] for remark in mine.remarks] == [f"no {other} address"]


STRANGE = (b"", b"<html>Log in</html>", b"8.8.8.8, 10.0.0.1", b"2a00:1450::1", b"\xff")


@pytest.mark.parametrize("one", [*STRANGE, b"8.8.8.8" + b" " * 100 + b"and more"])
def test_a_strange_answer_is_refused_though_the_other_family_has_one(one: bytes) -> None:
    with answering({**OURS, V4: one}):
        if one.endswith(b"more"):
            assert my_addresses(URL).addresses[0] == "8.8.8.8"  # too long a body is not read
        else:
            with pytest.raises(InputError, match="which is not an IPv4 address: pass another"):
                my_addresses(URL)


@pytest.mark.parametrize("status", [503, 302])
def test_a_service_that_fails_or_sends_elsewhere_is_not_believed(status: int) -> None:
    elsewhere = [("Location", URL)]
    refusal = f"gave no address.*no IPv4 address: the service answers {status}"
    with answering({V4: OURS[V4]}, status, elsewhere), pytest.raises(InputError, match=refusal):
        my_addresses(URL)
