"""What a route is, and by which ways in it can be reached."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from chalice.app import Authorizer, Request, Response

from chalicelib.models.caller import Caller
from chalicelib.routes.requests import Call, Parameter

Handler = Callable[[Call], Response]
Authenticate = Callable[[Request], Caller]
NOTICE = timedelta(days=184)  # six months, whichever they are


@dataclass(frozen=True, slots=True)
class Route:
    """What a route is. The contract is made from it; the handler's docstring is its summary and text.

    `action` is a rule of services.access.RULES; a route without one is public. `body` and `answer`
    are schemas of the contract. `answer` may be a media type of text, and `also` is one that Accept
    can ask for instead. `errors` are problems beyond those that method, path and action bring.
    `deprecated` is the day from which callers are told that the route will be withdrawn.
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
        """The headers Deprecation (RFC 9745) and Sunset (RFC 8594) of a route that will be withdrawn."""
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
        """Whether unknown query parameters are passed over: outside the register's own paths.

        People and monitors open the others with parameters for tracking or against caches. In the
        register a misspelt filter would give an answer to another question.
        """
        return "/api/" not in self.path


@dataclass(frozen=True, slots=True)
class Entrance:
    """A way in, by which every route can be reached under the entrance's own `prefix`.

    `authorizer` gives the gateway's for an action, or for None, which is a public route; its answer
    is None where nobody stands in front of us. `authenticate` finds the caller of a route with an
    action, and where `knows_all_callers`, of public routes too.
    """

    prefix: str
    authorizer: Callable[[str | None], Authorizer | None]
    authenticate: Authenticate
    knows_all_callers: bool = False
