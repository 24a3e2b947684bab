"""The examples: a technology and a project from creation to deletion, then those of other resources.

The generator sends them to the API, and the contract shows the answers. The page offers them for
trying, so they read and merge shipped records, and change and delete records that they create.
"""

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
EMAIL = "me@example.org"
SHIPPED_PROJECT = {"project_id": "survey-data-exchange"}
SHIPPED_TECHNOLOGY = {"technology_id": "python"}
OF_PROJECT = {"project_id": "household-panel"}
OF_TECHNOLOGY = {"technology_id": "zig"}
NEW_PROJECT = {
    "name": "Household Panel",
    "short_name": "HHP",
    "programme": "Data Collection",
    "description": "Asks the same households every quarter.",
    "stage": "development",
    "development": {"type": "in-house"},
    "hosting": {"types": ["cloud"], "details": ["GCP"]},
    "environments": ["dev", "preprod", "prod"],
    "documentation": ["https://wiki.example.org/household-panel"],
    "repositories": [{"type": "github", "url": "https://github.com/example/household-panel"}],
    "technologies": [
        {"technology": "Python", "category": "languages", "main": True},
        {"technology": "GCP Datastore", "category": "databases"},
    ],
    "dependencies": [{"name": "Address Register", "description": "For postcodes"}],
}
CONTACTS = [
    {"email": EMAIL, "roles": ["Editor"], "grade": "SEO"},
    {"email": "owner@example.org", "roles": ["owner"]},
]

# The part of the shipped data that the examples need. It is sent first, and not shown.
BEFORE = (
    Request(
        "createTechnology",
        REVIEWER,
        {"name": "Python", "quadrant": "languages", "ring": "trial", "tags": ["data"]},
    ),
    Request(
        "createTechnologyMove",
        REVIEWER,
        {"ring": "adopt", "note": "Most of our services are written in it"},
        SHIPPED_TECHNOLOGY,
    ),
    Request(
        "createTechnology", REVIEWER, {"name": "GCP Cloud Datastore", "quadrant": "infrastructure"}
    ),
    Request(
        "createProject",
        AUDITOR,
        {
            "name": "Survey Data Exchange",
            "short_name": "SDX",
            "programme": "Data Collection",
            "technologies": NEW_PROJECT["technologies"],
            "contacts": CONTACTS[1:],
        },
    ),
)
REQUESTS = (
    Request("getIndex"),
    Request("getHealth"),
    Request(
        "createTechnology",
        REVIEWER,
        {"name": "Zig", "quadrant": "languages", "ring": "assess", "tags": ["systems"]},
        {"Idempotency-Key": "5c0a2c9e-3f0b-4a6c-8a55-1c9a1f1a7d10"},
    ),
    Request(
        "createTechnologyMove",
        REVIEWER,
        {"ring": "trial", "note": "A team tries it"},
        OF_TECHNOLOGY,
    ),
    Request(
        "replaceTechnology",
        REVIEWER,
        {"name": "Zig", "quadrant": "languages", "aliases": ["Ziglang"], "tags": ["systems"]},
        OF_TECHNOLOGY | MATCH,
    ),
    Request("updateTechnology", REVIEWER, {"link": "https://ziglang.org/"}, OF_TECHNOLOGY | MATCH),
    Request("createProject", AUDITOR, NEW_PROJECT | {"contacts": CONTACTS[1:]}),
    Request("getTechnology", None, None, SHIPPED_TECHNOLOGY),
    Request("listTechnologyMoves", None, None, SHIPPED_TECHNOLOGY),
    Request("listTechnologyAuthors", AUDITOR, None, SHIPPED_TECHNOLOGY),
    Request("listTechnologies", None, None, {"quadrant": "languages", "ring": "adopt"}),
    Request("listTechnologyProjects", None, None, SHIPPED_TECHNOLOGY),
    Request("getRadar"),
    Request(
        "replaceProject",
        AUDITOR,
        {**NEW_PROJECT, "description": "Asks the same households every month."},
        OF_PROJECT | MATCH,
    ),
    Request("updateProject", AUDITOR, {"stage": "active-support"}, OF_PROJECT | MATCH),
    Request("getProject", None, None, SHIPPED_PROJECT),
    Request("listProjects", None, None, {"q": "survey", "technology": "python", "limit": "10"}),
    Request("getMe", AUDITOR),
    Request("listMyProjects", AUDITOR),
    Request("replaceProjectContacts", AUDITOR, {"contacts": CONTACTS}, OF_PROJECT | MATCH),
    Request("getProjectContacts", AUDITOR, None, SHIPPED_PROJECT),
    Request(
        "mergeTechnology",
        REVIEWER,
        {"into": "gcp-cloud-datastore"},
        {"technology_id": "gcp-datastore"},
    ),
    Request("deleteProject", ADMIN, None, OF_PROJECT | MATCH),
    Request("deleteTechnology", REVIEWER, None, OF_TECHNOLOGY | MATCH),
    *resources.REQUESTS,
)


def recorded(place: Path, every: Iterable[Operation]) -> dict[str, Any]:
    """The body of each operation's answer. `place` is an empty folder for a database and keys.

    Raises ValueError for an answer with another status than the contract's.
    """
    environment = {
        "LANDSCAPE_STORE_URL": f"sqlite:///{place / 'examples.db'}",
        "XDG_STATE_HOME": str(place),
    }
    settings = Settings.read(stage_environment("local", environment))
    http = Client(create_app(settings), stage_name="local").http
    known = {operation.id: operation for operation in every}
    for one in BEFORE:
        _answer(http, settings, one, known[one.operation])
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
        raise ValueError(
            f"{request.operation} answered {answer.status_code}: {answer.body!r}. Correct its example"
        )
    return json.loads(TIME.sub(AT, answer.body.decode()) or "null")


def split(path: str, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The path with its query, and the headers, from `values`."""
    query, headers = {}, {}
    for name, value in values.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", value)
        elif name[0].isupper():
            headers[name] = value
        else:
            query[name] = value
    return (f"{path}?{urlencode(query)}" if query else path), headers
