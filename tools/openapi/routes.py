"""The routes of a deployed stage, with the names and texts from each handler."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import create_app
from chalicelib.models.page import EXAMINED_AT_MOST, EXAMINED_BYTES
from chalicelib.models.project import LARGEST_PROJECT
from chalicelib.models.technology import MOST_ALIASES, SHOWN_MOVES
from chalicelib.routes.declaration import Route
from chalicelib.services.merging import MOST_PROJECTS
from chalicelib.services.new_technologies import MOST_IN_A_DAY, MOST_IN_A_REQUEST
from chalicelib.settings import Settings
from ops.stage import stage_environment
from tools.openapi.resources import TAGS

# A route's tag is the first part of its path after /api/v1. These routes have other tags.
OTHER_TAGS = {"me": "caller", "": "service"}
# Sentences that several handlers' docstrings share, by the name in braces.
PHRASES = {
    "shown_moves": f"{SHOWN_MOVES}",
    "most_projects": f"{MOST_PROJECTS}",
    "most_aliases": f"{MOST_ALIASES}",
    "size": f"A project and its contacts have at most {LARGEST_PROJECT // 1024} KB as JSON.",
    "read_first": "Send `If-Match` with the ETag that you read, or `*` for any version. You can edit an"
    " answer and send it back, with its read-only members unchanged.",
    "by_rank": "the order is by the number of letters in all words of the record, then by id.",
    "named": "Name a technology by id, name or alias. A renaming takes effect within a minute. An"
    " unknown name creates a technology in the ring `review`: at most"
    f" {MOST_IN_A_REQUEST} in a request, and {MOST_IN_A_DAY} a day (UTC) for each caller.",
    "patched": "JSON Merge Patch (RFC 7396): an absent member stays, and null deletes it. The type"
    " `application/json` is also accepted.",
    "no_authors": "Authors of moves are e-mail addresses, so only answers under `/iam` have them. With a"
    " token, use `listTechnologyAuthors`.",
    "paged": "For the next page, send `next_cursor` as `cursor`. A page examines at most"
    f" {EXAMINED_AT_MOST} rows and {EXAMINED_BYTES // 1_000_000} MB.",
    "again": "A repeated request with the same `Idempotency-Key` returns the first answer again for 24"
    " hours.",
}


@dataclass(frozen=True)
class Operation:
    """A route, and its names and texts in the contract, which come from its handler."""

    route: Route
    content_types: tuple[str, ...]
    authorizer: str | None

    @property
    def id(self) -> str:
        first, *others = self.route.handler.__name__.split("_")
        return first + "".join(part.title() for part in others)

    @property
    def tag(self) -> str:
        """Raises LookupError for an unknown tag."""
        _, _, behind = self.route.path.partition("/api/v1/")
        part = behind.partition("/")[0]
        found = OTHER_TAGS.get(part, part)
        if found not in TAGS:
            raise LookupError(
                f"The contract has no tag {found}: create tools/openapi/resources/{found}.py"
            )
        return found

    @property
    def summary(self) -> str:
        return self._text.partition("\n")[0]

    @property
    def description(self) -> str:
        return " ".join(self._text.partition("\n")[2].split()).format_map(PHRASES)

    @property
    def _text(self) -> str:
        """Raises LookupError if the handler has no docstring."""
        if not self.route.handler.__doc__:
            raise LookupError(
                f"{self.route.handler.__name__} has no text for the contract: add a docstring"
            )
        return self.route.handler.__doc__.strip()

    @property
    def is_list(self) -> bool:
        return any(parameter.name == "cursor" for parameter in self.route.query)

    @property
    def is_read(self) -> bool:
        """Whether the answer has an ETag for `If-None-Match`. The index and the health have none."""
        route = self.route
        return (
            route.method == "GET" and not self.is_list and route.answer not in ("Index", "Health")
        )

    @property
    def is_record(self) -> bool:
        """Whether the path ends with the id of a record."""
        return self.route.path.endswith("_id}")

    @property
    def needs_match(self) -> bool:
        """Whether the operation needs `If-Match`."""
        return self.route.method in ("PUT", "PATCH", "DELETE")


def operations(place: Path) -> Iterator[Operation]:
    """Each route once, without the copies under /iam and without OPTIONS and HEAD.

    `place` is an empty folder for a database.
    """
    environment = {
        "LANDSCAPE_STAGE": "dev",
        "LANDSCAPE_STORE_URL": f"sqlite:///{place / 'routes.db'}",
        "XDG_STATE_HOME": str(place),
    }
    app = create_app(Settings.read(stage_environment("local", environment)))
    for path, methods in app.routes.items():
        for method, entry in methods.items():
            view: Any = entry.view_function
            if method not in ("OPTIONS", "HEAD") and view.route.path == path:
                authorizer = entry.authorizer.name if entry.authorizer else None
                yield Operation(view.route, tuple(entry.content_types), authorizer)
