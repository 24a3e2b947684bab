"""What both contenders are asked, as API Gateway would hand it to the Lambda, and what counts as done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.firewall.names import HEADER

POOL = "arn:aws:cognito-idp:eu-west-2:000000000000:userpool/eu-west-2_TechAudit"
ISSUER = "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_TechAudit"
CLIENT = "tech-audit-tool-client"
FIREWALL_VALUE = "a-value-that-only-the-firewall-and-the-table-know"
CLAIMS = {
    "sub": "11111111-2222-3333-4444-555555555555",
    "iss": ISSUER,
    "aud": CLIENT,
    "token_use": "id",
    "email": "writer@example.org",
    "email_verified": "true",
    "cognito:username": "writer",
    "cognito:groups": "Admin",
    "auth_time": "1760000000",
    "exp": "Thu Jan 01 00:00:00 UTC 2099",
}
PAGE = {"limit": "50"}
BODY = {
    "name": "Census Response Dashboard",
    "short_name": "CRD",
    "programme": "Census",
    "description": "Shows how many have answered, where, and by which way. " * 4,
    "stage": "development",
    "development": {"type": "partnership", "company": "A company"},
    "hosting": {"types": ["cloud"], "details": ["AWS"]},
    "environments": ["dev", "preprod", "prod"],
    "documentation": ["https://example.org/documentation"],
    "repositories": [
        {"type": "github", "url": "https://example.org/crd", "description": "The code"}
    ],
    "technologies": [
        {"technology": "python", "category": "languages", "name": "Python"},
        {"technology": "kubernetes", "category": "infrastructure", "name": "Kubernetes"},
        {"technology": "concourse", "category": "cicd", "name": "Concourse"},
    ],
}
# What is another in each contender's answer to a write.
OWN = {"id", "name", "created_at", "updated_at"}


@dataclass(frozen=True)
class Work:
    """`targets` are the ratios to reach, by the figure's kind and the milliseconds that a call takes."""

    name: str
    method: str
    resource: str
    parameters: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None
    status: int = 200
    targets: Mapping[tuple[str, int], float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in (self.query or {}).items())
        return f"{self.method} {self.resource}{query and '?'}{query}"

    def event(self, contender: str) -> dict[str, Any]:
        """A POST is of another name for each contender: each writes a project of its own."""
        body = {"POST": {**BODY, "name": f"{BODY['name']} {contender}"}, "PUT": BODY}
        return event(self.method, self.resource, self.parameters, self.query, body.get(self.method))


def _at_most(ratio: float = 1.0, **at_once: float) -> dict[tuple[str, int], float]:
    """Targets where a call takes 4 ms, and those where it takes no time."""
    at_0 = {(kind, 0): target for kind, target in at_once.items()}
    return {("first", 4): ratio, ("later", 4): ratio, **at_0}


PROJECTS = "/api/v1/projects"
PROJECT = PROJECTS + "/{project_id}"
TECHNOLOGY = "/api/v1/technologies/{technology_id}"
ONE = {"project_id": "census-response-dashboard"}
ALL = (
    Work("health", "GET", "/health", targets=_at_most(first=0.2, memory=0.5)),
    Work("list", "GET", PROJECTS, query=PAGE, targets=_at_most(first=0.25, memory=0.5)),
    Work("users", "GET", PROJECTS, query={"technology": "python", **PAGE}, targets=_at_most()),
    Work("project", "GET", PROJECT, ONE, targets=_at_most()),
    Work("technology", "GET", TECHNOLOGY, {"technology_id": "python"}, targets=_at_most()),
    Work("radar", "GET", "/api/v1/radar", targets=_at_most()),
    Work("post", "POST", PROJECTS, status=201, targets=_at_most(1.2, first=0.5, memory=0.5)),
    Work("put", "PUT", PROJECT, ONE),
    Work("delete", "DELETE", PROJECT, {"project_id": "survey-data-exchange-1"}, status=204),
)


def event(
    method: str,
    resource: str,
    parameters: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The proxy event of a REST API, behind its firewall and its Cognito authorizer."""
    path = resource.format(**(parameters or {}))
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Host": "abcdefghij.execute-api.eu-west-2.amazonaws.com",
        "User-Agent": "bench",
        "X-Amzn-Trace-Id": "Root=1-00000000-000000000000000000000000",
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        HEADER: FIREWALL_VALUE,
    }
    if method != "GET":
        headers |= {"Authorization": "Bearer x.y.z", "If-Match": "*"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query and {**query},
        "multiValueQueryStringParameters": query and {n: [v] for n, v in query.items()},
        "pathParameters": parameters and {**parameters},
        "stageVariables": None,
        "requestContext": {
            "resourceId": "abc123",
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/dev{path}",
            "accountId": "000000000000",
            "apiId": "abcdefghij",
            "protocol": "HTTP/1.1",
            "stage": "dev",
            "domainName": headers["Host"],
            "requestId": "11111111-2222-3333-4444-555555555555",
            "requestTimeEpoch": 1_760_000_000_000,
            "identity": {"sourceIp": "198.51.100.7", "userAgent": "bench"},
            **({} if method == "GET" else {"authorizer": {"claims": CLAIMS}}),
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def require_done(work: Work, contender: str, answer: Mapping[str, Any]) -> None:
    """Raises ValueError where the answer is not the one that was meant to be measured."""
    said = answer["body"]
    if answer["statusCode"] != work.status:
        raise ValueError(f"{contender} answered {work.title} with {answer['statusCode']}: {said}")
    if work.query and len(json.loads(said)["items"]) != int(PAGE["limit"]):
        raise ValueError(f"{contender} listed {len(json.loads(said)['items'])} projects")


def require_alike(work: Work, answers: Mapping[str, Mapping[str, Any]]) -> None:
    """That both told the same, but for what is each one's own. Raises ValueError."""
    told = [_compared(work, answer["body"]) for answer in answers.values()]
    if any(each != told[0] for each in told):
        raise ValueError(f"not both answered {work.title} alike: {told}")


def _compared(work: Work, body: str) -> Any:
    if work.name == "health" or not body:
        return None
    said = json.loads(body)
    if work.query:
        return said["items"]
    return said if work.method == "GET" else {k: v for k, v in said.items() if k not in OWN}
