"""The radar over HTTP."""

from chalice.app import Blueprint, Response

from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call
from chalicelib.routes.responses import text_resource
from chalicelib.services.radar import radar
from chalicelib.services.technologies import Technologies


def radar_blueprint(edge: Edge, technologies: Technologies, title: str) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", "/api/v1/radar", answer="Radar")
    def get_radar(call: Call) -> Response:
        """The radar

        Every technology but those in the rings `review` and `ignore`, by name. The document has at
        most 5 MB: where it would have more, older moves are left out, then entries at the end;
        `left_out` says how many.
        """
        document = radar(technologies.on_radar(), title)
        return text_resource(call.request, document, "application/json")

    return routes
