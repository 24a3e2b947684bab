"""The bodies and documents of both peers. pydantic reads and writes them in Rust."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

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


class Part(Body):
    name: Name
    description: Text = ""


class NewProject(Body):
    name: Name
    short_name: Line = ""
    programme: Line = ""
    programme_short_name: Line = ""
    description: Text = ""
    stage: Literal["development", "active-support", "unsupported"] | None = None
    development: Development | None = None
    hosting: Hosting = Hosting()
    environments: list[Environment] = Field(default=[], max_length=6)
    documentation: list[Url] = Field(default=[], max_length=50)
    repositories: list[Repository] = Field(default=[], max_length=50)
    technologies: list[Use] = Field(default=[], max_length=100)
    dependencies: list[Part] = Field(default=[], max_length=50)
    miscellaneous: list[Part] = Field(default=[], max_length=50)


def model(name: str, texts: str, base: type[BaseModel] | None = None, **more: Any) -> Any:
    """A model of an answer. `texts` are its members of type string."""
    return create_model(name, __base__=base, **dict.fromkeys(texts.split(), str), **more)


Project = model("Project", "id created_at updated_at", NewProject, version=int)
Page = model("Page", "", items=list[Project], next_cursor=str | None)
Move = model("Move", "ring at note", directorate=str | None)
LISTS = {"moves": list[Move], **dict.fromkeys(("aliases", "tags", "categories"), list[str])}
NUMBERS = dict.fromkeys(("project_count", "move_count", "version"), int)
TEXTS = "id name quadrant ring description link created_at updated_at"
Technology = model("Technology", TEXTS, rings=dict[str, str], **LISTS, **NUMBERS)
Turn = model("Turn", "ringId date description", moved=int)
LINKED = {"tags": list[str], "timeline": list[Turn], "links": (list[str], [])}
Entry = model("Entry", "id title description key url quadrant", **LINKED)
NAMED = dict.fromkeys(("quadrants", "rings"), list[dict[str, str]])
LEFT_OUT = (dict[str, int], {"moves": 0, "entries": 0})
Radar = model("Radar", "title", **NAMED, left_out=LEFT_OUT, entries=list[Entry])


class Stored(NamedTuple):
    """A record in both peers' stores. `contacts` is JSON."""

    document: str
    contacts: str = "[]"
    version: int = 0


def document(kind: type[BaseModel], stored: Stored | None) -> Any:
    if stored is None:
        raise HTTPException(404, "Not found")
    return kind.model_validate_json(stored.document)


def replacement(body: NewProject, stored: Stored | None, email: str, is_admin: bool) -> Any:
    """The project after replacement by `body`."""
    before = document(Project, stored)
    writers = [each["email"] for each in json.loads(stored.contacts)]
    if not is_admin and email not in writers:
        raise HTTPException(403, "Only the project's contacts may change it")
    kept = {"id": before.id, "version": before.version + 1, "created_at": before.created_at}
    return Project(**dict(body), **kept, updated_at=now())


def sort_key(project: BaseModel) -> str:
    return f"{' '.join(project.name.split()).casefold()}\0{project.id}"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
