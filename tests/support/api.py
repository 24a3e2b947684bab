"""Settings, tokens, and four ways to send a request to the API, for many tests."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

from chalice.app import Chalice
from chalice.test import Client

from chalicelib.settings import Settings
from ops.stage import stage_environment
from tests.support.contract_check import hold
from tools.token import development_token

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".chalice/config.json"
ORIGIN = "http://localhost:3000"
P = "/api/v1/projects"
T = "/api/v1/technologies"
START_SECONDS = 60.0
R = TypeVar("R")


def local_environment(state: Path, **more: str) -> dict[str, str]:
    """The environment of the local stage, with its files under `state`."""
    return stage_environment("local", {"XDG_STATE_HOME": str(state), **more}, CONFIG)


def in_lambda(settings: Settings) -> Settings:
    """The settings of the dev stage inside Lambda."""
    inside = {"LANDSCAPE_STAGE": "dev", "AWS_LAMBDA_FUNCTION_NAME": "landscape-api-dev"}
    return Settings.read(local_environment(settings.state_directory.parent, **inside))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def etag(self) -> str:
        return self.headers["etag"]

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def flaws(self) -> list[str]:
        """The JSON pointers in a 422."""
        assert self.status == 422, self.body
        return [flaw["pointer"] for flaw in self.json["errors"]]


class Sender(Protocol):
    def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer: ...


def once_for_each_key(make: Callable[..., R]) -> Callable[..., R]:
    """Caches `make` by its arguments, because reading a key takes longer than most requests."""
    made: dict[object, R] = {}

    def kept(settings: Settings, service: str, *more: object) -> R:
        path = settings.keys_directory / f"{service}.pem"
        if not path.exists():
            return make(settings, service, *more)
        wanted = (path.read_bytes(), settings.pools, service, *more)
        if wanted not in made:
            made[wanted] = make(settings, service, *more)
        return made[wanted]

    return kept


@once_for_each_key
def token(settings: Settings, service: str, email: str, groups: tuple[str, ...]) -> str:
    return development_token(settings, service, email, list(groups))


@dataclass(frozen=True)
class Api:
    """Sends requests as a caller, through `send`."""

    send: Sender
    settings: Settings
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> Answer:
        """`body` is sent as JSON, bytes unchanged. `if_match=…` is the header If-Match.

        Fails for an answer that the contract does not describe.
        """
        sent = dict(self.headers)
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-").title(): value for name, value in more.items()}
        sent |= headers or {}
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        answer = self.send(method, path, sent, raw)
        hold(method, path, answer.status, answer.headers, answer.body)
        return answer

    def get(self, path: str, **more: str) -> Answer:
        return self("GET", path, None, None, **more)

    def project(self, name: str, *technologies: str, **fields: Any) -> Answer:
        """Creates a project as an auditor."""
        used = {"technologies": uses(*technologies)} if technologies else {}
        return self.auditor()("POST", P, {"name": name, **used, **fields})

    def technology(self, name: str, **fields: Any) -> Answer:
        """Creates a technology as a reviewer."""
        return self.reviewer()("POST", T, {"name": name, "quadrant": "languages", **fields})

    def as_user(self, service: str, email: str, *groups: str) -> "Api":
        return self.with_token(token(self.settings, service, email, groups))

    def with_token(self, token: str) -> "Api":
        return Api(self.send, self.settings, {**self.headers, "Authorization": f"Bearer {token}"})

    def auditor(self, email: str = "auditor@example.org", *groups: str) -> "Api":
        return self.as_user("tech-audit-tool", email, *groups)

    def audit_admin(self) -> "Api":
        return self.auditor("audit-admin@example.org", "Admin")

    def reviewer(self, email: str = "reviewer@example.org", *groups: str) -> "Api":
        return self.as_user("digital-landscape", email, *(groups or ("reviewer",)))

    def radar_admin(self) -> "Api":
        return self.reviewer("radar-admin@example.org", "admin")


def public(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as a caller without a credential reads it: moves have no authors."""
    moves = [{n: v for n, v in move.items() if n != "author"} for move in record.get("moves", ())]
    return {**record, **({"moves": moves} if moves else {})}


def uses(*technologies: str) -> list[dict[str, str]]:
    return [{"technology": each, "category": "languages"} for each in technologies]


def event(
    method: str, resource: str, path: str = "", query: Any = None, **more: Any
) -> dict[str, Any]:
    """An event as API Gateway sends it to Lambda. `path` may begin with a stage or a base path."""
    return {
        "requestContext": {"httpMethod": method, "resourcePath": resource, "path": path},
        "headers": {},
        "pathParameters": None,
        "multiValueQueryStringParameters": query,
        "stageVariables": None,
        "body": None,
        **more,
    }


def event_at(
    app: Chalice, method: str, target: str, headers: Mapping[str, str], body: str, base: str = ""
) -> dict[str, Any] | None:
    """The event of a request for `target` behind `base`; None for an unknown path."""
    parts = urlsplit(target)
    for resource in app.routes:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", resource)
        if found := re.fullmatch(pattern, parts.path):
            return event(
                method,
                resource,
                base + parts.path,
                parse_qs(parts.query, keep_blank_values=True) or None,
                headers={name.lower(): value for name, value in headers.items()},
                pathParameters=found.groupdict() or None,
                body=body or None,
            )
    return None


def through_app(
    app: Chalice, base: str = "", authorizer: Any = None, identity: Any = None
) -> Sender:
    """Calls the app as Lambda does, behind `base`, with the gateway's authorizer and identity."""

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        found = event_at(app, method, path, headers, body.decode(), base)
        assert found, f"there is no {path}"
        if authorizer is not None:
            found["requestContext"]["authorizer"] = authorizer
        if identity is not None:
            found["requestContext"]["identity"] = identity
        said = app(found, None)
        return Answer(said["statusCode"], lower(said["headers"]), said["body"].encode())

    return send


def through_test_client(app: Chalice) -> Sender:
    http = Client(app, stage_name="local", project_dir=str(ROOT)).http

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        response = http.request(method, path, headers=dict(headers), body=body)
        return Answer(response.status_code, lower(response.headers), response.body)

    return send


def through_http(host: str, port: int) -> Sender:
    """A new connection for each request. Adds no header that a test did not name."""

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        connection = HTTPConnection(host, port, timeout=60)
        try:
            connection.putrequest(method, path, "Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value.encode())
            if body or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return Answer(response.status, lower(dict(response.headers)), response.read())
        finally:
            connection.close()

    return send


def lower(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class ServerProcess:
    """A server in a process group of its own, which ends with the `with` block."""

    running: ClassVar[list["ServerProcess"]] = []
    what: ClassVar[str]

    def __init__(
        self, state: Path, command: list[str], port: int, folder: Path, environment: dict[str, str]
    ) -> None:
        self.log_path = state / "server.log"
        self.port = port
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        self.running.append(self)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.is_up():
                    return self
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise AssertionError(f"{self.what} did not start:\n{self.log}")

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.running.remove(self)

    def is_up(self) -> bool:
        return self.send("GET", "/health", {}, b"").status == 200

    @property
    def send(self) -> Sender:
        return through_http("127.0.0.1", self.port)

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def stop(self) -> None:
        """Ends the server and the processes that it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(timeout=30)


class LocalServer(ServerProcess):
    """A real `chalice local` on a free port of 127.0.0.1."""

    what = "chalice local"

    def __init__(self, state: Path, project: Path = ROOT, *options: str, **settings: str) -> None:
        port = free_port()
        chalice = str(Path(sys.executable).parent / "chalice")
        command = [chalice, "local", "--stage", "local", "--port", str(port), *options]
        super().__init__(state, command, port, project, {"XDG_STATE_HOME": str(state), **settings})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def next_link(answer: Answer) -> str | None:
    """The path and query of the Link to the next page."""
    link = answer.headers.get("link")
    if link is None:
        return None
    target = urlsplit(link[link.index("<") + 1 : link.index(">")])
    return f"{target.path}?{target.query}"
