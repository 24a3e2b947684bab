"""The Tech Audit Tool's document of projects: each becomes a draft of a project, and its contacts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cleaning import (
    count_unknown,
    first,
    kind,
    line,
    links,
    listed,
    mapping,
    paragraphs,
    spelling,
    split,
    text,
)
from contacts import read_contacts
from report import Place, Report
from repositories import read_repositories
from uses import PARTS, read_uses

from chalicelib.errors import InvalidError
from chalicelib.models.project import DEVELOPMENTS, ENVIRONMENTS, HOSTINGS, STAGES, Contact, Project
from chalicelib.routes.bodies.common import parse
from chalicelib.routes.bodies.project import MOST_LINKS, NewProjectBody

KNOWN_FIELDS = (
    *("user", "details", "developed", "source_control", "architecture", "stage"),
    *("supporting_tools", "environments", "other"),
)
KNOWN_DETAILS = (
    *("name", "short_name", "area", "programme", "programme_name", "documentation_link"),
    *("description", "project_description"),
)
KNOWN_ENVIRONMENTS = (*ENVIRONMENTS, "complete")
YES = (True, "true", "yes")


def _spelled(choices: Iterable[str], **others: str) -> dict[str, str]:
    return {spelling(choice): choice for choice in choices} | others


DEVELOPMENT_OF = _spelled(
    DEVELOPMENTS, inhouse="in-house", partner="partnership", outsource="outsourced"
)
STAGE_OF = _spelled(STAGES, active="active-support")
HOSTING_OF = _spelled(HOSTINGS, onprem="on-premises", onpremise="on-premises")
HOSTING_HINTS = {
    "on-premises": re.compile(r"on[- ]?prem", re.IGNORECASE),
    "cloud": re.compile(r"\b(gcp|aws|azure|google|amazon|cloud)\b", re.IGNORECASE),
    "hybrid": re.compile(r"\bhybrid\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Record:
    """`draft.technologies` may be more than the register takes: what is one technology it says itself."""

    draft: Project
    contacts: tuple[Contact, ...]
    place: Place


def read_projects(projects: Iterable[tuple[object, Place]], report: Report) -> Iterator[Record]:
    """The projects that can be taken; the others are reported. `projects` gives each with its place."""
    seen: dict[str, str] = {}
    for value, place in projects:
        report.read += 1
        if not isinstance(value, dict):
            place.leave_out(f"{kind(value)}, not a project")
            continue
        record = _read_project(value, place)
        if record is None:
            continue
        before = seen.setdefault(record.draft.name_key, place.record)
        if before != place.record:
            record.place.leave_out(f"has the name of {before}")
        else:
            yield record


def places(projects: list[object], report: Report) -> Iterator[tuple[object, Place]]:
    """The projects of a JSON document, each with its place."""
    return ((value, Place(report, f"projects/{n}")) for n, value in enumerate(projects))


def _read_project(project: Mapping[str, Any], place: Place) -> Record | None:
    details = mapping(project.get("details"), place.at("details"))
    name = line(details.get("name"), place.at("details", "name"), None)
    place = place.named(name)
    project = {**project, **{part: mapping(project.get(part), place.at(part)) for part in PARTS}}
    count_unknown(project, KNOWN_FIELDS, place)
    count_unknown(details, KNOWN_DETAILS, place.at("details"))
    count_unknown(mapping(project.get("other"), place.at("other")), (), place.at("other"))
    body = {"name": name, **_described(details, place.at("details")), **_made(project, place)}
    try:
        draft = parse(NewProjectBody, body).to_draft()
    except InvalidError as error:
        place.leave_out(str(error))
        return None
    draft = replace(draft, technologies=read_uses(project, place))
    return Record(draft, read_contacts(project.get("user"), place.at("user")), place)


def _described(details: Mapping[str, object], place: Place) -> dict[str, object]:
    def given(*names: str) -> tuple[object, Place]:
        """The first of these that says something."""
        name = next((name for name in names if details.get(name)), names[0])
        return details.get(name), place.at(name)

    documentation = links(*given("documentation_link"))
    return {
        "short_name": line(*given("short_name")),
        "programme": line(*given("programme_name", "programme", "area")),
        "description": paragraphs(*given("project_description", "description")),
        "documentation": first(documentation, MOST_LINKS, place.at("documentation_link")),
    }


def _made(project: Mapping[str, Any], place: Place) -> dict[str, object]:
    """How it is developed, where it runs, where its source is."""
    architecture = project["architecture"]
    environments = architecture.get("environments") or project.get("environments")
    stage = text(project.get("stage"), place.at("stage"))
    return {
        "stage": _choice(stage, STAGE_OF, place.at("stage")),
        "development": _development(project.get("developed"), place.at("developed")),
        "hosting": _hosting(architecture.get("hosting"), place.at("architecture", "hosting")),
        "environments": _environments(environments, place.at("architecture", "environments")),
        "repositories": read_repositories(
            project.get("source_control"), place.at("source_control")
        ),
    }


def _choice(value: str, choices: Mapping[str, str], place: Place) -> str | None:
    chosen = choices.get(spelling(value))
    if value and not chosen:
        known = ", ".join(dict.fromkeys(choices.values()))
        place.mend(f"{value[:60]} is not one of {known}: dropped")
    return chosen


def _development(value: object, place: Place) -> dict[str, str] | None:
    """`In House`, ["In House"], ["Partnership", "Co"], ["Partnership", ["Co", "Other"]], ["", ""]."""
    if isinstance(value, dict):
        value = [value.get("type"), value.get("company")]
    said = [
        text(part, where)
        for item, place_of_item in listed(value, place)
        for part, where in (
            listed(item, place_of_item) if isinstance(item, list) else [(item, place_of_item)]
        )
    ]
    chosen = _choice(said[0] if said else "", DEVELOPMENT_OF, place)
    companies = [company for company in said[1:] if company]
    if chosen:
        return {"type": chosen, "company": line(", ".join(companies), place)}
    if companies:
        place.mend("a company, but not whether in-house, outsourced or partnership: dropped")
    return None


def _hosting(value: object, place: Place) -> dict[str, list[str]]:
    """Where no type is given, the details may tell it; what is no type is a detail."""
    said = value if isinstance(value, dict) else {"type": value}
    count_unknown(said, ("type", "details"), place)
    given = split(said.get("type"), place.at("type"))
    details = split(said.get("details"), place.at("details"))
    for other in (one for one in given if spelling(one) not in HOSTING_OF):
        place.at("type").mend(f"{other[:60]} is no type of hosting: made a detail")
        details.append(other)
    types = [HOSTING_OF[spelling(one)] for one in given if spelling(one) in HOSTING_OF]
    if not types:
        told = ", ".join(details)
        types = [hosting for hosting, hint in HOSTING_HINTS.items() if hint.search(told)]
        if types:
            place.mend(f"no type, but details {told[:60]}: taken as {', '.join(types)}")
    lines = [line(one, place.at("details")) for one in details]
    return {
        "types": list(dict.fromkeys(types)),
        "details": first(lines, MOST_LINKS, place.at("details")),
    }


def _environments(value: object, place: Place) -> list[str]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        value = dict.fromkeys(value, True)
    found = {spelling(name): present for name, present in mapping(value, place).items()}
    for name in found:
        if name not in KNOWN_ENVIRONMENTS:
            place.mend(f"{name[:60]} is not one of {', '.join(ENVIRONMENTS)}: dropped")
    return [name for name in ENVIRONMENTS if _is_yes(found.get(name))]


def _is_yes(value: object) -> bool:
    return (value.casefold() if isinstance(value, str) else value) in YES
