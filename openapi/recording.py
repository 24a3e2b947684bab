"""What the API answers to the examples, with what differs from run to run made the same."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from chalice.test import Client
from make_token import development_token

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings, stage_environment
from openapi.operations import OPERATIONS
from openapi.requests import EMAIL, REQUESTS, Request

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
AT = "2026-01-05T09:00:00.000000Z"


def recorded(place: Path) -> dict[str, Any]:
    """The body of each operation's answer. `place` is a folder for an empty store and keys.

    Raises ValueError where an example is not answered as the contract says.
    """
    environment = {
        "LANDSCAPE_STORE_URL": f"sqlite:///{place / 'examples.db'}",
        "XDG_STATE_HOME": str(place),
    }
    settings = Settings.read(stage_environment("local", environment))
    http = Client(create_app(settings), stage_name="local").http
    return {one.operation: _answer(http, settings, one) for one in REQUESTS}


def _answer(http: Any, settings: Settings, request: Request) -> Any:
    (method, path), operation = row(request.operation)
    headers = {"Content-Type": "application/json"} if request.body is not None else {}
    if request.caller:
        service, *groups = request.caller
        token = development_token(settings, service, EMAIL, groups)
        headers["Authorization"] = f"Bearer {token}"
    target, more = split(path, request.values)
    body = b"" if request.body is None else json.dumps(request.body).encode()
    answer = http.request(method, target, headers={**headers, **more}, body=body)
    if answer.status_code != operation.status:
        raise ValueError(f"{request.operation} answered {answer.status_code}: {answer.body!r}")
    return json.loads(TIME.sub(AT, answer.body.decode()) or "null")


def row(operation_id: str) -> Any:
    """((method, path), Operation) of an operation."""
    return next(item for item in OPERATIONS.items() if item[1].id == operation_id)


def split(path: str, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The path and query, and the headers, that `values` make."""
    query, headers = {}, {}
    for name, value in values.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", value)
        elif name[0].isupper():
            headers[name] = value
        else:
            query[name] = value
    return (f"{path}?{urlencode(query)}" if query else path), headers
