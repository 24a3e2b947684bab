"""The Tech Audit Tool's document of projects: each becomes a draft of a project, with its contacts."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from chalicelib.errors import InvalidError
from chalicelib.models import project as models
from chalicelib.models.project import ENVIRONMENTS, MOST_CONTACTS, Contact, Project, Use
from chalicelib.models.text import name_key
from chalicelib.routes.bodies import project as bodies
from chalicelib.routes.bodies.common import LONGEST_NAME, LONGEST_TEXT, parse
from chalicelib.routes.bodies.project import MOST_LINKS
from tools.load.cleaning import Given, first, spelling
from tools.load.reading import Found, records
from tools.load.report import Report

KNOWN_FIELDS = (
    *("user", "details", "developed", "source_control", "architecture", "stage"),
    *("supporting_tools", "environments", "other"),
)
KNOWN_DETAILS = (
    *("name", "short_name", "area", "programme", "programme_name", "documentation_link"),
    *("description", "project_description"),
)
YES = (True, "true", "yes")


def _spelled(choices: Iterable[str], **others: str) -> dict[str, str]:
    return {spelling(choice): choice for choice in choices} | others


DEVELOPMENT_OF = _spelled(
    models.DEVELOPMENTS, inhouse="in-house", partner="partnership", outsource="outsourced"
)
STAGE_OF = _spelled(models.STAGES, active="active-support")
HOSTING_OF = _spelled(models.HOSTINGS, onprem="on-premises", onpremise="on-premises")
HOSTING_HINTS = {
    "on-premises": re.compile(r"on[- ]?prem", re.IGNORECASE),
    "cloud": re.compile(r"\b(gcp|aws|azure|google|amazon|cloud)\b", re.IGNORECASE),
    "hybrid": re.compile(r"\bhybrid\b", re.IGNORECASE),
}
ROLE_OF = _spelled(
    ("Delivery Manager Contact", "Technical Contact"),
    deliverymanager="Delivery Manager Contact",
    technical="Technical Contact",
)
CATEGORY_OF = _spelled(models.CATEGORIES, database="databases")
NOTHING = {"none", "n/a", "na", "-"}
CORRECTIONS = {"sqllite": "SQLite"}


def read_projects(projects: Iterable[Given], report: Report) -> Iterator[Found[Project]]:
    """The projects that can be taken; the others are reported.

    A draft may use more technologies than the register takes: what is one technology it says itself.
    """
    return records(projects, report, "a project", _read_project)


def _read_project(project: Given) -> Found[Project] | None:
    details = project["details"].members()
    name = details["name"].line(None)
    project, details = project.named(name), details.named(name)
    architecture = project["architecture"].members()
    tools = project["supporting_tools"].members()
    project.counted(*KNOWN_FIELDS)
    details.counted(*KNOWN_DETAILS)
    project["other"].members().counted()
    body = {"name": name, **_described(details), **_made(project, architecture)}
    try:
        draft = parse(bodies.NewProjectBody, body).to_draft()
    except InvalidError as error:
        project.leave_out(str(error))
        return None
    uses, contacts = _uses(architecture, tools, project), _contacts(project["user"])
    return Found(replace(draft, technologies=uses, contacts=contacts), project)


def _described(details: Given) -> dict[str, object]:
    def given(*names: str) -> Given:
        """The first of these that says something."""
        return details[next((name for name in names if details.value.get(name)), names[0])]

    links = details["documentation_link"]
    return {
        "documentation": first(links.links(), MOST_LINKS, links),
        "short_name": details["short_name"].line(),
        "programme": given("programme_name", "programme", "area").line(),
        "description": given("project_description", "description").paragraphs(),
    }


def _made(project: Given, architecture: Given) -> dict[str, object]:
    """How it is developed, where it runs, where its source is."""
    inner, outer = architecture["environments"], project["environments"]
    stage = project["stage"]
    return {
        "stage": _choice(stage.text(), STAGE_OF, stage),
        "development": _development(project["developed"]),
        "hosting": _hosting(architecture["hosting"]),
        "environments": _environments(inner.value or outer.value, inner),
        "repositories": _repositories(project["source_control"]),
    }


def _choice(value: str, choices: Mapping[str, str], where: Given) -> str | None:
    chosen = choices.get(spelling(value))
    if value and not chosen:
        known = ", ".join(dict.fromkeys(choices.values()))
        where.correct(f"{value[:60]} is not one of {known}: dropped")
    return chosen


def _development(given: Given) -> dict[str, str] | None:
    """`In House`, ["In House"], ["Partnership", "Co"], ["Partnership", ["Co", "Other"]], ["", ""]."""
    if isinstance(given.value, dict):
        given = given.of([given["type"].value, given["company"].value])
    said = [
        part.text()
        for item in given.items()
        for part in (item.items() if isinstance(item.value, list) else [item])
    ]
    chosen = _choice(said[0] if said else "", DEVELOPMENT_OF, given)
    company = ", ".join(name for name in said[1:] if name)
    if chosen:
        return {"type": chosen, "company": given.of(company).line()}
    if company:
        given.correct("a company, but not whether in-house, outsourced or partnership: dropped")
    return None


def _hosting(given: Given) -> dict[str, list[str]]:
    """Where no type is given, the details may tell it; what is no type is a detail."""
    if not isinstance(given.value, dict):
        given = given.of({"type": given.value})
    said = given.counted("type", "details")
    types, details = said["type"].split(), said["details"].split()
    for other in (one for one in types if spelling(one) not in HOSTING_OF):
        said["type"].correct(f"{other[:60]} is no type of hosting: made a detail")
        details.append(other)
    types = [HOSTING_OF[spelling(one)] for one in types if spelling(one) in HOSTING_OF]
    if not types:
        told = ", ".join(details)
        types = [hosting for hosting, hint in HOSTING_HINTS.items() if hint.search(told)]
        if types:
            given.correct(f"no type, but details {told[:60]}: taken as {', '.join(types)}")
    where = said["details"]
    lines = [where.of(one).line() for one in details]
    return {"types": list(dict.fromkeys(types)), "details": first(lines, MOST_LINKS, where)}


def _environments(value: object, where: Given) -> list[str]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        value = dict.fromkeys(value, True)
    said = where.of(value).members().value
    found = {
        spelling(name): yes.casefold() if isinstance(yes, str) else yes
        for name, yes in said.items()
    }
    for name in found:
        if name not in (*ENVIRONMENTS, "complete"):
            where.correct(f"{name[:60]} is not one of {', '.join(ENVIRONMENTS)}: dropped")
    return [name for name in ENVIRONMENTS if found.get(name) in YES]


def _repositories(given: Given) -> list[dict[str, str]]:
    """As the API's body says them; a kind of source control without a link is kept too."""
    found: list[dict[str, str]] = []
    for item in given.items():
        said = item.members("type", "links", text_is="type")
        name = said["type"].line()
        links = []
        for link in said["links"].items():
            one = link.members("url", "description", text_is="url")
            if url := one["url"].link():
                links.append((url, one["description"].paragraphs()))
        if name or links:
            found += [_repository(name, *link) for link in links or [("", "")]]
    return first(found, MOST_LINKS, given)


def _repository(name: str, url: str, description: str) -> dict[str, str]:
    """A type that the register does not know is `other`; what it was called goes before the description."""
    known = spelling(name)
    if known in models.REPOSITORY_TYPES:
        return {"type": known, "url": url, "description": description}
    told = ": ".join(part for part in (name, description) if part)
    return {"type": "other", "url": url, "description": told[:LONGEST_TEXT]}


def _uses(architecture: Given, tools: Given, where: Given) -> tuple[Use, ...]:
    """In the order of the document, each name once in a category."""
    found = []
    for part, others in ((architecture, ("hosting", "environments")), (tools, ())):
        for name in part.value:
            category = CATEGORY_OF.get(spelling(name))
            if category:
                found += _uses_in(part[name], category)
            elif name not in others:
                part.of({name: part.value[name]}).counted()
    kept, doubles = each_once(found, lambda use: name_key(use.technology))
    for double in doubles:
        what = f"{double.technology} stands more than once in {double.category}: once is enough"
        where.correct(what)
    return kept


def each_once(uses: Iterable[Use], same: Callable[[Use], str]) -> tuple[tuple[Use, ...], list[Use]]:
    """The uses, of those that are the same technology in one category the first; and the others.

    It is a main one if any of them is.
    """
    kept: dict[tuple[str, str], Use] = {}
    doubles = []
    for use in uses:
        before = kept.setdefault((same(use), use.category), use)
        if before is not use:
            doubles.append(use)
            kept[same(use), use.category] = replace(before, main=before.main or use.main)
    return tuple(kept.values()), doubles


def _uses_in(given: Given, category: str) -> list[Use]:
    """From a text, a list, or an object with main and others."""
    if not isinstance(given.value, dict):
        return [Use(name, category) for name in _names_in(given)]
    keys = ("main", "others", "other")
    given.counted(*keys)
    return [Use(name, category, key == "main") for key in keys for name in _names_in(given[key])]


def _names_in(given: Given) -> list[str]:
    found = []
    for name in given.split():
        corrected = CORRECTIONS.get(name_key(name), name)
        if name_key(name) in NOTHING:
            given.correct(f"{name} is no technology: dropped")
        elif len(name) > LONGEST_NAME:
            given.correct(f"a name of {len(name)} characters is no technology: dropped")
        else:
            if corrected != name:
                given.correct(f"{name} is spelled {corrected}")
            found.append(corrected)
    return found


def _contacts(user: Given) -> tuple[Contact, ...]:
    """Each address once, with all the roles it is listed with. No address is ever reported."""
    found: dict[str, Contact] = {}
    for item in user.items():
        contact = _contact(item)
        if contact is None:
            continue
        before = found.get(contact.key)
        if before:
            item.correct("a contact for the second time: put together")
            roles = _fit([*before.roles, *contact.roles], item)
            contact = Contact(before.email, tuple(roles), before.grade or contact.grade)
        elif len(found) == MOST_CONTACTS:
            item.leave_out(f"a project has at most {MOST_CONTACTS} contacts")
            continue
        found[contact.key] = contact
    return tuple(found.values())


def _contact(given: Given) -> Contact | None:
    said = given.members("email", "roles", "grade", text_is="email")
    roles = [_role(role, said["roles"]) for role in said["roles"].split()]
    email = said["email"].text()
    body = {"email": email, "roles": _fit(roles, given), "grade": said["grade"].line()}
    if not email:
        given.leave_out("a contact without an e-mail address")
        return None
    try:
        known = parse(bodies.NewContactBody, body)
    except InvalidError as error:
        given.leave_out(f"a contact whose {error}")
        return None
    return Contact(known.email, tuple(known.roles), known.grade)


def _role(given: str, where: Given) -> str:
    role = ROLE_OF.get(spelling(given), given)
    if role != given:
        where.correct(f"{given[:60]} is called {role}")
    return where.of(role).line()


def _fit(roles: list[str], where: Given) -> list[str]:
    return first(list(dict.fromkeys(roles)), bodies.MOST_ROLES, where.at("roles"))
