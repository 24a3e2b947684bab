"""Directorates over HTTP."""

from chalice.app import Blueprint, Response

from chalicelib.models.directorate import directorates_document
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call
from chalicelib.routes.responses import require_match, resource, until_written
from chalicelib.services.directorates import DirectorateRegister

PATH = "/api/v1/directorates"


def directorates_blueprint(edge: Edge, directorates: DirectorateRegister) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", PATH, answer="DirectorateList")
    def get_directorates(call: Call) -> Response:
        """Get the directorates

        One directorate has the default radar. A move that names another directorate applies to the
        radar of that directorate only.
        """
        current = directorates.get()
        return resource(call.request, directorates_document(current), current)

    @edge.route(
        routes,
        "PUT",
        PATH,
        action="update-directorates",
        body="DirectorateListChange",
        answer="DirectorateList",
        errors=("conflict",),
    )
    @until_written
    def replace_directorates(call: Call) -> Response:
        """Replace the directorates

        Replaces the whole list, which must have exactly one default. To retire a directorate, disable
        it: the moves that name it stay. {read_first}
        """
        from chalicelib.routes.bodies.directorate import DirectorateListChangeBody
        from chalicelib.routes.writing import Change

        change = Change(call.request, DirectorateListChangeBody)
        current = directorates.get()
        require_match(call.request, current)
        wanted = change.onto(directorates_document(current)).to_record()
        changed = directorates.replace(current, wanted)
        return resource(call.request, directorates_document(changed), changed)

    return routes
