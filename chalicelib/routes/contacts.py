"""The contacts of a project over HTTP: apart from it, for e-mail addresses are personal data."""

from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.models.caller import Caller
from chalicelib.models.project import Project, contact_document
from chalicelib.routes.edge import Edge
from chalicelib.routes.responses import require_match, resource, until_written
from chalicelib.services.projects import Projects

PATH = "/api/v1/projects/{project_id}/contacts"


def contacts_blueprint(edge: Edge, projects: Projects) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", PATH, action="read-contacts")
    def get_contacts(request: Request, _: Caller, project_id: str) -> Response:
        project = projects.get(project_id)
        return resource(request, contacts_document(project), project)

    @edge.route(routes, "PUT", PATH, action="update-contacts")
    @until_written
    def put_contacts(request: Request, caller: Caller, project_id: str) -> Response:
        from chalicelib.routes.bodies.project import ContactsBody
        from chalicelib.routes.writing import Change

        change = Change(request, ContactsBody)
        current = projects.for_writing(project_id, caller, "update-contacts")
        require_match(request, current)
        contacts = change.onto(contacts_document(current)).to_contacts()
        changed = projects.replace_contacts(current, contacts, caller)
        return resource(request, contacts_document(changed), changed)

    return routes


def contacts_document(project: Project) -> dict[str, Any]:
    """The contacts, and the project's version and last writer, which they share."""
    return {
        "contacts": [contact_document(contact) for contact in project.contacts],
        "version": project.version,
        "updated_at": project.updated_at,
        "updated_by": project.updated_by,
    }
