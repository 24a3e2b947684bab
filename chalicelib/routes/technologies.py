"""Technologies, their moves and the radar over HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.models.caller import Caller
from chalicelib.models.page import Page
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.models.technology import (
    QUADRANTS,
    RINGS,
    Technology,
    TechnologyQuery,
    technology_document,
)
from chalicelib.routes.edge import Edge
from chalicelib.routes.listing import PAGING, Listing, search_words
from chalicelib.routes.once import Once
from chalicelib.routes.projects import in_a_list
from chalicelib.routes.requests import entity_tags, json_object, one_of, prefix
from chalicelib.routes.responses import (
    as_json,
    entity_tag,
    no_content,
    require_match,
    resource,
)
from chalicelib.services.projects import Projects
from chalicelib.services.radar import radar
from chalicelib.services.technologies import Technologies

BASE = "/api/v1/technologies"
ONE = BASE + "/{technology_id}"
FILTERS = ("q", "quadrant", "ring", "tag")


def technologies_blueprint(
    edge: Edge, technologies: Technologies, listing: Listing, once: Once
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
        return listing.answer(
            request, given, lambda *place: technologies.find(query, *place), represent
        )

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
        return once.answer(
            request,
            caller,
            body,
            lambda receipt: technologies.create(draft, caller, receipt),
            lambda technology: created(request, technology),
        )

    @edge.route(routes, "PUT", ONE, action="update-technology")
    @edge.route(routes, "PATCH", ONE, action="update-technology")
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
    def delete_technology(request: Request, _: Caller, technology_id: str) -> Response:
        current = technologies.get(technology_id)
        require_match(request, current)
        technologies.remove(current)
        return no_content()

    @edge.route(routes, "POST", ONE + "/moves", action="move-technology")
    def add_move(request: Request, caller: Caller, technology_id: str) -> Response:
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.technology import MoveBody

        body = json_object(request)
        said = parse(MoveBody, body)
        return once.answer(
            request,
            caller,
            body,
            lambda receipt: technologies.move(technology_id, said.ring, said.note, caller, receipt),
            lambda technology: created(request, technology),
        )

    return routes


def users_blueprint(
    edge: Edge, technologies: Technologies, projects: Projects, listing: Listing
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", ONE + "/projects", query=PAGING)
    def list_users(request: Request, given: dict[str, str], technology_id: str) -> Response:
        def find(*place: Any) -> Page[Project]:
            query = ProjectQuery(technology=technologies.get(technology_id).id)
            return projects.find(query, *place)

        return listing.answer(request, given, find, in_a_list(projects))

    return routes


def radar_blueprint(edge: Edge, technologies: Technologies, title: str) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", "/api/v1/radar")
    def get_radar(request: Request) -> Response:
        return resource(request, radar(technologies, title))

    return routes


def represent(found: Sequence[Technology]) -> list[str]:
    return [as_json(technology_document(technology)) for technology in found]


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
        if entity_tag(earlier, current) in tags:
            return earlier
    return read
