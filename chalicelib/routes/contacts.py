"""A project's contacts over HTTP, apart from the project: e-mail addresses are personal data."""

from chalice.app import Blueprint, Response

from chalicelib.models.project import Project, contact_document
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import Call
from chalicelib.routes.responses import require_match, resource, until_written
from chalicelib.services.projects import Projects

PATH = "/api/v1/projects/{project_id}/contacts"


def contacts_blueprint(edge: Edge, projects: Projects) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", PATH, action="read-contacts", answer="ContactList")
    def get_project_contacts(call: Call) -> Response:
        """Get the contacts of a project

        The answer has e-mail addresses, so it needs a token or a signature.
        """
        project = projects.get(call.path["project_id"])
        return resource(call.request, contacts_document(project), project)

    @edge.route(
        routes,
        "PUT",
        PATH,
        action="update-contacts",
        body="ContactListChange",
        answer="ContactList",
        errors=("conflict",),
    )
    @until_written
    def replace_project_contacts(call: Call) -> Response:
        """Replace the contacts of a project

        Replaces the whole list. A project needs at least one contact. {size} {read_first}
        """
        from chalicelib.routes.bodies.project import ContactListChangeBody
        from chalicelib.routes.writing import Change

        change = Change(call.request, ContactListChangeBody)
        current = projects.for_writing(call.path["project_id"], call.caller, "update-contacts")
        require_match(call.request, current)
        contacts = change.onto(contacts_document(current)).to_contacts()
        changed = projects.replace_contacts(current, contacts, call.caller)
        return resource(call.request, contacts_document(changed), changed)

    return routes


def contacts_document(project: Project) -> dict[str, object]:
    """The contacts, with the project's version and last write, which they share."""
    return {
        "contacts": [contact_document(contact) for contact in project.contacts],
        "version": project.version,
        "updated_at": project.updated_at,
        "updated_by": project.updated_by,
    }
