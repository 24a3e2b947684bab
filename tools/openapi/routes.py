"""The routes as a deployed stage has them, and what each says of itself."""

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

# The tag of a route is the first part of its path behind /api/v1, but for these.
OTHER_TAGS = {"me": "caller", "": "service"}
# What several handlers' docstrings say, by the name in braces.
PHRASES = {
    "shown_moves": f"{SHOWN_MOVES}",
    "most_projects": f"{MOST_PROJECTS}",
    "most_aliases": f"{MOST_ALIASES}",
    "size": f"A project and its contacts have at most {LARGEST_PROJECT // 1024} KB as JSON.",
    "read_first": "Send `If-Match` with the ETag that you read, or `*` for whatever version there is."
    " What you read you can edit and send back: read-only members may come along unchanged.",
    "by_rank": "with `q` the one with the fewest letters in all its words comes first, then by id",
    "named": "Technologies are named by id, name or alias; what a name means may be told for a minute"
    " as it was before a renaming. A technology that nobody knows is made, in ring `review`: at most"
    f" {MOST_IN_A_REQUEST} with a request and {MOST_IN_A_DAY} in a day (UTC) for each caller.",
    "patched": "JSON Merge Patch (RFC 7396): what is left out stays, null takes away. It may also come"
    " as `application/json`.",
    "no_authors": "Without a credential the authors of moves, e-mail addresses, are left out.",
    "paged": "Page by page: go on with `next_cursor` until it is null. A page examines at most"
    f" {EXAMINED_AT_MOST} rows and {EXAMINED_BYTES // 1_000_000} MB.",
    "again": "With an `Idempotency-Key` the same request gives the first answer again for 24 hours.",
}


@dataclass(frozen=True)
class Operation:
    """A route, and what the contract calls it: names that the route's handler gives."""

    route: Route
    content_types: tuple[str, ...]
    authorizer: str | None

    @property
    def id(self) -> str:
        first, *others = self.route.handler.__name__.split("_")
        return first + "".join(part.title() for part in others)

    @property
    def tag(self) -> str:
        """Raises LookupError where there is no such tag."""
        _, _, behind = self.route.path.partition("/api/v1/")
        part = behind.partition("/")[0]
        found = OTHER_TAGS.get(part, part)
        if found not in TAGS:
            raise LookupError(
                f"The contract has no tag {found}: write tools/openapi/resources/{found}.py"
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
        """Raises LookupError where the handler has no docstring."""
        if not self.route.handler.__doc__:
            raise LookupError(f"{self.route.handler.__name__} has no docstring for the contract")
        return self.route.handler.__doc__.strip()

    @property
    def is_list(self) -> bool:
        return any(parameter.name == "cursor" for parameter in self.route.query)

    @property
    def is_read(self) -> bool:
        """Whether it has an ETag to ask again with: not what is anew each time."""
        route = self.route
        return (
            route.method == "GET" and not self.is_list and route.answer not in ("Index", "Health")
        )

    @property
    def is_record(self) -> bool:
        """Whether its path ends with a record's id."""
        return self.route.path.endswith("_id}")

    @property
    def needs_match(self) -> bool:
        """Whether a write asks for the version that was read."""
        return self.route.method in ("PUT", "PATCH", "DELETE")


def operations(place: Path) -> Iterator[Operation]:
    """Each route once: not under /iam again, and without OPTIONS and HEAD.

    `place` is a folder for an empty store.
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
