"""The same API in FastAPI behind Mangum, as in their documentation, with one call for each answer.

The table has one index of whole items. A list is one Query, a resource one GetItem, a new project one
PutItem. docs/performance.md lists the features that it has and lacks.
"""

import json
import os
import re
from typing import Annotated, Any

import table
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from mangum import Mangum
from models import (
    Entry,
    NewProject,
    Page,
    Project,
    Radar,
    Technology,
    Turn,
    document,
    now,
    replacement,
)
from pydantic import BaseModel

ISSUER = os.environ["ISSUER"]
CLIENT_IDS = os.environ["CLIENT_IDS"].split(",")
QUADRANTS = ("languages", "frameworks", "supporting-tools", "infrastructure")
COLOURS = {"adopt": "#008a00", "trial": "#cb00b4", "assess": "#0069e5", "hold": "#de001a"}
RINGS = ("ignore", "review", "hold", "assess", "trial", "adopt")

app = FastAPI(openapi_url=None)


def get_claims(request: Request) -> dict[str, str]:
    """The claims from API Gateway's Cognito authorizer."""
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
    table.get("HEALTH#")
    return {"status": "ok"}


@app.get("/api/v1/projects")
async def list_projects(
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
    technology: str | None = None,
) -> Page:
    items, after = table.query("PROJECT", limit, cursor, technology)
    return Page(items=[document(Project, item) for item in items], next_cursor=after)


@app.get("/api/v1/projects/{project_id}")
async def get_project(project_id: str) -> Project:
    return document(Project, table.get(f"PROJECT#{project_id}"))


@app.get("/api/v1/technologies/{technology_id}")
async def get_technology(technology_id: str) -> Technology:
    return document(Technology, table.get(f"TECHNOLOGY#{technology_id}"))


@app.get("/api/v1/radar")
async def get_radar() -> Radar:
    items, _ = table.query("RADAR", 1000)
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
    table.put(project, contacts)
    response.headers["Location"] = f"/api/v1/projects/{project.id}"
    return project


@app.put("/api/v1/projects/{project_id}")
async def replace_project(project_id: str, body: NewProject, claims: Claims) -> Project:
    stored = table.get(f"PROJECT#{project_id}")
    project = replacement(body, stored, claims["email"], is_admin(claims))
    table.put(project, stored.contacts, stored.version)
    return project


@app.delete("/api/v1/projects/{project_id}", status_code=204)
async def delete_project(project_id: str, claims: Claims) -> None:
    if not is_admin(claims):
        raise HTTPException(403, "Only administrators may delete a project")
    table.delete(f"PROJECT#{project_id}")


def is_admin(claims: dict[str, str]) -> bool:
    return "Admin" in claims.get("cognito:groups", "").split(",")


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
        tags=technology.tags,
        timeline=[
            Turn(moved=n, ringId=m.ring, date=m.at, description=m.note)
            for n, m in zip(changes, moves, strict=True)
        ],
    )


def title(quadrant: str) -> str:
    return quadrant.replace("-", " ").title()


handler = Mangum(app, lifespan="off")
