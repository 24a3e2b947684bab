"""The contacts of a project in a document. Reports never contain an address."""

from chalicelib.errors import InvalidError
from chalicelib.models.project import MOST_CONTACTS, Contact
from chalicelib.routes.bodies import project as bodies
from chalicelib.routes.bodies.common import parse
from tools.load.cleaning import Given, first, spelling

LONG, SHORT = "Delivery Manager Contact", "Delivery Manager"


def contacts_of(user: Given) -> tuple[Contact, ...]:
    """One contact for each address, with all roles of that address."""
    found: dict[str, Contact] = {}
    for item in user.items():
        contact = _contact(item)
        if contact is None:
            continue
        before = found.get(contact.key)
        if before:
            contact = _merged(before, contact, item)
        elif len(found) == MOST_CONTACTS:
            item.leave_out(f"a project has at most {MOST_CONTACTS} contacts: remove some")
            continue
        found[contact.key] = contact
    return tuple(found.values())


def _merged(before: Contact, again: Contact, where: Given) -> Contact:
    where.correct("the same contact twice: merged")
    if before.grade and again.grade not in ("", before.grade):
        where.correct("two grades of one contact: the first is used")
    roles = _fit([*before.roles, *again.roles], where)
    return Contact(before.email, tuple(roles), before.grade or again.grade)


def _contact(given: Given) -> Contact | None:
    said = given.members("email", "roles", "grade", text_is="email")
    roles = [_role(role, said["roles"]) for role in said["roles"].split()]
    email = said["email"].text()
    body = {"email": email, "roles": _fit(roles, given), "grade": said["grade"].line()}
    if not email:
        given.leave_out("a contact without an e-mail address: add one")
        return None
    try:
        known = parse(bodies.NewContactBody, body)
    except InvalidError as error:
        given.leave_out(f"an invalid contact: {error}")
        return None
    return Contact(known.email, tuple(known.roles), known.grade)


def _role(given: str, where: Given) -> str:
    """Free text. Only the long form of one role becomes the short form that the front ends use."""
    if spelling(given) == spelling(LONG):
        where.correct("{} stored as " + SHORT, given)
        given = SHORT
    return where.of(given).line()


def _fit(roles: list[str], where: Given) -> list[str]:
    return first(list(dict.fromkeys(roles)), bodies.MOST_ROLES, where.at("roles"))
