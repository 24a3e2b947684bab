"""The same API by FastAPI behind Mangum, as their documentation teaches: one call an answer.

A table with one index that holds whole items: a list is one Query of it, a resource one GetItem, a
new project one PutItem. docs/performance.md says what it is given, and what it does without.
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
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

TABLE, ISSUER = os.environ["TABLE"], os.environ["ISSUER"]
CLIENT_IDS = os.environ["CLIENT_IDS"].split(",")
QUADRANTS = ("languages", "frameworks", "supporting-tools", "infrastructure")
COLOURS = {"adopt": "#008a00", "trial": "#cb00b4", "assess": "#0069e5", "hold": "#de001a"}
RINGS = ("ignore", "review", "hold", "assess", "trial", "adopt")
CATEGORIES = (
    "languages|frameworks|databases|cicd|infrastructure|publishing|code-editors|user-interface"
    "|diagrams|documentation|communication|collaboration|project-tracking|incident-management"
)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=5000)]
Url = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[^\s@]+$")]
UrlOrNothing = Annotated[str, StringConstraints(max_length=2048, pattern=r"^(https?://[^\s@]+)?$")]
Category = Annotated[str, StringConstraints(pattern=f"^({CATEGORIES})$")]
Environment = Literal["dev", "int", "uat", "preprod", "prod", "postprod"]
Item = dict[str, Any]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


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


def model(name: str, texts: str, base: type[BaseModel] | None = None, **more: Any) -> Any:
    """A model of an answer, whose `texts` are strings."""
    return create_model(name, __base__=base, **dict.fromkeys(texts.split(), str), **more)


Project = model("Project", "id created_at updated_at", NewProject, version=int)
Page = model("Page", "", items=list[Project], next_cursor=str | None)
Move = model("Move", "ring at note")
LISTS = {"moves": list[Move], "aliases": list[str], "tags": list[str]}
NUMBERS = dict.fromkeys(("project_count", "move_count", "version"), int)
TEXTS = "id name quadrant ring description link created_at updated_at"
Technology = model("Technology", TEXTS, **LISTS, **NUMBERS)
Turn = model("Turn", "ringId date description", moved=int)
LINKED = {"timeline": list[Turn], "links": (list[str], [])}
Entry = model("Entry", "id title description key url quadrant", **LINKED)
NAMED = dict.fromkeys(("quadrants", "rings"), list[dict[str, str]])
LEFT_OUT = (dict[str, int], {"moves": 0, "entries": 0})
Radar = model("Radar", "title", **NAMED, left_out=LEFT_OUT, entries=list[Entry])

app = FastAPI(openapi_url=None)
dynamodb = boto3.client("dynamodb")


def get_claims(request: Request) -> dict[str, str]:
    """Those that API Gateway's Cognito authorizer passes on."""
    claims = (request.scope["aws.event"]["requestContext"].get("authorizer") or {}).get("claims")
    if not claims:
        raise HTTPException(401, "No token was sent")
    if (claims["iss"], claims["token_use"]) != (ISSUER, "id") or claims["aud"] not in CLIENT_IDS:
        raise HTTPException(403, "The token is not for this API")
    if claims.get("email_verified") != "true":
        raise HTTPException(403, "The e-mail address is not verified")
    return claims


Claims = Annotated[dict[str, str], Depends(get_claims)]


@app.get("/health")
async def get_health() -> dict[str, str]:
    item_of("HEALTH#")
    return {"status": "ok"}


@app.get("/api/v1/projects")
async def list_projects(
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
    technology: str | None = None,
) -> Page:
    items, after = query("PROJECT", limit, cursor, technology)
    return Page(items=[document(Project, item) for item in items], next_cursor=after)


@app.get("/api/v1/projects/{project_id}")
async def get_project(project_id: str) -> Project:
    return document(Project, item_of(f"PROJECT#{project_id}"))


@app.get("/api/v1/technologies/{technology_id}")
async def get_technology(technology_id: str) -> Technology:
    return document(Technology, item_of(f"TECHNOLOGY#{technology_id}"))


@app.get("/api/v1/radar")
async def get_radar() -> Radar:
    items, _ = query("RADAR", 1000)
    return Radar(
        title="Tech Radar",
        quadrants=[{"id": str(n), "name": title(q)} for n, q in enumerate(QUADRANTS, 1)],
        rings=[{"id": r, "name": r.upper(), "color": colour} for r, colour in COLOURS.items()],
        entries=[entry(document(Technology, item)) for item in items],
    )


@app.post("/api/v1/projects", status_code=201)
async def create_project(body: NewProject, claims: Claims, response: Response) -> Project:
    at, slug = now(), re.sub(r"[^a-z0-9]+", "-", body.name.lower()).strip("-")
    project = Project(**dict(body), id=slug, version=1, created_at=at, updated_at=at)
    contacts = json.dumps([{"email": claims["email"], "roles": ["Editor"]}])
    put(project, contacts, ConditionExpression="attribute_not_exists(id)")
    response.headers["Location"] = f"/api/v1/projects/{project.id}"
    return project


@app.put("/api/v1/projects/{project_id}")
async def replace_project(project_id: str, body: NewProject, claims: Claims) -> Project:
    before = document(Project, item := item_of(f"PROJECT#{project_id}"))
    contacts = item["contacts"]["S"]
    writers = [each["email"] for each in json.loads(contacts)]
    if not is_admin(claims) and claims["email"] not in writers:
        raise HTTPException(403, "Only the project's contacts may change it")
    kept = {"id": before.id, "version": before.version + 1, "created_at": before.created_at}
    project = Project(**dict(body), **kept, updated_at=now())
    seen = {":seen": item["version"]}
    put(project, contacts, ConditionExpression="version = :seen", ExpressionAttributeValues=seen)
    return project


@app.delete("/api/v1/projects/{project_id}", status_code=204)
async def delete_project(project_id: str, claims: Claims) -> None:
    if not is_admin(claims):
        raise HTTPException(403, "Only administrators may delete a project")
    dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": f"PROJECT#{project_id}"}})


def is_admin(claims: dict[str, str]) -> bool:
    return "Admin" in claims.get("cognito:groups", "").split(",")


def item_of(id_: str) -> Item:
    found = dynamodb.get_item(TableName=TABLE, Key={"id": {"S": id_}}, ConsistentRead=True)
    return found.get("Item", {})


def document(kind: type[BaseModel], item: Item) -> Any:
    if not item:
        raise HTTPException(404, "There is none of this id")
    return kind.model_validate_json(item["document"]["S"])


def put(project: BaseModel, contacts: str, **condition: Any) -> None:
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
    kind: str, limit: int, cursor: str | None = None, technology: str | None = None
) -> tuple[list[Item], str | None]:
    """One Query of the index, more where one leaves a page unfilled; the place of the next page."""
    key = {"IndexName": "by-name", "KeyConditionExpression": "kind = :kind"}
    values, wanted = {":kind": {"S": kind}}, {"TableName": TABLE, "Limit": limit, **key}
    if technology:
        values[":technology"] = {"S": technology}
        wanted["Limit"] = 2 * limit
        wanted["FilterExpression"] = "contains(technologies, :technology)"
    if cursor:
        wanted["ExclusiveStartKey"] = json.loads(urlsafe_b64decode(cursor))
    items: list[Item] = []
    after: Item | None = {}
    while after is not None and len(items) < limit:
        answer = dynamodb.query(ExpressionAttributeValues=values, **wanted)
        items += answer["Items"]
        wanted["ExclusiveStartKey"] = after = answer.get("LastEvaluatedKey")
    if len(items) > limit:
        items = items[:limit]
        after = {name: items[-1][name] for name in ("id", "kind", "name")}
    return items, urlsafe_b64encode(json.dumps(after).encode()).decode() if after else None


def entry(technology: Any) -> BaseModel:
    moves = technology.moves
    places = [RINGS.index(move.ring) for move in moves]
    changes = [after - before for before, after in zip(places[:1] + places, places, strict=False)]
    return Entry(
        id=technology.id,
        title=technology.name,
        description=technology.description or title(technology.quadrant),
        key=technology.id,
        url=technology.link or "#",
        quadrant=str(QUADRANTS.index(technology.quadrant) + 1),
        timeline=[
            Turn(moved=n, ringId=m.ring, date=m.at, description=m.note)
            for n, m in zip(changes, moves, strict=True)
        ],
    )


def title(quadrant: str) -> str:
    return quadrant.replace("-", " ").title()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


handler = Mangum(app, lifespan="off")
