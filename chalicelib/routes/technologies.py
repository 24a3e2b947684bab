"""Technologies and their moves over HTTP."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.models.caller import without_persons
from chalicelib.models.page import Page, Position
from chalicelib.models.project import CATEGORIES
from chalicelib.models.record import changed_members
from chalicelib.models.technology import (
    QUADRANTS,
    RINGS,
    Technology,
    TechnologyQuery,
    technology_document,
    without_authors,
)
from chalicelib.models.text import as_json
from chalicelib.routes.edge import Edge
from chalicelib.routes.idempotency import Idempotency
from chalicelib.routes.listing import PAGING, Find, Listing, Q, search_words
from chalicelib.routes.requests import Call, Parameter, entity_tags, json_object, prefix
from chalicelib.routes.responses import (
    entity_tag,
    no_content,
    require_match,
    resource,
    until_written,
)
from chalicelib.services.access import require_members
from chalicelib.services.projects import Projects
from chalicelib.services.technologies import Technologies

BASE = "/api/v1/technologies"
ONE = BASE + "/{technology_id}"
FILTERS = (
    Q,
    Parameter("quadrant", "The quadrant of the technology", QUADRANTS),
    Parameter("ring", "The current ring of the technology in the default directorate", RINGS),
    Parameter("tag", "A tag of the technology, in any case, like `data`"),
    Parameter("category", "A category of the technology", CATEGORIES),
)
WRITABLE = ("name", "quadrant", "aliases", "tags", "categories", "description", "link")
TAKEN = ("name-taken", "conflict")


def technologies_blueprint(
    edge: Edge, technologies: Technologies, listing: Listing, idempotency: Idempotency
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", BASE, query=(*FILTERS, *PAGING), answer="TechnologyList")
    def list_technologies(call: Call) -> Response:
        """List technologies

        Returns technologies by name. With `q`, {by_rank} {paged}
        """
        given = call.query
        query = TechnologyQuery(
            words=search_words(given),
            quadrant=given.get("quadrant"),
            ring=given.get("ring"),
            tag=given.get("tag"),
            category=given.get("category"),
        )
        return listing.answer(call, partial(_listed, call, partial(technologies.find, query)))

    @edge.route(routes, "GET", ONE, answer="Technology")
    def get_technology(call: Call) -> Response:
        """Get a technology

        The answer has the last {shown_moves} moves and the number of projects. {no_authors}
        """
        technology = technologies.get(call.path["technology_id"])
        return resource(call.request, _document(call, technology), technology)

    @edge.route(
        routes,
        "POST",
        BASE,
        action="create-technology",
        body="NewTechnology",
        answer="Technology",
        status=201,
        errors=TAKEN,
    )
    def create_technology(call: Call) -> Response:
        """Create a technology

        `ring` is the ring of the first move. {again}
        """
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.technology import NewTechnologyBody

        body = json_object(call.request)
        wanted = parse(NewTechnologyBody, body)
        draft = wanted.to_draft((technologies.first_move(wanted.ring, call.caller),))
        create = partial(technologies.create, draft, call.caller)
        return idempotency.answer(call, body, create, partial(created, call.request))

    @edge.route(
        routes,
        "PUT",
        ONE,
        action="update-technology",
        body="TechnologyChange",
        answer="Technology",
        errors=TAKEN,
    )
    def replace_technology(call: Call) -> Response:
        """Replace a technology

        An absent member becomes empty. The moves stay. {read_first}
        """
        return write(call)

    @edge.route(
        routes,
        "PATCH",
        ONE,
        action="patch-technology",
        body="TechnologyPatch",
        answer="Technology",
        errors=TAKEN,
    )
    def update_technology(call: Call) -> Response:
        """Update a technology

        {patched} {read_first}
        """
        return write(call)

    @until_written
    def write(call: Call) -> Response:
        from chalicelib.routes.bodies.technology import TechnologyChangeBody
        from chalicelib.routes.writing import Change

        change = Change(call.request, TechnologyChangeBody)
        current = technologies.get(call.path["technology_id"])
        require_match(call.request, current)
        wanted = change.onto(as_read(call.request, change.sent, current))
        draft = wanted.to_draft(current.moves)
        require_members(call.caller, "patch-technology", changed_members(draft, current, WRITABLE))
        changed = technologies.replace(current, draft, call.caller)
        return resource(call.request, technology_document(changed), changed)

    @edge.route(routes, "DELETE", ONE, action="delete-technology", status=204, errors=("in-use",))
    @until_written
    def delete_technology(call: Call) -> Response:
        """Delete a technology

        Fails with a 409 if a project uses the technology.
        """
        current = technologies.get(call.path["technology_id"])
        require_match(call.request, current)
        technologies.remove(current)
        return no_content()

    return routes


def users_blueprint(edge: Edge, projects: Projects, listing: Listing) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", ONE + "/projects", query=PAGING, answer="ProjectList")
    def list_technology_projects(call: Call) -> Response:
        """List the projects that use a technology

        Returns projects by name. {paged}
        """
        return listing.answer(call, partial(projects.of_technology, call.path["technology_id"]))

    return routes


def created(request: Request, technology: Technology) -> Response:
    location = f"{prefix(request)}{BASE}/{technology.id}"
    return resource(request, technology_document(technology), technology, 201, location)


def as_read(request: Request, sent: Mapping[str, object], current: Technology) -> dict[str, Any]:
    """The current technology, with the count of projects and the authors that its writer read.

    Projects change the count and the categories without a new version. If-Match shows that the
    count sent is the count read. A caller who read a move without its author sends it so.
    """
    read = _as_counted(request, sent, current)
    moves = sent.get("moves")
    if isinstance(moves, list) and len(moves) == len(read["moves"]):
        public = without_authors(read)["moves"]
        choices = zip(moves, read["moves"], public, strict=True)
        read["moves"] = [
            bare if isinstance(move, dict) and "author" not in move else full
            for move, full, bare in choices
        ]
    return read


def _document(call: Call, technology: Technology) -> dict[str, Any]:
    document = technology_document(technology)
    return document if call.authenticated else without_authors(document)


def _listed(call: Call, find: Find, after: Position | None, limit: int) -> Page[str]:
    """Without a credential, removes persons at every depth, whichever release wrote the text."""
    page = find(after, limit)
    if call.authenticated:
        return page
    public = (json.loads(text, object_hook=without_persons) for text in page.items)
    return Page(tuple(map(as_json, public)), page.next)


def _as_counted(
    request: Request, sent: Mapping[str, object], current: Technology
) -> dict[str, Any]:
    count, categories = sent.get("project_count"), sent.get("categories")
    if isinstance(count, int):
        tags = {tag for _, tag in entity_tags(request.headers.get("if-match", ""))}
        for shown in (list(current.categories), categories):
            earlier = technology_document(replace(current, project_count=count))
            earlier["categories"] = shown
            seen = (earlier, without_authors(earlier))
            if any(entity_tag(as_json(each), current) in tags for each in seen):
                return earlier
    return technology_document(current)
