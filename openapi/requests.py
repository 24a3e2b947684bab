"""The examples: one life of a technology and a project. The generator sends them to the API itself, and
what the contract shows as answers is what came back."""

from dataclasses import dataclass, field
from typing import Any

PROJECT = "survey-data-exchange"
TECHNOLOGY = "python"


@dataclass(frozen=True)
class Request:
    """`caller` is a service and the groups of its user, None for everybody; `values` are parameters by name."""

    operation: str
    caller: tuple[str, ...] | None = None
    body: dict[str, Any] | None = None
    values: dict[str, str] = field(default_factory=dict)


AUDITOR = ("tech-audit-tool",)
ADMIN = ("tech-audit-tool", "Admin")
REVIEWER = ("digital-landscape", "admin", "reviewer")
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
    "technologies": [{"technology": "Python", "category": "languages", "main": True}],
}
CONTACTS = [
    {"email": EMAIL, "roles": ["editor"], "grade": "SEO"},
    {"email": "owner@example.org", "roles": ["owner"]},
]
MATCH = {"If-Match": "*"}

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
    Request("createProject", AUDITOR, NEW_PROJECT),
    Request("getTechnology", None, None, OF_TECHNOLOGY),
    Request("listMoves", None, None, OF_TECHNOLOGY),
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
    Request("deleteProject", ADMIN, None, OF_PROJECT | MATCH),
    Request("deleteTechnology", REVIEWER, None, OF_TECHNOLOGY | MATCH),
)
