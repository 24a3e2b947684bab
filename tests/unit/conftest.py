"""Scripted servers, which the fixture stops after each test."""

import ssl
from collections.abc import Iterator, Sequence

import pytest

from tests.support.scripted_server import Serve, Server


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(*scripts: Sequence[bytes], tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(*scripts, tls=tls))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
