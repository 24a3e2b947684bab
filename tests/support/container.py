"""The API by the container's server: a real process of it, and its WSGI application alone."""

import json
import sys
import threading
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
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
)

HEALTH_PORT = 8081


class KeySets:
    """The pools' key sets, as Cognito publishes them: here the development keys, over HTTP on loopback.

    `asked` are the pools whose set was fetched; each fetch waits for `may_answer`.
    """

    def __init__(self, settings: Settings) -> None:
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_KeySet, self, settings))
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.may_answer.set()
        self._http.shutdown()
        self._http.server_close()


class _KeySet(BaseHTTPRequestHandler):
    def __init__(self, sets: KeySets, settings: Settings, *arguments: object) -> None:
        self._sets, self._settings = sets, settings
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        pools = {pool.id: pool.service for pool in self._settings.pools}
        service = pools[self.path.split("/")[1]]
        self._sets.asked.append(service)
        self._sets.may_answer.wait()
        body = (self._settings.keys_directory / f"{service}.jwks.json").read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class ContainerServer(ServerProcess):
    """`python -m container` on free ports of 127.0.0.1, over the stage's database under `state`."""

    what = "the container"

    def __init__(self, state: Path, keys_url: str, **settings: str) -> None:
        self.health_port = free_port()
        deployed = {
            "LANDSCAPE_STAGE": "dev",
            "LANDSCAPE_REQUIRE_WAF": "false",
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": keys_url,
        }
        environment = local_environment(state, **deployed | settings)
        port = free_port()
        command = [sys.executable, "-m", "container"]
        ports = ["--port", str(port), "--health-port", str(self.health_port)]
        super().__init__(state, [*command, *ports], port, ROOT, environment)

    def lines(self) -> list[dict[str, object]]:
        """What it has written to its log."""
        return [json.loads(line) for line in self.log.splitlines()]


def through_wsgi(server: Server) -> Sender:
    """As gunicorn calls the container's WSGI application, in this process."""

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
