"""The moves of technologies between the rings, over HTTP."""

from functools import partial

from chalice.app import Blueprint, Response

from chalicelib.models.page import Page, Position
from chalicelib.models.technology import move_document
from chalicelib.models.text import as_json
from chalicelib.routes.edge import Edge
from chalicelib.routes.idempotency import Idempotency
from chalicelib.routes.listing import PAGING, Listing
from chalicelib.routes.requests import Call, json_object
from chalicelib.routes.technologies import ONE, created
from chalicelib.services.directorates import DirectorateRegister
from chalicelib.services.technologies import Technologies

MOVES = ONE + "/moves"


def moves_blueprint(
    edge: Edge,
    technologies: Technologies,
    directorates: DirectorateRegister,
    listing: Listing,
    idempotency: Idempotency,
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", MOVES, query=PAGING, answer="MoveList")
    def list_moves(call: Call) -> Response:
        """The moves of a technology

        All of them, the newest first. {paged}
        """

        def find(after: Position | None, limit: int) -> Page[str]:
            page = technologies.moves(call.path["technology_id"], after, limit)
            return Page(tuple(as_json(move_document(move)) for move in page.items), page.next)

        return listing.answer(call, find)

    @edge.route(
        routes,
        "POST",
        MOVES,
        action="move-technology",
        body="NewMove",
        answer="Technology",
        status=201,
        errors=("conflict",),
    )
    def move_technology(call: Call) -> Response:
        """Move a technology to a ring

        Adds to its history, which cannot be rewritten. The author and the time are the server's.
        A `directorate` moves it on its own radar alone. {again}
        """
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.technology import NewMoveBody

        body = json_object(call.request)
        wanted = parse(NewMoveBody, body)
        id_ = call.path["technology_id"]
        of = directorates.own_radar(wanted.directorate)
        move = partial(
            technologies.move, id_, wanted.ring, wanted.note, call.caller, directorate=of
        )
        return idempotency.answer(call, body, move, partial(created, call.request))

    return routes
