"""The API behind a stage: what API Gateway makes of a request to `/dev/…`, over HTTP, for a browser.

`chalice local` has no stage; the emulated AWS has one, but not at the root of a host.
"""

import re
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings
from tests.loopback import AnyMethod
from tests.support import local_environment

STAGE = "/dev"


class StageFront:
    """On 127.0.0.1, with a store of its own under `state`; development tokens count."""

    def __init__(self, state: Path) -> None:
        self.settings = Settings.read(local_environment(state))
        self._app = create_app(self.settings)
        self._one_at_a_time = Lock()  # as in one Lambda
        self._http = _Server(self)
        self.port: int = self._http.server_port

    def __enter__(self) -> "StageFront":
        Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> Any:
        """As the Lambda gives it to the gateway; a 404 of the gateway's for an unknown path."""
        parts = urlsplit(target)
        path = parts.path.removeprefix(STAGE)
        for resource in self._app.routes:
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", resource)
            found = re.fullmatch(pattern, path) if parts.path != path else None
            if found and method in self._app.routes[resource]:
                context = {"httpMethod": method, "resourcePath": resource, "path": parts.path}
                event = {
                    "requestContext": context,
                    "headers": headers,
                    "pathParameters": found.groupdict() or None,
                    "multiValueQueryStringParameters": parse_qs(parts.query) or None,
                    "stageVariables": None,
                    "body": body or None,
                }
                with self._one_at_a_time:
                    return self._app(event, None)
        return {"statusCode": 404, "headers": {}, "body": ""}


class _Server(ThreadingHTTPServer):
    def __init__(self, front: StageFront) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.front = front


class _Handler(AnyMethod):
    server: _Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        said = self.server.front.answer(self.command, self.path, headers, body)
        self.reply(said["statusCode"], said["headers"].items(), said["body"].encode())
