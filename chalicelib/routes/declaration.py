"""The declaration of a route, and of the entrances by which callers reach it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from chalice.app import Authorizer, Request, Response

from chalicelib.models.caller import Caller
from chalicelib.routes.requests import Call, Parameter

Handler = Callable[[Call], Response]
Authenticate = Callable[[Request], Caller]
NOTICE = timedelta(days=184)  # the longest six months


@dataclass(frozen=True, slots=True)
class Route:
    """A route. The contract is made from it; the handler's docstring is its summary and text.

    `action` is a rule of services.access.RULES; a route without one is public. `body` and `answer`
    are schemas of the contract. `answer` may be a media type of text, and `also` is one that Accept
    can ask for instead. `errors` are problems beyond those of the method, the path and the action.
    `deprecated` is the day from which responses announce the route's withdrawal.
    """

    handler: Handler
    method: str
    path: str
    action: str | None
    query: tuple[Parameter, ...]
    body: str | None
    answer: str | None
    status: int
    errors: tuple[str, ...]
    deprecated: date | None = None
    also: str | None = None

    @property
    def notice(self) -> dict[str, str]:
        """The headers Deprecation (RFC 9745) and Sunset (RFC 8594), if the route is deprecated."""
        if self.deprecated is None:
            return {}
        since = datetime(*self.deprecated.timetuple()[:3], tzinfo=UTC)
        until = since + NOTICE
        return {
            "Deprecation": f"@{since.timestamp():.0f}",
            "Sunset": f"{until:%a, %d %b %Y %H:%M:%S} GMT",
        }

    @property
    def answers_head(self) -> bool:
        return self.method == "GET" and self.action is None

    @property
    def takes_any_query(self) -> bool:
        """Whether unknown query parameters are ignored: true outside the register's own paths.

        Other paths get parameters for tracking or against caches, from people and monitors. In the
        register a misspelt filter must fail, because it would return the wrong rows.
        """
        return "/api/" not in self.path


@dataclass(frozen=True, slots=True)
class Entrance:
    """A way to reach every route, under a `prefix` of its own.

    `authorizer` returns the gateway's authorizer of an action, or None where no gateway checks. Its
    argument is None for a public route. `authenticate` finds the caller of a route with an action,
    and of public routes too with `knows_all_callers`.
    """

    prefix: str
    authorizer: Callable[[str | None], Authorizer | None]
    authenticate: Authenticate
    knows_all_callers: bool = False
