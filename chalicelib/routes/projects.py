"""Projects over HTTP."""

from functools import partial

from chalice.app import Blueprint, Request, Response

from chalicelib.models.caller import Caller
from chalicelib.models.project import (
    DEVELOPMENTS,
    HOSTINGS,
    SORTS,
    STAGES,
    Project,
    ProjectQuery,
    project_document,
)
from chalicelib.models.text import name_key
from chalicelib.routes.edge import Edge
from chalicelib.routes.idempotency import Idempotency
from chalicelib.routes.listing import PAGING, Listing, search_words
from chalicelib.routes.requests import json_object, one_of, prefix
from chalicelib.routes.responses import no_content, require_match, resource, until_written
from chalicelib.services.projects import Projects
from chalicelib.services.technologies import Technologies

BASE = "/api/v1/projects"
ONE = BASE + "/{project_id}"
FILTERS = ("q", "technology", "stage", "development", "hosting", "programme", "sort")


def projects_blueprint(
    edge: Edge,
    projects: Projects,
    technologies: Technologies,
    listing: Listing,
    idempotency: Idempotency,
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", BASE, query=(*FILTERS, *PAGING))
    def list_projects(request: Request, given: dict[str, str]) -> Response:
        query = project_query(given, technologies)
        return listing.answer(request, given, partial(projects.find, query))

    @edge.route(routes, "GET", ONE)
    def get_project(request: Request, project_id: str) -> Response:
        project = projects.get(project_id)
        return resource(request, project_document(project), project)

    @edge.route(routes, "POST", BASE, action="create-project")
    def create_project(request: Request, caller: Caller) -> Response:
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.project import NewProjectBody

        body = json_object(request)
        draft = parse(NewProjectBody, body).to_draft()

        def respond(project: Project) -> Response:
            location = f"{prefix(request)}{BASE}/{project.id}"
            return resource(request, project_document(project), project, 201, location)

        return idempotency.answer(
            request, caller, body, partial(projects.create, draft, caller), respond
        )

    @edge.route(routes, "PUT", ONE, action="update-project")
    @edge.route(routes, "PATCH", ONE, action="update-project")
    @until_written
    def write_project(request: Request, caller: Caller, project_id: str) -> Response:
        from chalicelib.routes.bodies.project import ProjectBody
        from chalicelib.routes.writing import Change

        change = Change(request, ProjectBody)
        current = projects.for_writing(project_id, caller, "update-project")
        require_match(request, current)
        draft = change.onto(project_document(current)).to_draft()
        changed = projects.replace(current, draft, caller)
        return resource(request, project_document(changed), changed)

    @edge.route(routes, "DELETE", ONE, action="delete-project")
    @until_written
    def delete_project(request: Request, caller: Caller, project_id: str) -> Response:
        current = projects.for_writing(project_id, caller, "delete-project")
        require_match(request, current)
        projects.remove(current)
        return no_content()

    return routes


def my_projects_blueprint(edge: Edge, projects: Projects, listing: Listing) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", "/api/v1/me/projects", "list-my-projects", query=PAGING)
    def list_my_projects(request: Request, caller: Caller, given: dict[str, str]) -> Response:
        owner = f"{caller.service} {caller.key}"
        return listing.answer(request, given, partial(projects.of_caller, caller), owner)

    return routes


def project_query(given: dict[str, str], technologies: Technologies) -> ProjectQuery:
    """Raises InvalidError. A technology that nobody knows is used by no project."""
    technology = given.get("technology")
    programme = given.get("programme")
    return ProjectQuery(
        words=search_words(given),
        technology=None if technology is None else technologies.id_of(technology) or "",
        programme=None if programme is None else name_key(programme),
        stage=one_of(given, "stage", STAGES),
        development=one_of(given, "development", DEVELOPMENTS),
        hosting=one_of(given, "hosting", HOSTINGS),
        sort=one_of(given, "sort", SORTS),
    )
