"""The radar over HTTP."""

from chalice.app import Blueprint, Response

from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call, Parameter
from chalicelib.routes.responses import text_resource
from chalicelib.services.radar import radar
from chalicelib.services.technologies import Technologies

RINGS_SHOWN = Parameter("rings", "`all`: also technologies in `review` and `ignore`", ("all",))


def radar_blueprint(edge: Edge, technologies: Technologies, title: str) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", "/api/v1/radar", query=(RINGS_SHOWN,), answer="Radar")
    def get_radar(call: Call) -> Response:
        """The radar

        Every technology but those in the rings `review` and `ignore`, by name; with `rings=all`
        those too. The document has at
        most 5 MB: where it would have more, older moves are left out, then entries at the end;
        `left_out` says how many.
        """
        document = radar(technologies.on_radar(all_rings="rings" in call.query), title)
        return text_resource(call.request, document, "application/json")

    return routes
