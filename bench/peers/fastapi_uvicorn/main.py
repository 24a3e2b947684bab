"""The same lists, projects and writes in FastAPI on uvicorn, as in their documentation.

Its models and its table in DynamoDB are those of the peer behind Mangum. STORE names the module of
the store: table for DynamoDB, or rows for SQLite.
"""

import os
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from models import NewProject, Page, Project, document, replacement

store = import_module(os.environ["STORE"])
keys = jwt.PyJWKClient(os.environ["KEYS_URL"], cache_keys=True)
ISSUER, CLIENT_IDS = os.environ["ISSUER"], os.environ["CLIENT_IDS"].split(",")

app = FastAPI(openapi_url=None)
# The same minimum size and level as ours. Starlette's default level is 9, which is slower.
app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=6)


def endpoint(function: Callable[..., Any]) -> Callable[..., Any]:
    """A `def`, which runs in a thread, for DynamoDB; an `async def` for SQLite.

    SQLite answers faster than a thread starts: in threads it was slower by a third.
    """
    if os.environ["STORE"] == "table":
        return function

    @wraps(function)
    async def answer(**given: Any) -> Any:
        return function(**given)

    return answer


def get_claims(
    sent: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> dict[str, Any]:
    token = sent.credentials
    try:
        key = keys.get_signing_key_from_jwt(token)
        claims = jwt.decode(token, key, algorithms=["RS256"], audience=CLIENT_IDS, issuer=ISSUER)
    except jwt.PyJWTError:
        raise HTTPException(401, "The token is not valid") from None
    if claims["token_use"] != "id" or claims.get("email_verified") is not True:
        raise HTTPException(403, "The token is not for this API")
    return claims


@app.get("/health")
@endpoint
def get_health() -> dict[str, str]:
    store.get("HEALTH#")
    return {"status": "ok"}


@app.get("/api/v1/projects")
@endpoint
def list_projects(
    limit: Annotated[int, Query(ge=1, le=100)] = 50, cursor: str | None = None
) -> Page:
    items, after = store.query("PROJECT", limit, cursor)
    return Page(items=[document(Project, item) for item in items], next_cursor=after)


@app.get("/api/v1/projects/{project_id}")
@endpoint
def get_project(project_id: str) -> Project:
    return document(Project, store.get(f"PROJECT#{project_id}"))


@app.put("/api/v1/projects/{project_id}")
@endpoint
def replace_project(
    project_id: str, body: NewProject, claims: Annotated[dict[str, Any], Depends(get_claims)]
) -> Project:
    stored = store.get(f"PROJECT#{project_id}")
    is_admin = "Admin" in claims.get("cognito:groups", [])
    project = replacement(body, stored, claims["email"], is_admin)
    store.put(project, stored.contacts, stored.version)
    return project
