"""The merge of two technologies over HTTP."""

from dataclasses import asdict

from chalice.app import Blueprint, Response

from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call, json_object
from chalicelib.routes.responses import resource
from chalicelib.services.clock import utc_now
from chalicelib.stores.port import Store

MERGE = "/api/v1/technologies/{technology_id}/merge"


def merging_blueprint(edge: Edge, store: Store) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(
        routes,
        "POST",
        MERGE,
        action="merge-technology",
        body="TechnologyMerge",
        answer="MergeProgress",
        errors=("conflict",),
    )
    def merge_technology(call: Call) -> Response:
        """Merge a technology into another

        A call changes up to {most_projects} projects, which then name the technology `into`. Repeat
        the call until `left` is 0: the first technology is then deleted. Its names and its id become
        aliases of the other technology, which has at most {most_aliases}. Its categories and moves are
        added to the other technology, whose ring stays. You can repeat a call at any time.
        """
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.technology import TechnologyMergeBody
        from chalicelib.services.merging import Merging

        into = parse(TechnologyMergeBody, json_object(call.request)).into
        merging = Merging(store.technologies, store.projects, utc_now)
        merged = merging.merge(call.path["technology_id"], into, call.caller)
        return resource(call.request, asdict(merged))

    return routes
