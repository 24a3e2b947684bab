"""Reads the projects document of the Tech Audit Tool: a draft with contacts for each project."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from chalicelib.errors import InvalidError
from chalicelib.models import project as models
from chalicelib.models.project import ENVIRONMENTS, Project, Use
from chalicelib.models.text import name_key
from chalicelib.routes.bodies import project as bodies
from chalicelib.routes.bodies.common import LONGEST_NAME, parse
from chalicelib.routes.bodies.project import MOST_ITEMS, MOST_LINKS
from tools.load.cleaning import Given, first, spelling
from tools.load.contacts import contacts_of
from tools.load.reading import Found, records
from tools.load.report import Report
from tools.load.repositories import repositories

KNOWN_FIELDS = (
    *("user", "details", "developed", "source_control", "architecture", "stage"),
    *("supporting_tools", "environments", "other"),
)
KNOWN_DETAILS = (
    *("name", "short_name", "area", "programme", "programme_name", "documentation_link"),
    *("description", "project_description", "programme_short_name", "project_dependencies"),
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
CATEGORY_OF = _spelled(models.CATEGORIES, database="databases")
NOTHING = {"none", "n/a", "na", "tbc", "tbd", "unknown"}
# Between the names in a text: `;`, or a comma before a space or the end, outside brackets. Items of a
# list are split at `;` only, so that they can contain such a comma.
BETWEEN_NAMES = r";|,(?=\s|$)(?![^()]{0,200}\))"
CORRECTIONS = {"sqllite": "SQLite"}


def read_projects(projects: Iterable[Given], report: Report) -> Iterator[Found[Project]]:
    """The valid projects. The others are reported.

    A draft may use more technologies than a project can have, because the register merges some.
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
    body = {"name": name, **_described(details), **_operated(project, architecture)}
    body["miscellaneous"] = _items(_miscellaneous(tools))
    try:
        draft = parse(bodies.NewProjectBody, body).to_draft()
    except InvalidError as error:
        project.leave_out(str(error))
        return None
    uses, contacts = _uses(architecture, tools, project), contacts_of(project["user"])
    return Found(replace(draft, technologies=uses, contacts=contacts), project)


def _described(details: Given) -> dict[str, object]:
    def given(*names: str) -> Given:
        """The first of these members that has a value."""
        return details[next((name for name in names if details.value.get(name)), names[0])]

    links = details["documentation_link"]
    return {
        "documentation": first(links.links(), MOST_LINKS, links),
        "short_name": details["short_name"].line(),
        "programme": given("programme_name", "programme", "area").line(),
        "programme_short_name": details["programme_short_name"].line(),
        "description": given("project_description", "description").paragraphs(),
        "dependencies": _items(details["project_dependencies"]),
    }


def _miscellaneous(tools: Given) -> Given:
    """The list, which may be inside an object as its member `miscellaneous`."""
    given = tools["miscellaneous"]
    is_nested = isinstance(given.value, dict) and "miscellaneous" in given.value
    return given["miscellaneous"] if is_nested else given


def _items(given: Given) -> list[dict[str, str]]:
    """Names with descriptions. An item without a name is left out."""
    found = []
    for item in given.items():
        said = item.members("name", "description", text_is="name")
        name, description = said["name"].line(), said["description"].paragraphs()
        if name:
            found.append({"name": name, "description": description})
        elif description:
            item.leave_out("a description without a name: add the name")
    return first(found, MOST_ITEMS, given)


def _operated(project: Given, architecture: Given) -> dict[str, object]:
    """Stage, development, hosting, environments and repositories."""
    inner, outer = architecture["environments"], project["environments"]
    stage = project["stage"]
    return {
        "stage": _choice(stage.text(), STAGE_OF, stage),
        "development": _development(project["developed"]),
        "hosting": _hosting(architecture["hosting"]),
        "environments": _environments(inner.value or outer.value, inner),
        "repositories": repositories(project["source_control"]),
    }


def _choice(value: str, choices: Mapping[str, str], where: Given) -> str | None:
    chosen = choices.get(spelling(value))
    if value and not chosen:
        known = ", ".join(dict.fromkeys(choices.values()))
        where.correct(f"{{}} is not one of {known}: dropped", value)
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
        given.correct("a company without a type (in-house, outsourced, partnership): dropped")
    return None


def _hosting(given: Given) -> dict[str, list[str]]:
    """Finds a missing type in the details. An unknown type becomes a detail."""
    if not isinstance(given.value, dict):
        given = given.of({"type": given.value})
    said = given.counted("type", "details")
    types, details = said["type"].split(), said["details"].split()
    for other in (one for one in types if spelling(one) not in HOSTING_OF):
        said["type"].correct("{} is not a type of hosting: stored as a detail", other)
        details.append(other)
    types = [HOSTING_OF[spelling(one)] for one in types if spelling(one) in HOSTING_OF]
    if not types:
        told = ", ".join(details)
        types = [hosting for hosting, hint in HOSTING_HINTS.items() if hint.search(told)]
        if types:
            given.correct(f"hosting without a type, read as {', '.join(types)}: {{}}", told)
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
            where.correct(f"{{}} is not one of {', '.join(ENVIRONMENTS)}: dropped", name)
    return [name for name in ENVIRONMENTS if found.get(name) in YES]


def _uses(architecture: Given, tools: Given, where: Given) -> tuple[Use, ...]:
    """The uses in the order of the document, each name once in a category."""
    found = []
    for part, others in ((architecture, ("hosting", "environments")), (tools, ("miscellaneous",))):
        for name in part.value:
            category = CATEGORY_OF.get(spelling(name))
            if category:
                found += _uses_in(part[name], category)
            elif name not in others:
                part.of({name: part.value[name]}).counted()
    kept, doubles = each_once(found, lambda use: name_key(use.technology))
    for double in doubles:
        what = f"{{}} is listed more than once in {double.category}: stored once"
        where.correct(what, double.technology)
    return kept


def each_once(uses: Iterable[Use], same: Callable[[Use], str]) -> tuple[tuple[Use, ...], list[Use]]:
    """The first use of each technology in a category, and the other uses.

    The first use becomes a main one if any of them is.
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
    """The uses in a text, a list, or an object with main and others."""
    if not isinstance(given.value, dict):
        return [Use(name, category) for name in _names_in(given)]
    keys = ("main", "others", "other")
    given.counted(*keys)
    return [Use(name, category, key == "main") for key in keys for name in _names_in(given[key])]


def _names_in(given: Given) -> list[str]:
    found = []
    for name in given.split(BETWEEN_NAMES):
        corrected = CORRECTIONS.get(name_key(name), name)
        if name_key(name) in NOTHING or not spelling(name):
            given.correct("{} is not a technology: dropped", name)
        elif len(name) > LONGEST_NAME:
            given.correct(
                "a name of {} characters is too long for a technology: dropped", str(len(name))
            )
        else:
            if corrected != name:
                given.correct(f"{{}} corrected to {corrected}", name)
            found.append(corrected)
    return found
