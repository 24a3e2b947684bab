"""Projects over HTTP."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.kept import Kept
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
from chalicelib.routes.listing import PAGING, Listing, search_words
from chalicelib.routes.once import Once
from chalicelib.routes.requests import json_object, one_of, prefix
from chalicelib.routes.responses import as_json, no_content, require_match, resource
from chalicelib.services.projects import Projects
from chalicelib.services.technologies import Technologies

BASE = "/api/v1/projects"
ONE = BASE + "/{project_id}"
FILTERS = ("q", "technology", "stage", "development", "hosting", "programme", "sort")

_texts: Kept[str] = Kept()


def projects_blueprint(
    edge: Edge, projects: Projects, technologies: Technologies, listing: Listing, once: Once
) -> Blueprint:
    routes = Blueprint(__name__)
    represent = in_a_list(projects)

    def one(project: Project) -> dict[str, Any]:
        return shown(project, projects.technology_names([project]))

    @edge.route(routes, "GET", BASE, query=(*FILTERS, *PAGING))
    def list_projects(request: Request, given: dict[str, str]) -> Response:
        query = project_query(given, technologies)
        return listing.answer(
            request, given, lambda *place: projects.find(query, *place), represent
        )

    @edge.route(routes, "GET", ONE)
    def get_project(request: Request, project_id: str) -> Response:
        project = projects.get(project_id)
        return resource(request, one(project), project)

    @edge.route(routes, "POST", BASE, action="create-project")
    def create_project(request: Request, caller: Caller) -> Response:
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.project import NewProjectBody

        body = json_object(request)
        draft = parse(NewProjectBody, body).to_draft()

        def respond(project: Project) -> Response:
            location = f"{prefix(request)}{BASE}/{project.id}"
            return resource(request, one(project), project, 201, location)

        return once.answer(
            request, caller, body, lambda receipt: projects.create(draft, caller, receipt), respond
        )

    @edge.route(routes, "PUT", ONE, action="update-project")
    @edge.route(routes, "PATCH", ONE, action="update-project")
    def write_project(request: Request, caller: Caller, project_id: str) -> Response:
        from chalicelib.routes.bodies.project import ProjectBody
        from chalicelib.routes.writing import Change

        change = Change(request, ProjectBody)
        current = projects.for_writing(project_id, caller, "update-project")
        require_match(request, current)
        draft = change.onto(one(current)).to_draft()
        changed = projects.replace(current, draft, caller)
        return resource(request, one(changed), changed)

    @edge.route(routes, "DELETE", ONE, action="delete-project")
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
        return listing.answer(
            request,
            given,
            lambda *place: projects.of_caller(caller, *place),
            in_a_list(projects),
            owner=f"{caller.service} {caller.key}",
        )

    return routes


def in_a_list(projects: Projects) -> Callable[[Sequence[Project]], list[str]]:
    """How lists show projects: as `shown`, each as JSON."""

    def represent(found: Sequence[Project]) -> list[str]:
        names = projects.technology_names(found)
        return [listed(project, names) for project in found]

    return represent


def shown(project: Project, names: Mapping[str, str]) -> dict[str, Any]:
    """A project with the names that its technologies have today, by their ids; without its contacts."""
    document = project_document(project)
    for use in document["technologies"]:
        use["name"] = names.get(use["technology"], use["technology"])
    return document


def listed(project: Project, names: Mapping[str, str]) -> str:
    """Kept for the next list: making it again is a third of a later list's time."""
    parts = (project, *[names.get(use.technology) for use in project.technologies])
    known = _texts.get(parts)
    if known is not None:
        return known
    text = as_json(shown(project, names))
    return _texts.keep(parts, text, len(text))


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
