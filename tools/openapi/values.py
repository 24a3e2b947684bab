"""The contract's enumerations by name: what each is, and what each of its values means.

The code that checks a value has the values; a value without a text here stops the generator.
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

ENUMERATIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Category": (
        "What a project uses a technology for.",
        {
            "languages": "Programming languages",
            "frameworks": "Frameworks and libraries",
            "databases": "Databases and other data stores",
            "cicd": "Continuous integration and deployment",
            "infrastructure": "Hosting, networks and operations",
            "publishing": "Publishing of documents and data",
            "code-editors": "Editors and development environments",
            "user-interface": "Design and building of user interfaces",
            "diagrams": "Drawing of diagrams",
            "documentation": "Writing and keeping of documentation",
            "communication": "Messages, calls and mail",
            "collaboration": "Shared work on documents and boards",
            "project-tracking": "Planning and tracking of work",
            "incident-management": "Handling of incidents",
        },
    ),
    "DevelopmentType": (
        "Who develops a project.",
        {
            "in-house": "The organisation's own developers",
            "outsourced": "A supplier",
            "partnership": "The organisation's own developers together with a partner",
        },
    ),
    "Environment": (
        "An environment that a project runs in.",
        {
            "dev": "Development",
            "int": "Integration",
            "uat": "User acceptance testing",
            "preprod": "Pre-production",
            "prod": "Production",
            "postprod": "Post-production",
        },
    ),
    "HostingType": (
        "Where a project runs.",
        {
            "on-premises": "The organisation's own data centres",
            "cloud": "A cloud provider",
            "hybrid": "Both",
        },
    ),
    "ProjectSort": (
        "The order of a list of projects; `-` is descending.",
        {
            "name": "By name, from A to Z",
            "-name": "By name, from Z to A",
            "updated_at": "By the last change, the oldest first",
            "-updated_at": "By the last change, the newest first",
        },
    ),
    "Quadrant": (
        "The quarter of the radar that a technology is drawn in.",
        {
            "languages": "Programming languages",
            "frameworks": "Frameworks and libraries",
            "supporting-tools": "Tools that support development and delivery",
            "infrastructure": "Hosting, databases, networks and operations",
        },
    ),
    "RadarQuadrantId": (
        "A quadrant in the radar's document.",
        {
            "1": "`languages`",
            "2": "`frameworks`",
            "3": "`supporting-tools`",
            "4": "`infrastructure`",
        },
    ),
    "RadarRingId": (
        "A ring that the radar draws, from the innermost out.",
        {
            "adopt": "Use it: it is proven here",
            "trial": "Try it in a project that can bear the risk",
            "assess": "Explore it: find out whether it would help",
            "hold": "Do not start with it: move away from it when you can",
        },
    ),
    "RepositoryType": (
        "Where the source code is.",
        {"github": "GitHub", "gitlab": "GitLab", "other": "Another place"},
    ),
    "Ring": (
        "What the organisation advises about a technology.",
        {
            "ignore": "Not a technology to advise about; not on the radar",
            "review": "New: a reviewer has not decided yet; not on the radar",
            "hold": "Do not start with it: move away from it when you can",
            "assess": "Explore it: find out whether it would help",
            "trial": "Try it in a project that can bear the risk",
            "adopt": "Use it: it is proven here",
        },
    ),
    "Service": (
        "The service whose users or role are calling.",
        {
            "tech-audit-tool": "The Tech Audit Tool, which keeps the projects",
            "digital-landscape": "The Digital Landscape, which keeps the technologies",
        },
    ),
    "Stage": (
        "Where in its life a project is.",
        {
            "development": "It is being built",
            "active-support": "It is in use, and a team supports it",
            "unsupported": "It is in use, and nobody supports it",
        },
    ),
}


def described(name: str, schema: Schema, texts: Mapping[str, str]) -> Schema:
    """The schema of an enumeration with the text of each value.

    `texts` are those of the values that are not fixed here. Raises LookupError for a value without one.
    """
    about, known = ENUMERATIONS.get(name, ("What you may do, by the name of the rule.", texts))
    values = schema["enum"]
    if missing := [value for value in values if value not in known]:
        raise LookupError(
            f"{name} has no text for {', '.join(missing)}: write it in tools/openapi/values.py"
        )
    lines = [f"- `{value}`: {known[value]}" for value in values]
    return {
        "type": "string",
        "description": "\n".join([about, "", *lines]),
        "enum": values,
        "x-enum-descriptions": [known[value] for value in values],
    }


def name_of(choices: tuple[str, ...]) -> str | None:
    """The enumeration that has these values; None where none has."""
    return next((n for n, (_, texts) in ENUMERATIONS.items() if set(texts) == set(choices)), None)
