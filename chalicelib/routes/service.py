"""The service itself: its index, its health, and what it knows of the caller."""

from chalice.app import Blueprint, Request, Response

from chalicelib import __version__
from chalicelib.models.caller import Caller
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import prefix
from chalicelib.routes.responses import json_response, resource
from chalicelib.services.access import allowed
from chalicelib.stores.port import Store

LINKS = {
    "contract": "/openapi.json",
    "docs": "/docs",
    "health": "/health",
    "projects": "/api/v1/projects",
    "technologies": "/api/v1/technologies",
    "radar": "/api/v1/radar",
    "me": "/api/v1/me",
}


def service_blueprint(edge: Edge, store: Store, stage: str) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", "/")
    def get_index(request: Request) -> Response:
        before = prefix(request)
        links = {name: before + path for name, path in LINKS.items()}
        return json_response(
            {"service": "landscape-api", "version": __version__, "stage": stage, "links": links}
        )

    @edge.route(routes, "GET", "/health")
    def get_health(_: Request) -> Response:
        store.check()
        return json_response({"status": "ok", "version": __version__})

    @edge.route(routes, "GET", "/api/v1/me", action="read-me")
    def get_me(request: Request, caller: Caller) -> Response:
        return resource(
            request,
            {
                "service": caller.service,
                "email": caller.email,
                "groups": sorted(caller.groups),
                "may": allowed(caller),
            },
        )

    return routes
