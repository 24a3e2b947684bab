"""The same API by FastAPI behind Mangum, as their documentation teaches: one call an answer.

A table with one index that holds whole items: a list is one Query of it, a resource one GetItem, a
new project one PutItem. What it is given that a team's own service may not have, and what it does
without, is in docs/performance.md.
"""

import json
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import boto3
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from mangum import Mangum
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

TABLE = os.environ["TABLE"]
CLIENT_IDS = os.environ["CLIENT_IDS"].split(",")
ISSUER = os.environ["ISSUER"]
TITLE = "Tech Radar"
QUADRANTS = {
    "languages": ("1", "Languages"),
    "frameworks": ("2", "Frameworks"),
    "supporting-tools": ("3", "Supporting Tools"),
    "infrastructure": ("4", "Infrastructure"),
}
COLOURS = {"adopt": "#008a00", "trial": "#cb00b4", "assess": "#0069e5", "hold": "#de001a"}
RINGS = ("ignore", "review", "hold", "assess", "trial", "adopt")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=5000)]
Url = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[^\s@]+$")]
UrlOrNothing = Annotated[str, StringConstraints(max_length=2048, pattern=r"^(https?://[^\s@]+)?$")]
CATEGORIES = (
    "languages frameworks databases cicd infrastructure publishing code-editors user-interface"
    " diagrams documentation communication collaboration project-tracking incident-management"
)
Category = Annotated[str, StringConstraints(pattern=f"^({'|'.join(CATEGORIES.split())})$")]
Environment = Literal["dev", "int", "uat", "preprod", "prod", "postprod"]


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
    environments: list[Environment] = Field(default=[], max_length=6)
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


class Move(BaseModel):
    ring: str
    at: str
    author: str | None
    note: str


class Technology(BaseModel):
    id: str
    name: str
    quadrant: str
    ring: str
    moves: list[Move]
    aliases: list[str]
    tags: list[str]
    description: str
    link: str
    project_count: int
    move_count: int
    version: int
    created_at: str
    updated_at: str


class Turn(BaseModel):
    moved: int
    ring_id: str = Field(serialization_alias="ringId")
    date: str
    description: str
    author: str | None


class Entry(BaseModel):
    id: str
    title: str
    description: str
    key: str
    url: str
    quadrant: str
    timeline: list[Turn]
    links: list[str] = []


class Radar(BaseModel):
    title: str
    quadrants: list[dict[str, str]]
    rings: list[dict[str, str]]
    left_out: dict[str, int] = {"moves": 0, "entries": 0}
    entries: list[Entry]


class Caller(BaseModel):
    email: str
    is_admin: bool


app = FastAPI(openapi_url=None)
dynamodb = boto3.client("dynamodb")


@app.get("/health")
async def get_health() -> Health:
    item_of("HEALTH", "")
    return Health(status="ok")


@app.get("/api/v1/projects")
async def list_projects(
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
    technology: str | None = None,
) -> Page:
    items, after = query("PROJECT", limit, cursor, technology)
    projects = [Project.model_validate_json(item["document"]["S"]) for item in items]
    return Page(items=projects, next_cursor=after)


@app.get("/api/v1/projects/{project_id}")
async def get_project(project_id: str) -> Project:
    return Project.model_validate_json(found("PROJECT", project_id)["document"]["S"])


@app.get("/api/v1/technologies/{technology_id}")
async def get_technology(technology_id: str) -> Technology:
    return Technology.model_validate_json(found("TECHNOLOGY", technology_id)["document"]["S"])


@app.get("/api/v1/radar")
async def get_radar() -> Radar:
    entries: list[Entry] = []
    after = None
    while True:
        items, after = query("RADAR", 1000, after)
        technologies = (Technology.model_validate_json(item["document"]["S"]) for item in items)
        entries += map(entry, technologies)
        if after is None:
            break
    return Radar(
        title=TITLE,
        quadrants=[{"id": key, "name": name} for key, name in QUADRANTS.values()],
        rings=[{"id": r, "name": r.upper(), "color": colour} for r, colour in COLOURS.items()],
        entries=entries,
    )


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
    groups = claims.get("cognito:groups", "").split(",")
    return Caller(email=claims["email"], is_admin="Admin" in groups)


@app.post("/api/v1/projects", status_code=201)
async def create_project(
    body: NewProject, caller: Annotated[Caller, Depends(get_caller)], response: Response
) -> Project:
    at = now()
    project = Project(**dict(body), id=slug(body.name), version=1, created_at=at, updated_at=at)
    contacts = json.dumps([{"email": caller.email, "roles": ["editor"]}])
    put(project, contacts, ConditionExpression="attribute_not_exists(id)")
    response.headers["Location"] = f"/api/v1/projects/{project.id}"
    return project


@app.put("/api/v1/projects/{project_id}")
async def replace_project(
    project_id: str, body: NewProject, caller: Annotated[Caller, Depends(get_caller)]
) -> Project:
    item = found("PROJECT", project_id)
    contacts = item["contacts"]["S"]
    if not caller.is_admin and caller.email not in (each["email"] for each in json.loads(contacts)):
        raise HTTPException(403, "Only the project's contacts may change it")
    before = Project.model_validate_json(item["document"]["S"])
    kept = {"id": before.id, "version": before.version + 1, "created_at": before.created_at}
    project = Project(**dict(body), **kept, updated_at=now())
    seen = {":seen": item["version"]}
    put(project, contacts, ConditionExpression="version = :seen", ExpressionAttributeValues=seen)
    return project


@app.delete("/api/v1/projects/{project_id}", status_code=204)
async def delete_project(project_id: str, caller: Annotated[Caller, Depends(get_caller)]) -> None:
    if not caller.is_admin:
        raise HTTPException(403, "Only administrators may delete a project")
    dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": f"PROJECT#{project_id}"}})


def item_of(kind: str, id_: str) -> dict[str, Any] | None:
    key = {"id": {"S": f"{kind}#{id_}"}}
    return dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")


def found(kind: str, id_: str) -> dict[str, Any]:
    item = item_of(kind, id_)
    if item is None:
        raise HTTPException(404, "There is none of this id")
    return item


def put(project: Project, contacts: str, **condition: Any) -> None:
    name = " ".join(project.name.split()).casefold()
    item = {
        "id": {"S": f"PROJECT#{project.id}"},
        "kind": {"S": "PROJECT"},
        "name": {"S": f"{name}\0{project.id}"},
        "technologies": {"SS": list({use.technology for use in project.technologies}) or ["none"]},
        "version": {"N": str(project.version)},
        "document": {"S": project.model_dump_json()},
        "contacts": {"S": contacts},
    }
    try:
        dynamodb.put_item(TableName=TABLE, Item=item, **condition)
    except dynamodb.exceptions.ConditionalCheckFailedException:
        raise HTTPException(409, "Somebody else was first") from None


def query(
    kind: str, limit: int, cursor: str | None, technology: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """One Query of the index, more where a filter leaves a page unfilled; the place of the next page."""
    values = {":kind": {"S": kind}}
    wanted: dict[str, Any] = {"Limit": limit}
    if technology:
        values[":technology"] = {"S": technology}
        contains = "contains(technologies, :technology)"
        wanted = {"Limit": 2 * limit, "FilterExpression": contains}
    items: list[dict[str, Any]] = []
    after = json.loads(urlsafe_b64decode(cursor)) if cursor else None
    while len(items) < limit:
        answer = dynamodb.query(
            TableName=TABLE,
            IndexName="by-name",
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues=values,
            **wanted,
            **({"ExclusiveStartKey": after} if after else {}),
        )
        items += answer["Items"]
        after = answer.get("LastEvaluatedKey")
        if after is None:
            break
    if len(items) > limit:
        items = items[:limit]
        after = {name: items[-1][name] for name in ("id", "kind", "name")}
    return items, urlsafe_b64encode(json.dumps(after).encode()).decode() if after else None


def entry(technology: Technology) -> Entry:
    quadrant, quadrant_name = QUADRANTS[technology.quadrant]
    timeline, before = [], RINGS.index(technology.moves[0].ring)
    for move in technology.moves:
        ring = RINGS.index(move.ring)
        turn = {"moved": ring - before, "ring_id": move.ring, "date": move.at}
        timeline.append(Turn(**turn, description=move.note, author=move.author))
        before = ring
    return Entry(
        id=technology.id,
        title=technology.name,
        description=technology.description or quadrant_name,
        key=technology.id,
        url=technology.link or "#",
        quadrant=quadrant,
        timeline=timeline,
    )


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


handler = Mangum(app, lifespan="off")
