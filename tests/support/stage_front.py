"""The API behind a stage, for a browser: requests to `/dev/…` become API Gateway's events.

`chalice local` has no stage. The emulated AWS has one, but not at the root of a host.
"""

from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings
from tests.support.api import event_at, local_environment
from tests.support.loopback import AnyMethod

STAGE = "/dev"


class StageFront:
    """Listens on 127.0.0.1, with its own store under `state`. Development tokens are valid."""

    def __init__(self, state: Path) -> None:
        self.settings = Settings.read(local_environment(state))
        self._app = create_app(self.settings)
        self._one_at_a_time = Lock()  # a Lambda handles one request at a time
        self._http = _Server(self)
        self.port: int = self._http.server_port

    def __enter__(self) -> "StageFront":
        Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> Any:
        """The Lambda's answer to the gateway; the gateway's own 404 for an unknown path."""
        path = target.removeprefix(STAGE)
        found = path != target and event_at(self._app, method, path, headers, body, STAGE)
        if not found or method not in self._app.routes[found["requestContext"]["resourcePath"]]:
            return {"statusCode": 404, "headers": {}, "body": ""}
        with self._one_at_a_time:
            return self._app(found, None)


class _Server(ThreadingHTTPServer):
    def __init__(self, front: StageFront) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.front = front


class _Handler(AnyMethod):
    server: _Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        said = self.server.front.answer(self.command, self.path, dict(self.headers), body)
        self.reply(said["statusCode"], said["headers"].items(), said["body"].encode())
