"""For the local stage only: development tokens for the page's sign-in, and unknown paths."""

from collections.abc import Callable

from chalice.app import Blueprint, Chalice, Request, Response

from chalicelib.errors import Flaw, ForbiddenError, InvalidError
from chalicelib.origins import is_this_machine
from chalicelib.routes.edge import UNKNOWN, Edge
from chalicelib.routes.problems import EncodedBodyError
from chalicelib.routes.requests import Call, json_object, pointer
from chalicelib.routes.responses import json_response
from chalicelib.services import access
from chalicelib.settings import SettingsError

PATH = "/local/token"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
DEEPEST = 16  # parts of a path; a deeper one gets Chalice's own 403
# The token's service, e-mail address and groups.
Issue = Callable[[str, str, list[str]], str]


def development_blueprint(edge: Edge, issue: Issue, origins: frozenset[str]) -> Blueprint:
    """`origins` are the origins of other machines whose pages may also request a token."""
    routes = Blueprint(__name__)

    @edge.route(routes, "POST", PATH)
    def make_token(call: Call) -> Response:
        _require_this_machine(call.request, origins)
        if not _is_json(call.request):
            # Chalice accepts no type, and `text/plain; application/json`: any page can send these.
            raise EncodedBodyError("Send the header Content-Type: application/json")
        given = json_object(call.request)
        service, email, groups = (given.get(name) for name in ("service", "email", "groups"))
        if not isinstance(service, str) or not isinstance(email, str):
            raise InvalidError(Flaw(pointer(), "must have service and email, both strings"))
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise InvalidError(Flaw(pointer("groups"), "must be a list of strings"))
        try:
            token = issue(service, email, groups)
        except SettingsError as error:
            raise InvalidError(Flaw(pointer(), str(error))) from None
        warnings = access.unknown_groups(service, groups)
        told = {"token": token, "warnings": warnings}
        return json_response(told, headers={"Cache-Control": "no-store"})

    return routes


def add_unknown_paths(app: Chalice) -> None:
    """Adds routes for all other paths, so that the edge answers them and not `chalice local`."""

    def unknown(*_: str, **__: str) -> Response:
        raise NotImplementedError  # the edge answers first

    for parts in range(1, DEEPEST + 1):
        path = "".join(f"{UNKNOWN}{number}}}" for number in range(parts))
        app.route(path, methods=METHODS, content_types=[])(unknown)


def _require_this_machine(request: Request, origins: frozenset[str]) -> None:
    """Raises ForbiddenError for other sites' pages, also if their name resolves to this machine."""
    if not is_this_machine(request.headers.get("host", "")):
        raise ForbiddenError("Development tokens are only for localhost: call http://localhost:…")
    origin = request.headers.get("origin")
    if origin is None or origin in origins or is_this_machine(origin.partition("://")[2]):
        return
    raise ForbiddenError("This page's origin cannot get development tokens: add it to CORS_ORIGINS")


def _is_json(request: Request) -> bool:
    kind: str = request.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower() == "application/json"
