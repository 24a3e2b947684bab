"""The peer's rows in SQLite (schema.sql): plain SQL, a connection for each thread, our settings."""

import os
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from threading import local

from fastapi import HTTPException
from models import Stored, sort_key
from pydantic import BaseModel

threads = local()


def connection() -> sqlite3.Connection:
    if not hasattr(threads, "connection"):
        threads.connection = sqlite3.connect(os.environ["DATABASE"], timeout=30)
        threads.connection.execute("PRAGMA synchronous = NORMAL")
    return threads.connection


def get(id_: str) -> Stored | None:
    one = "SELECT document, contacts, version FROM items WHERE id = ?"
    row = connection().execute(one, (id_,)).fetchone()
    return Stored(*row) if row else None


def put(project: BaseModel, contacts: str, seen: int) -> None:
    """Replaces version `seen`."""
    values = (sort_key(project), project.version, project.model_dump_json(), contacts)
    with connection() as writing:
        written = writing.execute(
            "UPDATE items SET name = ?, version = ?, document = ?, contacts = ?"
            " WHERE id = ? AND version = ?",
            (*values, f"PROJECT#{project.id}", seen),
        )
    if not written.rowcount:
        raise HTTPException(409, "Another request changed the project")


def query(kind: str, limit: int, cursor: str | None = None) -> tuple[list[Stored], str | None]:
    """A page by name, and the cursor of the next one."""
    after = urlsafe_b64decode(cursor).decode() if cursor else ""
    page = "SELECT document, name FROM items WHERE kind = ? AND name > ? ORDER BY name LIMIT ?"
    rows = connection().execute(page, (kind, after, limit + 1)).fetchall()
    more = urlsafe_b64encode(rows[limit - 1][1].encode()).decode() if len(rows) > limit else None
    return [Stored(text) for text, _ in rows[:limit]], more
