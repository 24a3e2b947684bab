"""The moves of technologies between the rings, over HTTP."""

from functools import partial

from chalice.app import Blueprint, Response

from chalicelib.models.caller import without_persons
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

MOVES, AUTHORS = ONE + "/moves", ONE + "/authors"


def moves_blueprint(
    edge: Edge,
    technologies: Technologies,
    directorates: DirectorateRegister,
    listing: Listing,
    idempotency: Idempotency,
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", MOVES, query=PAGING, answer="MoveList")
    def list_technology_moves(call: Call) -> Response:
        """List the moves of a technology

        Returns all moves, the newest first. {no_authors} {paged}
        """
        return page_of_moves(call)

    @edge.route(
        routes, "GET", AUTHORS, action="read-authors", query=PAGING, answer="AuthoredMoveList"
    )
    def list_technology_authors(call: Call) -> Response:
        """List the moves of a technology with their authors

        Returns all moves, the newest first. Authors are e-mail addresses, so this needs a token or a
        signature. {paged}
        """
        return page_of_moves(call)

    def page_of_moves(call: Call) -> Response:
        def find(after: Position | None, limit: int) -> Page[str]:
            page = technologies.moves(call.path["technology_id"], after, limit)
            documents = map(move_document, page.items)
            shown = documents if call.authenticated else map(without_persons, documents)
            return Page(tuple(map(as_json, shown)), page.next)

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
    def create_technology_move(call: Call) -> Response:
        """Move a technology to a ring

        Adds a move to the history, which cannot be changed later. The API sets the author and the
        time. With `directorate`, the move applies to the radar of that directorate only. {again}
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
