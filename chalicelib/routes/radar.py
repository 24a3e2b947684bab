"""The radar over HTTP."""

from collections.abc import Mapping

from chalice.app import Blueprint, Response

from chalicelib.errors import Flaw, InvalidError
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call, Parameter
from chalicelib.routes.responses import text_resource
from chalicelib.services.directorates import DirectorateRegister
from chalicelib.services.radar import radar
from chalicelib.services.technologies import Technologies

LONGEST_ID = 4  # digits
DIRECTORATE = Parameter(
    "directorate", "The id of a directorate: its own rings, and the default ones"
)
RINGS_SHOWN = Parameter("rings", "`all`: also technologies in `review` and `ignore`", ("all",))


def radar_blueprint(
    edge: Edge, technologies: Technologies, directorates: DirectorateRegister, title: str
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", "/api/v1/radar", query=(DIRECTORATE, RINGS_SHOWN), answer="Radar")
    def get_radar(call: Call) -> Response:
        """Get the radar

        Every technology but those in the rings `review` and `ignore`, by name; with `rings=all`
        those too. The document has at most 5 MB: where it would have more, older moves are left
        out, then entries at the end; `left_out` says how many. {no_authors}
        """
        all_rings = "rings" in call.query
        found = technologies.on_radar(all_rings=all_rings)
        of = directorates.own_radar(directorate_in(call.query))
        has_authors = call.authenticated is not None
        document = radar(found, title, of, all_rings=all_rings, has_authors=has_authors)
        return text_resource(call.request, document, "application/json")

    return routes


def directorate_in(query: Mapping[str, str]) -> int | None:
    """Raises InvalidError."""
    given = query.get("directorate")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= LONGEST_ID):
        raise InvalidError(Flaw("/directorate", "is not an id: a whole number"))
    return int(given)
