"""What every contender is asked, as API Gateway would hand it to the Lambda, and what counts as done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.builds import CLIENT, ISSUER
from chalicelib.firewall.names import HEADER

FIREWALL_VALUE = "a-value-that-only-the-firewall-and-the-table-know"
LIMIT = 50
PROJECTS = "/api/v1/projects"
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
TECHNOLOGIES = {"python": "languages", "kubernetes": "infrastructure", "concourse": "cicd"}
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
    "technologies": [{"technology": each, "category": kind} for each, kind in TECHNOLOGIES.items()],
}


@dataclass(frozen=True)
class Work:
    """`target` is the ratio to reach, cold; `at_the_peer` the path there, where it is another."""

    name: str
    title: str
    method: str
    path: str
    status: int = 200
    target: float | None = None
    warm_target: float | None = None
    memory_target: float | None = None
    query: Mapping[str, str] | None = None
    at_the_peer: str = ""

    def event(self, contender: str) -> dict[str, Any]:
        path = self.path if contender == "ours" else self.at_the_peer or self.path
        # Each writes a project of its own name: the table knows both.
        body = {**BODY, "name": f"{BODY['name']} {contender}"} if self.method == "POST" else None
        return event(self.method, path, self.query, body)


HEALTH = Work(
    "health", "GET /health", "GET", "/health", target=0.20, warm_target=0.25, memory_target=0.5
)
LIST = Work(
    "list",
    f"GET {PROJECTS}?limit={LIMIT}",
    "GET",
    PROJECTS,
    target=0.25,
    warm_target=0.25,
    memory_target=0.5,
    query={"limit": str(LIMIT)},
)
POST = Work(
    "post",
    f"POST {PROJECTS}",
    "POST",
    PROJECTS,
    status=201,
    target=0.50,
    warm_target=0.25,
    memory_target=0.5,
)
AT_ONCE = Work(
    "at-once",
    "the list, the peer by one Query",
    "GET",
    PROJECTS,
    query={"limit": str(LIMIT)},
    at_the_peer=f"{PROJECTS}-at-once",
)
ALL = (HEALTH, LIST, POST, AT_ONCE)


def event(
    method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The proxy event of a REST API, behind its firewall and its Cognito authorizer."""
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
    if body is not None:
        headers |= {"Content-Type": "application/json", "Authorization": "Bearer x.y.z"}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query and {**query},
        "multiValueQueryStringParameters": query and {n: [v] for n, v in query.items()},
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "abc123",
            "resourcePath": path,
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
            **({"authorizer": {"claims": CLAIMS}} if body is not None else {}),
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def require_done(work: Work, contender: str, answer: Mapping[str, Any]) -> None:
    """Raises ValueError where the answer is not the one that was meant to be measured."""
    if contender == "bare":
        return
    body = json.loads(answer["body"])
    if answer["statusCode"] != work.status:
        raise ValueError(f"{contender} answered {work.title} with {answer['statusCode']}: {body}")
    if work.query and len(body["items"]) != LIMIT:
        raise ValueError(f"{contender} listed {len(body['items'])} projects, not {LIMIT}")


def require_alike(work: Work, answers: Mapping[str, Mapping[str, Any]]) -> None:
    """That contenders of one work told the same, but for what is each one's own. Raises ValueError."""
    if work.method == "GET" and work.query is None:
        return
    told = {}
    for name, answer in answers.items():
        if name != "bare":
            body = json.loads(answer["body"])
            items = body["items"] if work.query else [{**body, "name": "", "id": ""}]
            told[name] = [
                {k: v for k, v in item.items() if k not in ("created_at", "updated_at")}
                for item in items
            ]
    if any(body != told["ours"] for body in told.values()):
        raise ValueError(f"not everybody answered {work.title} alike")
