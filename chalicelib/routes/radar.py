"""The radar over HTTP."""

from collections.abc import Mapping

from chalice.app import Blueprint, Response

from chalicelib.errors import Flaw, InvalidError
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call, Parameter, prefers
from chalicelib.routes.responses import text_resource
from chalicelib.services.directorates import DirectorateRegister
from chalicelib.services.radar import radar
from chalicelib.services.technologies import Technologies

LONGEST_ID = 4  # digits
SVG = "image/svg+xml"
SVG_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
DIRECTORATE = Parameter(
    "directorate", "The id of a directorate. Its own rings replace the default ones"
)
RINGS_SHOWN = Parameter("rings", "`all` adds the technologies in `review` and `ignore`", ("all",))


def radar_blueprint(
    edge: Edge, technologies: Technologies, directorates: DirectorateRegister, title: str
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(
        routes,
        "GET",
        "/api/v1/radar",
        query=(DIRECTORATE, RINGS_SHOWN),
        answer="Radar",
        also=SVG,
    )
    def get_radar(call: Call) -> Response:
        """Get the radar

        Returns the technologies by name. Those in the rings `review` and `ignore` need `rings=all`.
        The document has at most 5 MB. A larger one omits older moves first, and then entries at the
        end; `left_out` has the numbers. {no_authors}

        `Accept: image/svg+xml` returns a drawing of at most 1500 technologies. It lists those in
        `review` and `ignore` only below the rings.
        """
        all_rings = "rings" in call.query
        found = technologies.on_radar(all_rings=all_rings)
        of = directorates.own_radar(directorate_in(call.query))
        if prefers(call.request, SVG):
            from chalicelib.services.radar_svg import radar_svg  # no other request needs it

            drawing = radar_svg(found, title, of, all_rings=all_rings)
            response = text_resource(call.request, drawing, SVG, SVG_HEADERS)
        else:
            has_authors = call.authenticated is not None
            document = radar(found, title, of, all_rings=all_rings, has_authors=has_authors)
            response = text_resource(call.request, document, "application/json")
        response.headers["Vary"] = "Accept"
        return response

    return routes


def directorate_in(query: Mapping[str, str]) -> int | None:
    """The id in `directorate`, if it was sent. Raises InvalidError."""
    given = query.get("directorate")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= LONGEST_ID):
        raise InvalidError(Flaw("/directorate", "must be a whole number: the id of a directorate"))
    return int(given)
