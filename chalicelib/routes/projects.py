"""Projects over HTTP."""

from functools import partial

from chalice.app import Blueprint, Response

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
from chalicelib.routes.listing import PAGING, Listing, Q, search_words
from chalicelib.routes.requests import Call, Parameter, json_object, prefix
from chalicelib.routes.responses import no_content, require_match, resource, until_written
from chalicelib.services.projects import Projects
from chalicelib.services.technologies import Technologies

BASE = "/api/v1/projects"
ONE = BASE + "/{project_id}"
FILTERS = (
    Q,
    Parameter("name", "The whole name of the project, in any case, like `survey data exchange`"),
    Parameter("technology", "The id, the name or an alias of a technology, like `python`"),
    Parameter("stage", "The stage of the project in its life", STAGES),
    Parameter("development", "The kind of developers of the project", DEVELOPMENTS),
    Parameter("hosting", "The kind of place where the project runs", HOSTINGS),
    Parameter("programme", "The whole name of the programme, in any case, like `data collection`"),
    Parameter("sort", "The order of the list. `-` is descending", SORTS),
)
TAKEN = ("name-taken", "conflict", "quota-exceeded")


def projects_blueprint(
    edge: Edge,
    projects: Projects,
    technologies: Technologies,
    listing: Listing,
    idempotency: Idempotency,
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", BASE, query=(*FILTERS, *PAGING), answer="ProjectList")
    def list_projects(call: Call) -> Response:
        """List projects

        Returns projects by name, or in the order of `sort`. With `q` and no `sort`, {by_rank} {paged}
        """
        query = project_query(call.query, technologies)
        if (name := call.query.get("name")) is not None:
            return listing.answer(call, lambda *_: projects.named(name, query))
        return listing.answer(call, partial(projects.find, query))

    @edge.route(
        routes,
        "POST",
        BASE,
        action="create-project",
        body="NewProject",
        answer="Project",
        status=201,
        errors=TAKEN,
    )
    def create_project(call: Call) -> Response:
        """Create a project

        The caller becomes a contact of the project. {named} {size} {again}
        """
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.project import NewProjectBody

        body = json_object(call.request)
        draft = parse(NewProjectBody, body).to_draft()

        def respond(project: Project) -> Response:
            location = f"{prefix(call.request)}{BASE}/{project.id}"
            return resource(call.request, project_document(project), project, 201, location)

        return idempotency.answer(call, body, partial(projects.create, draft, call.caller), respond)

    return routes


def project_blueprint(edge: Edge, projects: Projects) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", ONE, answer="Project")
    def get_project(call: Call) -> Response:
        """Get a project

        The answer has no contacts.
        """
        project = projects.get(call.path["project_id"])
        return resource(call.request, project_document(project), project)

    @edge.route(
        routes,
        "PUT",
        ONE,
        action="update-project",
        body="ProjectChange",
        answer="Project",
        errors=TAKEN,
    )
    def replace_project(call: Call) -> Response:
        """Replace a project

        An absent member becomes empty. {named} {size} {read_first}
        """
        return write(call)

    @edge.route(
        routes,
        "PATCH",
        ONE,
        action="update-project",
        body="ProjectPatch",
        answer="Project",
        errors=TAKEN,
    )
    def update_project(call: Call) -> Response:
        """Update a project

        {patched} {named} {size} {read_first}
        """
        return write(call)

    @until_written
    def write(call: Call) -> Response:
        from chalicelib.routes.bodies.project import ProjectChangeBody
        from chalicelib.routes.writing import Change

        change = Change(call.request, ProjectChangeBody)
        current = projects.for_writing(call.path["project_id"], call.caller, "update-project")
        require_match(call.request, current)
        draft = change.onto(project_document(current)).to_draft()
        changed = projects.replace(current, draft, call.caller)
        return resource(call.request, project_document(changed), changed)

    @edge.route(routes, "DELETE", ONE, action="delete-project", status=204)
    @until_written
    def delete_project(call: Call) -> Response:
        """Delete a project

        Deletes the project and its contacts. Its technologies stay.
        """
        current = projects.for_writing(call.path["project_id"], call.caller, "delete-project")
        require_match(call.request, current)
        projects.remove(current)
        return no_content()

    return routes


def my_projects_blueprint(edge: Edge, projects: Projects, listing: Listing) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(
        routes,
        "GET",
        "/api/v1/me/projects",
        action="list-my-projects",
        query=PAGING,
        answer="ProjectList",
    )
    def list_my_projects(call: Call) -> Response:
        """List my projects

        Returns the projects that list the caller as a contact, by id. {paged}
        """
        caller = call.caller
        owner = f"{caller.service} {caller.key}"
        return listing.answer(call, partial(projects.of_caller, caller), owner)

    return routes


def project_query(given: dict[str, str], technologies: Technologies) -> ProjectQuery:
    """The query of a list. An unknown technology is used by no project. Raises InvalidError."""
    technology = given.get("technology")
    programme = given.get("programme")
    return ProjectQuery(
        words=search_words(given),
        technology=None if technology is None else technologies.id_of(technology) or "",
        programme=None if programme is None else name_key(programme),
        stage=given.get("stage"),
        development=given.get("development"),
        hosting=given.get("hosting"),
        sort=given.get("sort"),
    )
