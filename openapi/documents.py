"""What the service answers with, for the contract's schemas. Each recorded answer of the tests is held
against them, so that they cannot say anything else than the code does."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from chalicelib.errors import MOST_FLAWS
from chalicelib.models import project as projects
from chalicelib.models import technology as technologies
from chalicelib.models.caller import SERVICES
from chalicelib.routes.bodies.common import choice
from chalicelib.services.access import RULES
from chalicelib.services.radar import QUADRANT_IDS, RING_COLOURS
from openapi.problems import problem_types

Time = Annotated[
    str, Field(description="RFC 3339, in UTC", json_schema_extra={"format": "date-time"})
]
Id = Annotated[
    str,
    Field(
        description="Made from the name when the record is made, and never changed",
        json_schema_extra={"pattern": "^[a-z0-9-]{1,100}$"},
    ),
]
Version = Annotated[int, Field(ge=1, description="Grows with each write")]


class ProjectDevelopment(BaseModel):
    type: Annotated[str, *choice(projects.DEVELOPMENTS)]
    company: str


class ProjectHosting(BaseModel):
    types: list[Annotated[str, *choice(projects.HOSTINGS)]]
    details: list[str]


class ProjectRepository(BaseModel):
    type: Annotated[str, *choice(projects.REPOSITORY_TYPES)]
    url: str = Field(description="Empty where only the kind is known")
    description: str


class ProjectTechnology(BaseModel):
    technology: Id
    category: Annotated[str, *choice(projects.CATEGORIES)]
    main: bool
    name: str = Field(
        description="What the technology is called; a renaming may take a minute to show here"
    )


class Project(BaseModel):
    """A software project. Its contacts are apart from it: e-mail addresses are personal data."""

    id: Id
    name: str
    short_name: str
    programme: str
    description: str
    stage: Annotated[str, *choice(projects.STAGES)] | None
    development: ProjectDevelopment | None
    hosting: ProjectHosting
    environments: list[Annotated[str, *choice(projects.ENVIRONMENTS)]]
    documentation: list[str]
    repositories: list[ProjectRepository]
    technologies: list[ProjectTechnology]
    version: Version
    created_at: Time
    updated_at: Time


class Contact(BaseModel):
    email: str
    roles: list[str]
    grade: str


class Contacts(BaseModel):
    """Who answers for a project, with the project's version, which they share."""

    contacts: list[Contact]
    version: Version
    updated_at: Time
    updated_by: str | None = Field(description="The e-mail address of who wrote last")


class Move(BaseModel):
    ring: Annotated[str, *choice(technologies.RINGS)]
    at: Time
    author: str | None = Field(description="An e-mail address; null where nobody decided")
    note: str


class Technology(BaseModel):
    """A technology, and the moves that put it where it is on the radar."""

    id: Id
    name: str
    quadrant: Annotated[str, *choice(technologies.QUADRANTS)]
    ring: Annotated[str, *choice(technologies.RINGS)] = Field(description="Of the last move")
    aliases: list[str]
    tags: list[str]
    description: str
    link: str
    moves: list[Move] = Field(
        min_length=1,
        max_length=technologies.SHOWN_MOVES,
        description=f"The last {technologies.SHOWN_MOVES}, the oldest first; history is only added to",
    )
    move_count: int = Field(ge=1, description="How many moves there are")
    project_count: int = Field(ge=0, description="How many projects use it")
    version: Version
    created_at: Time
    updated_at: Time


NextCursor = Annotated[
    str | None,
    Field(
        description="Send it as `cursor` for the next page. Null, and only null, ends the list: a"
        " page before may be short, even empty."
    ),
]


class ProjectList(BaseModel):
    items: list[Project]
    next_cursor: NextCursor


class TechnologyList(BaseModel):
    items: list[Technology]
    next_cursor: NextCursor


class MoveList(BaseModel):
    """The newest move first."""

    items: list[Move]
    next_cursor: NextCursor


class RadarQuadrant(BaseModel):
    id: Annotated[str, *choice(key for key, _ in QUADRANT_IDS.values())]
    name: str


class RadarRing(BaseModel):
    id: Annotated[str, *choice(RING_COLOURS)]
    name: str
    color: str


class RadarMove(BaseModel):
    moved: int = Field(description="Rings inward since the move before; outward is negative")
    ringId: Annotated[str, *choice(technologies.RINGS)]  # noqa: N815 - the radar's own name
    date: Time
    description: str
    author: str | None


class RadarEntry(BaseModel):
    id: Id
    title: str
    description: str
    key: str
    url: str
    quadrant: Annotated[str, *choice(key for key, _ in QUADRANT_IDS.values())]
    timeline: list[RadarMove]
    links: list[str]


class RadarLeftOut(BaseModel):
    """What the document does not hold, because it has at most 5 MB."""

    moves: int = Field(ge=0, description="Older moves of the entries; /moves has them")
    entries: int = Field(
        ge=0, description="Entries at the end of the order by name: at least so many"
    )


class Radar(BaseModel):
    """The document that the Digital Landscape draws its radar from."""

    title: str
    quadrants: list[RadarQuadrant]
    rings: list[RadarRing]
    left_out: RadarLeftOut
    entries: list[RadarEntry] = Field(description="By name")


class Caller(BaseModel):
    """Who the token says you are."""

    service: Annotated[str, *choice(SERVICES)]
    email: str
    groups: list[str]
    may: list[Annotated[str, *choice(RULES)]] = Field(
        description="What your pool and groups allow; writing a project also asks for a contact"
    )


class Links(BaseModel):
    contract: str
    docs: str
    health: str
    projects: str
    technologies: str
    radar: str
    me: str


class Index(BaseModel):
    service: Literal["landscape-api"]
    version: str
    stage: str
    links: Links


class Health(BaseModel):
    status: Literal["ok"]
    version: str


class Flaw(BaseModel):
    """One thing that is wrong."""

    pointer: str = Field(description="A JSON Pointer; of a query parameter, `/` and its name")
    detail: str


class Problem(BaseModel):
    """What went wrong (RFC 9457). The firewall's own answers have no instance and no request_id."""

    type: Annotated[str, *choice(problem_types())]
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str = Field(default="", description="The path that was asked for")
    request_id: str = Field(default="", description="For whoever looks it up in the log")


class InvalidProblem(Problem):
    """A request that can be read and breaks a rule: up to 50 flaws."""

    errors: list[Flaw] = Field(default=[], max_length=MOST_FLAWS)


DOCUMENTS = (
    *(Project, Contacts, Technology, ProjectList, TechnologyList, MoveList, Radar),
    *(Caller, Index, Health, Problem, InvalidProblem),
)
