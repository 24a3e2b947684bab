"""The API in the container's server: a real process, and its WSGI application alone."""

import json
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from chalicelib.settings import Settings
from container.server import Server
from tests.support.api import (
    ROOT,
    Answer,
    Sender,
    ServerProcess,
    free_port,
    local_environment,
    lower,
    through_http,
)
from tests.support.loopback import AnyMethod, Loopback

HEALTH_PORT = 8081


class KeySets(Loopback):
    """The pools' key sets as Cognito publishes them; here they are the development keys."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(_KeySet)
        self.files = {
            f"/{pool.id}/.well-known/jwks.json": settings.keys_directory
            / f"{pool.service}.jwks.json"
            for pool in settings.pools
        }


class _KeySet(AnyMethod):
    server: KeySets

    def answer(self) -> None:
        self.reply(200, [], self.server.files[self.path].read_bytes())


class ContainerServer(ServerProcess):
    """`python -m container` on free ports of 127.0.0.1, over the stage's database under `state`."""

    what = "the container"
    up_path = "/ready"
    program: tuple[str, ...] = ("-m", "container")

    def __init__(self, state: Path, keys_url: str, *options: str, **settings: str) -> None:
        deployed = {
            "LANDSCAPE_STAGE": "dev",
            "LANDSCAPE_REQUIRE_WAF": "false",
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": keys_url,
        }
        environment = local_environment(state, **deployed | settings)
        port, self.health_port = free_port(), free_port()
        ports = ("--port", str(port), "--health-port", str(self.health_port))
        command = [sys.executable, *self.program, *ports, *options]
        super().__init__(state, command, port, ROOT, environment)

    def is_up(self) -> bool:
        return self.health(self.up_path) == 200

    def health(self, path: str) -> int:
        return through_http("127.0.0.1", self.health_port)("GET", path, {}, b"").status

    def lines(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.log.splitlines()]

    def workers(self) -> set[int]:
        """The ids of its worker processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return set(map(int, children.read_text().split()))


def through_wsgi(server: Server) -> Sender:
    """Calls the container's WSGI application in this process, as gunicorn does."""

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        target, _, query = path.partition("?")
        named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        if "HTTP_CONTENT_TYPE" in named:
            named["CONTENT_TYPE"] = named.pop("HTTP_CONTENT_TYPE")
        environ = {
            **named,
            "REQUEST_METHOD": method,
            "RAW_URI": path,
            "PATH_INFO": unquote(target),
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_PORT": "8080",
            "wsgi.input": BytesIO(body),
        }
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        answer = b"".join(server(environ, lambda *said: begun.append(said)))
        ((line, said),) = begun
        return Answer(int(line.split()[0]), lower(dict(said)), answer)

    return send
