"""Projects over HTTP by FastAPI behind Mangum, as their documentation teaches, on the same table.

What it is given that a team's own service may not have is in docs/performance.md.
"""

import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import uuid4

import boto3
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from mangum import Mangum
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

TABLE = os.environ["TABLE"]
CLIENT_IDS = os.environ["CLIENT_IDS"].split(",")
ISSUER = os.environ["ISSUER"]
BY_NAME = "PROJECTS-BY-NAME"
AT_ONCE = "PROJECTS-WHOLE"
RECORD = {"S": "."}

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=5000)]
Url = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[^\s@]+$")]
UrlOrNothing = Annotated[str, StringConstraints(max_length=2048, pattern=r"^(https?://[^\s@]+)?$")]
Category = Literal[
    "languages",
    "frameworks",
    "databases",
    "cicd",
    "infrastructure",
    "publishing",
    "code-editors",
    "user-interface",
    "diagrams",
    "documentation",
    "communication",
    "collaboration",
    "project-tracking",
    "incident-management",
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Health(BaseModel):
    status: str


class Development(Body):
    type: Literal["in-house", "outsourced", "partnership"]
    company: Line = ""


class Hosting(Body):
    types: list[Literal["on-premises", "cloud", "hybrid"]] = Field(default=[], max_length=3)
    details: list[Name] = Field(default=[], max_length=50)


class Repository(Body):
    type: Literal["github", "gitlab", "other"]
    url: UrlOrNothing = ""
    description: Text = ""


class Use(Body):
    technology: Name
    category: Category
    main: bool = False
    name: str = ""


class NewProject(Body):
    name: Name
    short_name: Line = ""
    programme: Line = ""
    description: Text = ""
    stage: Literal["development", "active-support", "unsupported"] | None = None
    development: Development | None = None
    hosting: Hosting = Hosting()
    environments: list[Literal["dev", "int", "uat", "preprod", "prod", "postprod"]] = Field(
        default=[], max_length=6
    )
    documentation: list[Url] = Field(default=[], max_length=50)
    repositories: list[Repository] = Field(default=[], max_length=50)
    technologies: list[Use] = Field(default=[], max_length=40)


class Project(NewProject):
    id: str
    version: int
    created_at: str
    updated_at: str


class Page(BaseModel):
    items: list[Project]
    next_cursor: str | None


class Caller(BaseModel):
    email: str


app = FastAPI(openapi_url=None)
dynamodb = boto3.client("dynamodb")


@app.get("/health")
async def get_health() -> Health:
    dynamodb.get_item(TableName=TABLE, Key=key("CURSOR-KEY"), ConsistentRead=True)
    return Health(status="ok")


@app.get("/api/v1/projects")
async def list_projects(
    limit: Annotated[int, Query(ge=1, le=100)] = 50, cursor: str | None = None
) -> Page:
    """By the table's own index, as the other contender reads it."""
    found = query(BY_NAME, limit, cursor)
    keys = [key("PROJECT#" + row["sk"]["S"].rpartition("\0")[2]) for row in found["Items"]]
    items = {item["pk"]["S"]: item for item in get_all(keys)}
    projects = [project_in(items[k["pk"]["S"]]) for k in keys if k["pk"]["S"] in items]
    name_technologies(projects)
    return Page(items=projects, next_cursor=following(found))


@app.get("/api/v1/projects-at-once")
async def list_projects_at_once(
    limit: Annotated[int, Query(ge=1, le=100)] = 50, cursor: str | None = None
) -> Page:
    """By whole projects kept in one partition, technologies' names and all: one call."""
    found = query(AT_ONCE, limit, cursor)
    projects = [project_in(item) for item in found["Items"]]
    return Page(items=projects, next_cursor=following(found))


def get_caller(request: Request) -> Caller:
    """Of the claims that API Gateway's Cognito authorizer passes on."""
    authorizer = request.scope["aws.event"]["requestContext"].get("authorizer") or {}
    claims = authorizer.get("claims")
    if not claims:
        raise HTTPException(401, "No token was sent")
    if (claims["iss"], claims["token_use"]) != (ISSUER, "id") or claims["aud"] not in CLIENT_IDS:
        raise HTTPException(403, "The token is not for this API")
    if claims.get("email_verified") != "true":
        raise HTTPException(403, "The e-mail address is not verified")
    return Caller(email=claims["email"])


@app.post("/api/v1/projects", status_code=201)
async def create_project(
    body: NewProject, caller: Annotated[Caller, Depends(get_caller)], response: Response
) -> Project:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    project = Project(**dict(body), id=slug(body.name), version=1, created_at=now, updated_at=now)
    name_technologies([project])
    try:
        dynamodb.transact_write_items(TransactItems=writes(project, caller))
    except dynamodb.exceptions.TransactionCanceledException:
        raise HTTPException(409, "The name is taken, or a technology is not known") from None
    response.headers["Location"] = f"/api/v1/projects/{project.id}"
    return project


def writes(project: Project, caller: Caller) -> list[dict[str, Any]]:
    """The project, its unique name, its row in the list, and a use of each technology."""
    name = " ".join(project.name.split()).casefold()
    absent = {"TableName": TABLE, "ConditionExpression": "attribute_not_exists(pk)"}
    guard = {**key("PROJECT-NAME#" + sha256(name.encode()).hexdigest()), "id": {"S": project.id}}
    record = {
        **key("PROJECT#" + project.id),
        "mark": {"S": uuid4().hex},
        "version": {"N": "1"},
        "document": {"S": project.model_dump_json(exclude={"technologies": {"__all__": {"name"}}})},
        "contacts": {"S": f'[{{"email":"{caller.email}","roles":["editor"],"grade":""}}]'},
        "updated_by": {"S": caller.email},
    }
    row = {"pk": {"S": BY_NAME}, "sk": {"S": f"{name}\0{project.id}"}}
    uses = [
        {
            "TableName": TABLE,
            "Key": key("TECHNOLOGY#" + technology),
            "UpdateExpression": "ADD project_count :one",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        for technology in dict.fromkeys(use.technology for use in project.technologies)
    ]
    return [
        {"Put": {**absent, "Item": guard}},
        {"Put": {**absent, "Item": record}},
        {"Put": {"TableName": TABLE, "Item": row}},
        *({"Update": use} for use in uses),
    ]


def key(partition: str) -> dict[str, Any]:
    return {"pk": {"S": partition}, "sk": RECORD}


def query(partition: str, limit: int, cursor: str | None) -> dict[str, Any]:
    more = {}
    if cursor:
        after = urlsafe_b64decode(cursor).decode()
        more = {"ExclusiveStartKey": {"pk": {"S": partition}, "sk": {"S": after}}}
    answer: dict[str, Any] = dynamodb.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": partition}},
        Limit=limit,
        **more,
    )
    return answer


def following(found: dict[str, Any]) -> str | None:
    if "LastEvaluatedKey" not in found:
        return None
    return urlsafe_b64encode(found["LastEvaluatedKey"]["sk"]["S"].encode()).decode()


def get_all(keys: list[dict[str, Any]], **wanted: Any) -> list[dict[str, Any]]:
    found = []
    for start in range(0, len(keys), 100):
        asked = {TABLE: {"Keys": keys[start : start + 100], "ConsistentRead": True, **wanted}}
        while asked:
            answer = dynamodb.batch_get_item(RequestItems=asked)
            found += answer["Responses"][TABLE]
            asked = answer["UnprocessedKeys"]
    return found


def project_in(item: dict[str, Any]) -> Project:
    return Project.model_validate_json(item["document"]["S"])


def name_technologies(projects: list[Project]) -> None:
    """With the names of today."""
    uses = [use for project in projects for use in project.technologies]
    keys = [key("TECHNOLOGY#" + used) for used in dict.fromkeys(use.technology for use in uses)]
    wanted = {"ProjectionExpression": "pk, #name", "ExpressionAttributeNames": {"#name": "name"}}
    names = {item["pk"]["S"]: item["name"]["S"] for item in get_all(keys, **wanted)}
    for use in uses:
        use.name = names.get("TECHNOLOGY#" + use.technology, use.technology)


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


handler = Mangum(app, lifespan="off")
