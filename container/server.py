"""Chalice's app behind an HTTP server: a WSGI application (PEP 3333) that creates API Gateway's events.

The event is the one that API Gateway sends to the Lambda, so routes, checks and answers are the same.
Requests to the health port never reach the API.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from time import monotonic
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from chalice.app import Chalice

from chalicelib.deadline import until
from chalicelib.errors import UnavailableError
from chalicelib.routes.edge import LARGEST_BODY
from chalicelib.routes.problems import PROBLEM_URN
from chalicelib.routes.telemetry import error_facts, log
from chalicelib.stores.port import Store

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN_PATH = "/{proxy+}"  # the edge answers it with a 404
LEAST_COMPRESSED = 1024  # bytes, as minimum_compression_size in .chalice/config.json
COMPRESSION_LEVEL = 6
READY_SECONDS = 4.0
PROBLEM = "application/problem+json"
LIVE, READY = "/live", "/ready"
# The problems of unreadable requests, by status; any other status is `refused`.
REFUSALS = {400: "malformed", 500: "internal"}
Environ = Mapping[str, Any]


class StartResponse(Protocol):
    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> object: ...


class Server:
    """The WSGI application over `app`, whose register is in `store`. Threads may share it.

    `problem_types` is the beginning of every problem's type.
    """

    def __init__(
        self, app: Chalice, store: Store, health_port: int, problem_types: str = PROBLEM_URN
    ) -> None:
        self._app = app
        self._store = store
        self._health_port = str(health_port)
        self.problem_types = problem_types
        self._is_ready = False
        # Letters sort before {, so that a literal segment wins over a parameter.
        self._resources = [(_pattern(each), each) for each in sorted(app.routes)]

    def __call__(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        if environ["SERVER_PORT"] == self._health_port:
            return self._health(environ["PATH_INFO"], start_response)
        body = _body(environ)
        if body is None:
            line, problem = refusal(400, self.problem_types)
            start_response(line, [("Content-Type", PROBLEM), ("Content-Length", str(len(problem)))])
            return [problem]
        answer = self._app(self._event(environ, body), None)
        return _respond(answer, environ, start_response)

    def _event(self, environ: Environ, body: bytes) -> dict[str, Any]:
        path = environ["RAW_URI"].partition("?")[0]
        if not path.startswith("/"):
            path = urlsplit(path).path or "/"  # the absolute form of a proxy's request
        method = environ["REQUEST_METHOD"]
        resource, parameters = self._resource(path.rstrip("/") or "/")
        context = {
            "httpMethod": method if method in METHODS else "UNKNOWN",  # it is a metric's dimension
            "resourcePath": resource,
            "path": path,
            **_request_ids(environ.get("HTTP_X_AMZN_TRACE_ID", "")),
        }
        return {
            "requestContext": context,
            "headers": dict(_headers(environ)),
            "pathParameters": parameters or None,
            "multiValueQueryStringParameters": parse_qs(environ["QUERY_STRING"], True) or None,
            "stageVariables": None,
            "body": body or None,
        }

    def _resource(self, path: str) -> tuple[str, dict[str, str]]:
        """The route's path with its parameters in braces, and the parameters' values."""
        for pattern, resource in self._resources:
            if found := pattern.fullmatch(path):
                return resource, {name: unquote(value) for name, value in found.groupdict().items()}
        return UNKNOWN_PATH, {}

    def _health(self, path: str, start_response: StartResponse) -> list[bytes]:
        """Answers the load balancer and ECS: `/live` while the process serves, and `/ready`.

        A task is ready when the store has answered once. After that a slow or unavailable store makes
        no task unhealthy, because another task could not serve either.
        """
        status = 200 if path == LIVE else 404
        if path == READY:
            status = 200 if self._ready() else 503
        start_response(_line(status), [("Content-Length", "0"), ("Cache-Control", "no-store")])
        return []

    def _ready(self) -> bool:
        if not self._is_ready:
            try:
                with until(monotonic() + READY_SECONDS):
                    self._store.ping()
                self._is_ready = True
            except UnavailableError as error:
                log({"not_ready": str(error), **error_facts(error)})
        return self._is_ready


def _pattern(resource: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", resource)  # texts and names in turn
    named = (f"(?P<{part}>[^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.compile("".join(named))


def _headers(environ: Environ) -> Iterator[tuple[str, str]]:
    """gunicorn joins a repeated header by a comma, and drops a name with an underscore."""
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
        elif name == "CONTENT_TYPE":
            yield "content-type", value


def _request_ids(trace: str) -> dict[str, str]:
    """From X-Amzn-Trace-Id: a caller can choose its Root; Self is the load balancer's own."""
    fields = dict(re.findall(r"(\w+)=([\w-]+)", trace, re.ASCII))
    names = {"requestId": "Root", "extendedRequestId": "Self"}
    return {name: fields[field] for name, field in names.items() if field in fields}


def _body(environ: Environ) -> bytes | None:
    """At most one byte more than a body may have; None if the client did not send all of it."""
    declared = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(LARGEST_BODY + 1)
    return None if len(body) < min(declared, LARGEST_BODY + 1) else body


def _respond(
    answer: Mapping[str, Any], environ: Environ, start_response: StartResponse
) -> list[bytes]:
    status, body, headers = answer["statusCode"], answer["body"].encode(), dict(answer["headers"])
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    if len(body) >= LEAST_COMPRESSED and _takes_gzip(accepted):
        body = gzip.compress(body, COMPRESSION_LEVEL, mtime=0)
        headers |= {"Content-Encoding": "gzip", "Vary": f"{headers['Vary']}, Accept-Encoding"}
    if environ["REQUEST_METHOD"] != "HEAD" and status not in (204, 304):
        headers["Content-Length"] = str(len(body))
    start_response(_line(status), list(headers.items()))
    return [body]


def _takes_gzip(accepted: str) -> bool:
    """RFC 9110, 12.5.3: unless its weight is zero."""
    return bool(re.search(r"(?i)(^|[\s,])gzip\s*(,|$|;\s*q=(1|0\.0*[1-9]))", accepted))


def _line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def refusal(status: int, types: str) -> tuple[str, bytes]:
    """The status line and the problem for a request that does not reach the API."""
    title = HTTPStatus(status).phrase
    detail = "The server cannot read the request: send it as RFC 9112 defines it"
    problem = {
        "type": types + REFUSALS.get(status, "refused"),
        "title": title,
        "status": status,
        "detail": "The error is in the log: report it to an operator" if status == 500 else detail,
    }
    return _line(status), json.dumps(problem).encode()
