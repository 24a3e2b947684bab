"""The service itself: its index, its health, and the caller's identity."""

from chalice.app import Blueprint, Response

from chalicelib import __version__
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call, prefers, prefix
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

    @edge.route(routes, "GET", "/", answer="Index", also="text/html")
    def get_index(call: Call) -> Response:
        """Get the index

        Returns the name, release and stage of the API, and its links.
        With `Accept: text/html`, returns them as a page.
        """
        before = prefix(call.request)
        links = {name: before + path for name, path in LINKS.items()}
        index = {"service": "landscape-api", "version": __version__, "stage": stage}
        if prefers(call.request, "text/html"):
            from chalicelib.routes import index_page  # no other request pays for it

            response = Response(index_page.page(index, links), {**index_page.HEADERS})
        else:
            response = json_response({**index, "links": links})
        response.headers["Vary"] = "Accept"
        return response

    @edge.route(routes, "GET", "/health", answer="Health")
    def get_health(_: Call) -> Response:
        """Get the health of the API

        Reads one record of the database.
        """
        store.ping()
        return json_response({"status": "ok", "version": __version__})

    @edge.route(routes, "GET", "/api/v1/me", action="read-me", answer="Caller")
    def get_me(call: Call) -> Response:
        """Get the caller

        Returns the identity in the token or the signature, and its access rights.
        """
        caller = call.caller
        return resource(
            call.request,
            {
                "service": caller.service,
                "email": caller.email,
                "groups": sorted(caller.groups),
                "may": allowed(caller),
            },
        )

    return routes
