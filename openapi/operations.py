"""What the contract says of each route beyond what the routes say themselves.

A route without a row, and a row without a route, stop the generator.
"""

from dataclasses import dataclass

from chalicelib.models.page import EXAMINED_AT_MOST, EXAMINED_BYTES
from chalicelib.models.project import LARGEST_PROJECT
from chalicelib.models.technology import SHOWN_MOVES
from chalicelib.services.new_technologies import MOST_IN_A_DAY, MOST_IN_A_REQUEST

PROJECTS, TECHNOLOGIES, RADAR, CALLER, SERVICE = (
    *("projects", "technologies", "radar", "caller", "service"),
)
TAGS = {
    PROJECTS: "Software projects: what they are, what they use, who answers for them.",
    TECHNOLOGIES: "The technologies that projects use, and their moves between the rings.",
    RADAR: "The radar as the Digital Landscape draws it.",
    CALLER: "Who you are, and what is yours.",
    SERVICE: "The service itself: index, health, contract and this page.",
}
ONE_PROJECT = "/api/v1/projects/{project_id}"
ONE_TECHNOLOGY = "/api/v1/technologies/{technology_id}"


@dataclass(frozen=True)
class Operation:
    """`answer` is the schema of what comes with `status`, or a media type of text; `body` the schema
    of what is sent. `kind`: a `resource` has a version (ETag, If-None-Match, If-Match), a `document` has
    an ETag alone, a `list` has pages, `plain` is none of these. `conflicts` are the problems of a 409."""

    id: str
    tag: str
    summary: str
    description: str
    kind: str
    answer: str | None = None
    status: int = 200
    body: str | None = None
    conflicts: tuple[str, ...] = ()


TAKEN = ("name-taken", "conflict")
READ_FIRST = (
    "Send `If-Match` with the ETag that you read, or `*` for whatever version there is. What you"
    " read you can edit and send back: read-only members may come along unchanged."
)
BY_RANK = "with `q` the one with the fewest letters in all its words comes first, then by id"
SIZE = f"A project and its contacts have at most {LARGEST_PROJECT // 1024} KB as JSON."
NAMED = (
    "Technologies are named by id, name or alias; what a name means may be told for a minute as it"
    " was before a renaming. A technology that nobody knows is made, in ring `review`: at most"
    f" {MOST_IN_A_REQUEST} with a request and {MOST_IN_A_DAY} in a day (UTC) for each caller."
)
PATCHED = (
    "JSON Merge Patch (RFC 7396): what is left out stays, null takes away. It may also come as"
    " `application/json`."
)
PAGED = (
    "Page by page: go on with `next_cursor` until it is null. A page examines at most"
    f" {EXAMINED_AT_MOST} rows and {EXAMINED_BYTES // 1_000_000} MB."
)
AGAIN = "With an `Idempotency-Key` the same request gives the first answer again for 24 hours."

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/"): Operation(
        "getIndex", SERVICE, "The index", "What this service is, with links.", "plain", "Index"
    ),
    ("GET", "/health"): Operation(
        "getHealth", SERVICE, "Health", "Reads one record of the store.", "plain", "Health"
    ),
    ("GET", "/openapi.json"): Operation(
        "getContract",
        SERVICE,
        "This contract",
        "With the server's URL and the sign-in pages of the place that it was asked at.",
        "document",
        "application/json",
    ),
    ("GET", "/docs"): Operation(
        "getPage", SERVICE, "The page to try it on", "Swagger UI.", "document", "text/html"
    ),
    ("GET", "/docs/{file}"): Operation(
        "getPageFile", SERVICE, "A file of the page", "Style or script.", "document", "text/*"
    ),
    ("GET", "/api/v1/me"): Operation(
        "getMe",
        CALLER,
        "Who am I?",
        "Who the token says you are, and what you may do.",
        "document",
        "Caller",
    ),
    ("GET", "/api/v1/me/projects"): Operation(
        "listMyProjects",
        CALLER,
        "My projects",
        f"The projects that list you as a contact. {PAGED}",
        "list",
        "ProjectList",
    ),
    ("GET", "/api/v1/projects"): Operation(
        "listProjects",
        PROJECTS,
        "Find projects",
        f"By name, or in the order of `sort`; {BY_RANK}. {PAGED}",
        "list",
        "ProjectList",
    ),
    ("POST", "/api/v1/projects"): Operation(
        "createProject",
        PROJECTS,
        "Make a project",
        f"You become its contact. {NAMED} {SIZE} {AGAIN}",
        "resource",
        "Project",
        201,
        "NewProject",
        TAKEN,
    ),
    ("GET", ONE_PROJECT): Operation(
        "getProject", PROJECTS, "Read a project", "Without its contacts.", "resource", "Project"
    ),
    ("PUT", ONE_PROJECT): Operation(
        "replaceProject",
        PROJECTS,
        "Replace a project",
        f"What is left out is emptied. {NAMED} {SIZE} {READ_FIRST}",
        "resource",
        "Project",
        200,
        "ProjectChange",
        TAKEN,
    ),
    ("PATCH", ONE_PROJECT): Operation(
        "patchProject",
        PROJECTS,
        "Change a project",
        f"{PATCHED} {NAMED} {SIZE} {READ_FIRST}",
        "resource",
        "Project",
        200,
        "ProjectPatch",
        TAKEN,
    ),
    ("DELETE", ONE_PROJECT): Operation(
        "deleteProject",
        PROJECTS,
        "Remove a project",
        "With its contacts; its technologies stay.",
        "resource",
        None,
        204,
    ),
    ("GET", ONE_PROJECT + "/contacts"): Operation(
        "getContacts",
        PROJECTS,
        "Who answers for a project",
        "E-mail addresses, for which a token is needed.",
        "resource",
        "Contacts",
    ),
    ("PUT", ONE_PROJECT + "/contacts"): Operation(
        "replaceContacts",
        PROJECTS,
        "Say who answers for a project",
        f"The whole list; a project is never without a contact. {SIZE} {READ_FIRST}",
        "resource",
        "Contacts",
        200,
        "ContactsChange",
        ("conflict",),
    ),
    ("GET", "/api/v1/technologies"): Operation(
        "listTechnologies",
        TECHNOLOGIES,
        "Find technologies",
        f"By name; {BY_RANK}. {PAGED}",
        "list",
        "TechnologyList",
    ),
    ("POST", "/api/v1/technologies"): Operation(
        "createTechnology",
        TECHNOLOGIES,
        "Make a technology",
        f"`ring` is its first move. {AGAIN}",
        "resource",
        "Technology",
        201,
        "NewTechnology",
        TAKEN,
    ),
    ("GET", ONE_TECHNOLOGY): Operation(
        "getTechnology",
        TECHNOLOGIES,
        "Read a technology",
        f"With its last {SHOWN_MOVES} moves and its count of projects.",
        "resource",
        "Technology",
    ),
    ("PUT", ONE_TECHNOLOGY): Operation(
        "replaceTechnology",
        TECHNOLOGIES,
        "Replace a technology",
        f"What is left out is emptied; its moves stay. {READ_FIRST}",
        "resource",
        "Technology",
        200,
        "TechnologyChange",
        TAKEN,
    ),
    ("PATCH", ONE_TECHNOLOGY): Operation(
        "patchTechnology",
        TECHNOLOGIES,
        "Change a technology",
        f"{PATCHED} {READ_FIRST}",
        "resource",
        "Technology",
        200,
        "TechnologyPatch",
        TAKEN,
    ),
    ("DELETE", ONE_TECHNOLOGY): Operation(
        "deleteTechnology",
        TECHNOLOGIES,
        "Remove a technology",
        "One that no project uses.",
        "resource",
        None,
        204,
        None,
        ("in-use",),
    ),
    ("GET", ONE_TECHNOLOGY + "/moves"): Operation(
        "listMoves",
        TECHNOLOGIES,
        "The moves of a technology",
        f"All of them, the newest first. {PAGED}",
        "list",
        "MoveList",
    ),
    ("POST", ONE_TECHNOLOGY + "/moves"): Operation(
        "moveTechnology",
        TECHNOLOGIES,
        "Move a technology to a ring",
        "Adds to its history, which cannot be rewritten. The author and the time are the server's."
        f" {AGAIN}",
        "resource",
        "Technology",
        201,
        "NewMove",
        ("conflict",),
    ),
    ("GET", ONE_TECHNOLOGY + "/projects"): Operation(
        "listUsers",
        TECHNOLOGIES,
        "Who uses a technology",
        f"By name. {PAGED}",
        "list",
        "ProjectList",
    ),
    ("GET", "/api/v1/radar"): Operation(
        "getRadar",
        RADAR,
        "The radar",
        "Every technology but those in the rings `review` and `ignore`, by name. The document has at"
        " most 5 MB: where it would have more, older moves are left out, then entries at the end;"
        " `left_out` says how many.",
        "document",
        "Radar",
    ),
}
