"""Technologies, their moves and the radar over HTTP."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.models.caller import Caller
from chalicelib.models.page import Page, Position
from chalicelib.models.technology import (
    QUADRANTS,
    RINGS,
    Technology,
    TechnologyQuery,
    move_document,
    technology_document,
)
from chalicelib.models.text import as_json
from chalicelib.routes.edge import Edge
from chalicelib.routes.idempotency import Idempotency
from chalicelib.routes.listing import PAGING, Listing, search_words
from chalicelib.routes.requests import entity_tags, json_object, one_of, prefix
from chalicelib.routes.responses import (
    entity_tag,
    no_content,
    require_match,
    resource,
    text_resource,
    until_written,
)
from chalicelib.services.projects import Projects
from chalicelib.services.radar import radar
from chalicelib.services.technologies import Technologies

BASE = "/api/v1/technologies"
ONE = BASE + "/{technology_id}"
MOVES = ONE + "/moves"
FILTERS = ("q", "quadrant", "ring", "tag")


def technologies_blueprint(
    edge: Edge, technologies: Technologies, listing: Listing, idempotency: Idempotency
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", BASE, query=(*FILTERS, *PAGING))
    def list_technologies(request: Request, given: dict[str, str]) -> Response:
        query = TechnologyQuery(
            words=search_words(given),
            quadrant=one_of(given, "quadrant", QUADRANTS),
            ring=one_of(given, "ring", RINGS),
            tag=given.get("tag"),
        )
        return listing.answer(request, given, partial(technologies.find, query))

    @edge.route(routes, "GET", ONE)
    def get_technology(request: Request, technology_id: str) -> Response:
        technology = technologies.get(technology_id)
        return resource(request, technology_document(technology), technology)

    @edge.route(routes, "POST", BASE, action="create-technology")
    def create_technology(request: Request, caller: Caller) -> Response:
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.technology import NewTechnologyBody

        body = json_object(request)
        said = parse(NewTechnologyBody, body)
        draft = said.to_draft((technologies.first_move(said.ring, caller),))
        create = partial(technologies.create, draft, caller)
        return idempotency.answer(request, caller, body, create, partial(created, request))

    @edge.route(routes, "PUT", ONE, action="update-technology")
    @edge.route(routes, "PATCH", ONE, action="update-technology")
    @until_written
    def write_technology(request: Request, caller: Caller, technology_id: str) -> Response:
        from chalicelib.routes.bodies.technology import TechnologyBody
        from chalicelib.routes.writing import Change

        change = Change(request, TechnologyBody)
        current = technologies.get(technology_id)
        require_match(request, current)
        said = change.onto(as_read(request, change.sent, current))
        changed = technologies.replace(current, said.to_draft(current.moves), caller)
        return resource(request, technology_document(changed), changed)

    @edge.route(routes, "DELETE", ONE, action="delete-technology")
    @until_written
    def delete_technology(request: Request, _: Caller, technology_id: str) -> Response:
        current = technologies.get(technology_id)
        require_match(request, current)
        technologies.remove(current)
        return no_content()

    return routes


def moves_blueprint(
    edge: Edge, technologies: Technologies, listing: Listing, idempotency: Idempotency
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", MOVES, query=PAGING)
    def list_moves(request: Request, given: dict[str, str], technology_id: str) -> Response:
        def find(after: Position | None, limit: int) -> Page[str]:
            page = technologies.moves(technology_id, after, limit)
            return Page(tuple(as_json(move_document(move)) for move in page.items), page.next)

        return listing.answer(request, given, find)

    @edge.route(routes, "POST", MOVES, action="move-technology")
    def add_move(request: Request, caller: Caller, technology_id: str) -> Response:
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.technology import MoveBody

        body = json_object(request)
        said = parse(MoveBody, body)
        move = partial(technologies.move, technology_id, said.ring, said.note, caller)
        return idempotency.answer(request, caller, body, move, partial(created, request))

    return routes


def users_blueprint(edge: Edge, projects: Projects, listing: Listing) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", ONE + "/projects", query=PAGING)
    def list_users(request: Request, given: dict[str, str], technology_id: str) -> Response:
        return listing.answer(request, given, partial(projects.of_technology, technology_id))

    return routes


def radar_blueprint(edge: Edge, technologies: Technologies, title: str) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", "/api/v1/radar")
    def get_radar(request: Request) -> Response:
        document = radar(technologies.on_radar(), title)
        return text_resource(request, document, "application/json")

    return routes


def created(request: Request, technology: Technology) -> Response:
    location = f"{prefix(request)}{BASE}/{technology.id}"
    return resource(request, technology_document(technology), technology, 201, location)


def as_read(request: Request, sent: Mapping[str, Any], current: Technology) -> dict[str, Any]:
    """The current technology, with the count of projects that its writer read.

    Projects come and go without a new version; If-Match shows that the count sent was the one read.
    """
    read = technology_document(current)
    count = sent.get("project_count")
    if isinstance(count, int):
        earlier = technology_document(replace(current, project_count=count))
        tags = {tag for _, tag in entity_tags(request.headers.get("if-match", ""))}
        if entity_tag(as_json(earlier), current) in tags:
            return earlier
    return read
