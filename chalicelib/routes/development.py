"""A development token over HTTP, for the page's sign-in: on the local stage, and nowhere else."""

from collections.abc import Callable

from chalice.app import Blueprint, Response

from chalicelib.errors import Flaw, InvalidError
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call, json_object, pointer
from chalicelib.routes.responses import json_response
from chalicelib.settings import SettingsError

PATH = "/local/token"
# The service, the e-mail address and the groups that the token is to speak of.
Issue = Callable[[str, str, list[str]], str]


def development_blueprint(edge: Edge, issue: Issue) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "POST", PATH)
    def make_token(call: Call) -> Response:
        given = json_object(call.request)
        service, email, groups = (given.get(name) for name in ("service", "email", "groups"))
        if not isinstance(service, str) or not isinstance(email, str):
            raise InvalidError(Flaw(pointer(), "needs service and email, both texts"))
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise InvalidError(Flaw(pointer("groups"), "is not a list of texts"))
        try:
            token = issue(service, email, groups)
        except SettingsError as error:
            raise InvalidError(Flaw(pointer(), str(error))) from None
        return json_response({"token": token}, headers={"Cache-Control": "no-store"})

    return routes
