"""Who answers for a project: `user` of the Tech Audit Tool's document. No address is ever reported."""

from cleaning import count_unknown, first, line, listed, mapping, spelling, split, text
from report import Place

from chalicelib.errors import InvalidError
from chalicelib.models.project import Contact
from chalicelib.routes.bodies.common import parse
from chalicelib.routes.bodies.project import MOST_CONTACTS, MOST_ROLES, ContactBody

# One role, spelled in more than one way.
ROLE_OF = {
    "deliverymanager": "Delivery Manager Contact",
    "deliverymanagercontact": "Delivery Manager Contact",
    "technical": "Technical Contact",
    "technicalcontact": "Technical Contact",
}


def read_contacts(value: object, place: Place) -> tuple[Contact, ...]:
    """Each address once, with all the roles it is listed with."""
    found: dict[str, Contact] = {}
    for item, where in listed(value, place):
        contact = _contact(item, where)
        if contact is None:
            continue
        before = found.get(contact.key)
        if before is None and len(found) == MOST_CONTACTS:
            where.leave_out(f"a project has at most {MOST_CONTACTS} contacts")
            continue
        if before is not None:
            where.mend("a contact for the second time: put together")
            roles = _fit([*before.roles, *contact.roles], where)
            contact = Contact(before.email, tuple(roles), before.grade or contact.grade)
        found[contact.key] = contact
    return tuple(found.values())


def _contact(value: object, place: Place) -> Contact | None:
    said = {"email": value} if isinstance(value, str) else mapping(value, place)
    count_unknown(said, ("email", "roles", "grade"), place)
    roles = [_role(role, place) for role in split(said.get("roles"), place.at("roles"))]
    body = {
        "email": text(said.get("email"), place.at("email")),
        "roles": _fit(roles, place),
        "grade": line(said.get("grade"), place.at("grade")),
    }
    if not body["email"]:
        place.leave_out("a contact without an e-mail address")
        return None
    try:
        known = parse(ContactBody, body)
    except InvalidError as error:
        place.leave_out(f"a contact whose {error}")
        return None
    return Contact(known.email, tuple(known.roles), known.grade)


def _role(given: str, place: Place) -> str:
    role = ROLE_OF.get(spelling(given), given)
    if role != given:
        place.at("roles").mend(f"{given[:60]} is called {role}")
    return line(role, place.at("roles"))


def _fit(roles: list[str], place: Place) -> list[str]:
    return first(list(dict.fromkeys(roles)), MOST_ROLES, place.at("roles"))
