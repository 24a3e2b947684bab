"""The examples: one life of a technology and a project, then what other resources add. The generator
sends them to the API itself, and what the contract shows as answers is what came back."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from chalice.test import Client

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings
from ops.stage import stage_environment
from tools.openapi import resources
from tools.openapi.common import ADMIN, AUDITOR, MATCH, REVIEWER, Request
from tools.openapi.routes import Operation
from tools.token import development_token

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
AT = "2026-01-05T09:00:00.000000Z"
PROJECT = "survey-data-exchange"
TECHNOLOGY = "python"
EMAIL = "me@example.org"
OF_PROJECT = {"project_id": PROJECT}
OF_TECHNOLOGY = {"technology_id": TECHNOLOGY}
NEW_PROJECT = {
    "name": "Survey Data Exchange",
    "short_name": "SDX",
    "programme": "Data Collection",
    "description": "Takes what respondents send, and passes it on.",
    "stage": "development",
    "development": {"type": "in-house"},
    "hosting": {"types": ["cloud"], "details": ["GCP"]},
    "environments": ["dev", "preprod", "prod"],
    "documentation": ["https://wiki.example.org/sdx"],
    "repositories": [{"type": "github", "url": "https://github.com/example/sdx"}],
    "technologies": [
        {"technology": "Python", "category": "languages", "main": True},
        {"technology": "Python3", "category": "languages"},
    ],
    "dependencies": [{"name": "Address Register", "description": "For postcodes"}],
}
CONTACTS = [
    {"email": EMAIL, "roles": ["Editor"], "grade": "SEO"},
    {"email": "owner@example.org", "roles": ["owner"]},
]

REQUESTS = (
    Request("getIndex"),
    Request("getHealth"),
    Request(
        "createTechnology",
        REVIEWER,
        {"name": "Python", "quadrant": "languages", "ring": "trial", "tags": ["data"]},
        {"Idempotency-Key": "5c0a2c9e-3f0b-4a6c-8a55-1c9a1f1a7d10"},
    ),
    Request(
        "moveTechnology",
        REVIEWER,
        {"ring": "adopt", "note": "Most of our services are written in it"},
        OF_TECHNOLOGY,
    ),
    Request(
        "replaceTechnology",
        REVIEWER,
        {"name": "Python", "quadrant": "languages", "aliases": ["Python 3"], "tags": ["data"]},
        OF_TECHNOLOGY | MATCH,
    ),
    Request(
        "patchTechnology",
        REVIEWER,
        {"link": "https://www.python.org/"},
        OF_TECHNOLOGY | MATCH,
    ),
    Request("createProject", AUDITOR, NEW_PROJECT | {"contacts": CONTACTS[1:]}),
    Request("getTechnology", None, None, OF_TECHNOLOGY),
    Request("listMoves", None, None, OF_TECHNOLOGY),
    Request("listAuthors", AUDITOR, None, OF_TECHNOLOGY),
    Request("listTechnologies", None, None, {"quadrant": "languages", "ring": "adopt"}),
    Request("listUsers", None, None, OF_TECHNOLOGY),
    Request("getRadar"),
    Request(
        "replaceProject",
        AUDITOR,
        {**NEW_PROJECT, "description": "Takes what respondents send, safely, and passes it on."},
        OF_PROJECT | MATCH,
    ),
    Request("patchProject", AUDITOR, {"stage": "active-support"}, OF_PROJECT | MATCH),
    Request("getProject", None, None, OF_PROJECT),
    Request("listProjects", None, None, {"q": "survey", "technology": "python", "limit": "10"}),
    Request("getMe", AUDITOR),
    Request("listMyProjects", AUDITOR),
    Request("replaceContacts", AUDITOR, {"contacts": CONTACTS}, OF_PROJECT | MATCH),
    Request("getContacts", AUDITOR, None, OF_PROJECT),
    Request("mergeTechnology", REVIEWER, {"into": TECHNOLOGY}, {"technology_id": "python3"}),
    Request("deleteProject", ADMIN, None, OF_PROJECT | MATCH),
    Request("deleteTechnology", REVIEWER, None, OF_TECHNOLOGY | MATCH),
    *resources.REQUESTS,
)


def recorded(place: Path, every: Iterable[Operation]) -> dict[str, Any]:
    """The body of each operation's answer. `place` is a folder for an empty store and keys.

    Raises ValueError where an example is not answered as the contract says.
    """
    environment = {
        "LANDSCAPE_STORE_URL": f"sqlite:///{place / 'examples.db'}",
        "XDG_STATE_HOME": str(place),
    }
    settings = Settings.read(stage_environment("local", environment))
    http = Client(create_app(settings), stage_name="local").http
    known = {operation.id: operation for operation in every}
    return {one.operation: _answer(http, settings, one, known[one.operation]) for one in REQUESTS}


def _answer(http: Any, settings: Settings, request: Request, operation: Operation) -> Any:
    headers = {"Content-Type": "application/json"} if request.body is not None else {}
    if request.caller:
        service, *groups = request.caller
        token = development_token(settings, service, EMAIL, groups)
        headers["Authorization"] = f"Bearer {token}"
    target, more = split(operation.route.path, request.values)
    body = b"" if request.body is None else json.dumps(request.body).encode()
    answer = http.request(operation.route.method, target, headers={**headers, **more}, body=body)
    if answer.status_code != operation.route.status:
        raise ValueError(f"{request.operation} answered {answer.status_code}: {answer.body!r}")
    return json.loads(TIME.sub(AT, answer.body.decode()) or "null")


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
