"""The requests to both contenders, as events of API Gateway, and the checks of the answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.firewall.names import HEADER

FIREWALL_VALUE = "a-value-that-only-the-firewall-and-the-table-know"
# A Lambda's environment and events, the caller's claims, our settings, and the body of writes.
GIVEN: Mapping[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("lambda.json").read_text()
)
# The members that differ between the contenders' answers to a write.
OWN = ("id", "name", "created_at", "updated_at")


@dataclass(frozen=True)
class Work:
    """A request. `targets` are the ratios to reach, by group of figures."""

    method: str
    resource: str
    parameters: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None
    status: int = 200
    targets: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in (self.query or {}).items())
        return f"{self.method} {self.resource}{query and '?'}{query}"

    def event(self, contender: str = "") -> dict[str, Any]:
        """The event. A POST contains the contender's name, so that each writes a project of its own."""
        path = self.resource.format(**(self.parameters or {}))
        place = {"httpMethod": self.method, "resourcePath": self.resource, "path": f"/dev{path}"}
        headers = {**GIVEN["event"]["headers"], HEADER: FIREWALL_VALUE}
        context = {**GIVEN["event"]["requestContext"], **place}
        body = None
        if self.method != "GET":
            headers |= {"Authorization": "Bearer x.y.z", "If-Match": "*"}
            context["authorizer"] = {"claims": GIVEN["claims"]}
        if self.method in ("POST", "PUT"):
            headers["Content-Type"] = "application/json"
            name = f"{GIVEN['body']['name']} {contender if self.method == 'POST' else ''}"
            body = json.dumps({**GIVEN["body"], "name": name.strip()})
        several = {name: [value] for name, value in (self.query or {}).items()} or None
        return {
            **GIVEN["event"],
            "resource": self.resource,
            "path": path,
            "httpMethod": self.method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": self.query,
            "multiValueQueryStringParameters": several,
            "pathParameters": self.parameters,
            "requestContext": context,
            "body": body,
        }

    def told(self, answer: Mapping[str, Any]) -> Any:
        """The content that both must return. Raises ValueError for an unexpected answer."""
        status, said = answer["statusCode"], json.loads(answer["body"] or "{}")
        if status != self.status or (self.query and len(said["items"]) != int(PAGE["limit"])):
            raise ValueError(
                f"{self.title} returned {status}, not {self.status}, or another length: {said}"
            )
        if self.resource == "/health" or self.query:
            return said.get("items")
        return said if self.method == "GET" else {k: v for k, v in said.items() if k not in OWN}


def _at_most(ratio: float = 1.0, first: float = 0, **more: float) -> dict[str, float]:
    """Targets at 4 ms a call, for a first answer at 0 ms a call, and `more`."""
    at_0 = {"first, 0 ms a call": first} if first else {}
    return {"first, 4 ms a call": ratio, "later, 4 ms a call": ratio, **at_0, **more}


PROJECTS = "/api/v1/projects"
PROJECT = f"{PROJECTS}/{{project_id}}"
TECHNOLOGY = "/api/v1/technologies/{technology_id}"
PAGE = {"limit": "50"}
ONE = {"project_id": "census-response-dashboard"}
ALL = (
    Work("GET", "/health", targets=_at_most(first=0.2, memory=0.5)),
    Work("GET", PROJECTS, query=PAGE, targets=_at_most(first=0.25, memory=0.5)),
    Work("GET", PROJECTS, query={"technology": "python", **PAGE}, targets=_at_most()),
    Work("GET", PROJECT, ONE, targets=_at_most()),
    Work("GET", TECHNOLOGY, {"technology_id": "python"}, targets=_at_most()),
    Work("GET", "/api/v1/radar", targets=_at_most()),
    Work("POST", PROJECTS, status=201, targets=_at_most(1.2, first=0.5, memory=0.5)),
    Work("PUT", PROJECT, ONE),
    Work("DELETE", PROJECT, {"project_id": "survey-data-exchange-1"}, status=204),
)
