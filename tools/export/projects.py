"""A project in the form of the Tech Audit Tool's document. tools/load reads each member back."""

from collections.abc import Iterable
from typing import Any

from chalicelib.models.project import (
    CATEGORIES,
    ENVIRONMENTS,
    Contact,
    Item,
    Project,
    Repository,
    Use,
)

# The values of the audit form's choices.
STAGES = {
    "development": "Development",
    "active-support": "Active Support",
    "unsupported": "Unsupported",
}
DEVELOPMENTS = {"in-house": "In House", "outsourced": "Outsourced", "partnership": "Partnership"}
HOSTINGS = {"on-premises": "On-premises", "cloud": "Cloud", "hybrid": "Hybrid"}
REPOSITORY_TYPES = {"github": "Github", "gitlab": "Gitlab", "other": "Other"}
# The member of the document for each category.
MEMBERS = {category: category.replace("-", "_") for category in CATEGORIES}
MEMBERS["databases"] = "database"
ARCHITECTURE = ("databases", "languages", "frameworks", "cicd", "infrastructure", "publishing")
# In the form these are one text, without a main technology.
TEXTS = ("project-tracking", "incident-management")


def document_of(project: Project) -> dict[str, Any]:
    """The whole form. A member without a value is empty, because the services read every member."""
    development = project.development
    said = (DEVELOPMENTS[development.type], development.company) if development else ("", "")
    tools = [category for category in CATEGORIES if category not in ARCHITECTURE]
    return {
        "user": [_user(contact) for contact in project.contacts],
        "details": [_details(project)],
        "developed": list(said),
        "source_control": _source_control(project.repositories),
        "architecture": {
            "hosting": {
                "type": [HOSTINGS[hosting] for hosting in project.hosting.types],
                "details": list(project.hosting.details),
            },
            "environments": {name: name in project.environments for name in ENVIRONMENTS},
            **_used(project.technologies, ARCHITECTURE),
        },
        "stage": STAGES[project.stage] if project.stage else "",
        "supporting_tools": {
            **_used(project.technologies, tools),
            "miscellaneous": _items(project.miscellaneous),
        },
    }


def _user(contact: Contact) -> dict[str, Any]:
    return {"email": contact.email, "roles": list(contact.roles), "grade": contact.grade}


def _details(project: Project) -> dict[str, Any]:
    return {
        "name": project.name,
        "short_name": project.short_name,
        "programme_name": project.programme,
        "programme_short_name": project.programme_short_name,
        "documentation_link": list(project.documentation),
        "project_description": project.description,
        "project_dependencies": _items(project.dependencies),
    }


def _items(items: Iterable[Item]) -> list[dict[str, str]]:
    return [{"name": item.name, "description": item.description} for item in items]


def _source_control(repositories: Iterable[Repository]) -> list[dict[str, Any]]:
    """Groups neighbours of one type. A repository without a link is a group of its own."""
    groups: list[dict[str, Any]] = []
    for repository in repositories:
        kind = REPOSITORY_TYPES[repository.type]
        says_more = bool(repository.url or repository.description)
        joins = groups and groups[-1]["type"] == kind and groups[-1]["links"] and says_more
        if not joins:
            groups.append({"type": kind, "links": []})
        if says_more:
            link = {"url": repository.url, "description": repository.description}
            groups[-1]["links"].append(link)
    return groups


def _used(uses: Iterable[Use], categories: Iterable[str]) -> dict[str, Any]:
    used: dict[str, Any] = {}
    for category in categories:
        within = [use for use in uses if use.category == category]
        main = [use.name for use in within if use.main]
        others = [use.name for use in within if not use.main]
        lists = {"main": main, "others": others}
        used[MEMBERS[category]] = ";".join(main + others) if category in TEXTS else lists
    return used
