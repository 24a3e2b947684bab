"""The contract's enumerations by name: a text for each, and a text for each of its values.

The code that checks a value has the list of values. A value without a text here stops the generator.
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

ENUMERATIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Category": (
        "The purpose for which a project uses a technology.",
        {
            "languages": "Programming languages",
            "frameworks": "Frameworks and libraries",
            "databases": "Databases and other data stores",
            "cicd": "Continuous integration and deployment",
            "infrastructure": "Hosting, networks and operations",
            "publishing": "Publishing documents and data",
            "code-editors": "Editors and development environments",
            "user-interface": "Designing and building user interfaces",
            "diagrams": "Drawing diagrams",
            "documentation": "Writing and storing documentation",
            "communication": "Messages, calls and mail",
            "collaboration": "Shared work on documents and boards",
            "project-tracking": "Planning and tracking work",
            "incident-management": "Handling incidents",
        },
    ),
    "DevelopmentType": (
        "The kind of developers of a project.",
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
        "The kind of place where a project runs.",
        {
            "on-premises": "The organisation's own data centres",
            "cloud": "A cloud provider",
            "hybrid": "The organisation's own data centres and a cloud provider",
        },
    ),
    "ProjectSort": (
        "The order of a list of projects. `-` is descending.",
        {
            "name": "By name, from A to Z",
            "-name": "By name, from Z to A",
            "updated_at": "By the time of the last write, the oldest first",
            "-updated_at": "By the time of the last write, the newest first",
        },
    ),
    "Quadrant": (
        "The quarter of the radar that shows a technology.",
        {
            "languages": "Programming languages",
            "frameworks": "Frameworks and libraries",
            "supporting-tools": "Tools that support development and delivery",
            "infrastructure": "Hosting, databases, networks and operations",
        },
    ),
    "RadarQuadrantId": (
        "The id of a quadrant in the radar.",
        {
            "1": "`languages`",
            "2": "`frameworks`",
            "3": "`supporting-tools`",
            "4": "`infrastructure`",
        },
    ),
    "RadarRingId": (
        "The id of a ring in the radar, from the innermost to the outermost.",
        {
            "adopt": "Use it. It has worked well in this organisation",
            "trial": "Try it in a project that can accept the risk",
            "assess": "Explore it, and find out whether it helps",
            "hold": "Do not use it in new projects. Replace it where you can",
        },
    ),
    "RepositoryType": (
        "The host of a repository.",
        {"github": "GitHub", "gitlab": "GitLab", "other": "Another host"},
    ),
    "Ring": (
        "The advice of the organisation about a technology.",
        {
            "ignore": "The organisation gives no advice. The radar hides it by default",
            "review": "A reviewer has not decided yet. The radar hides it by default",
            "hold": "Do not use it in new projects. Replace it where you can",
            "assess": "Explore it, and find out whether it helps",
            "trial": "Try it in a project that can accept the risk",
            "adopt": "Use it. It has worked well in this organisation",
        },
    ),
    "Service": (
        "The service of the caller.",
        {
            "tech-audit-tool": "The Tech Audit Tool, whose users edit the projects",
            "digital-landscape": "The Digital Landscape, whose users edit the technologies",
        },
    ),
    "Stage": (
        "The stage of a project in its life.",
        {
            "development": "A team is building it",
            "active-support": "It is in use, and a team supports it",
            "unsupported": "It is in use, and no team supports it",
        },
    ),
}


def described(name: str, schema: Schema, texts: Mapping[str, str]) -> Schema:
    """The schema of an enumeration with the text of each value.

    `texts` are those of an enumeration that is not listed here. Raises LookupError for a value
    without a text.
    """
    about, known = ENUMERATIONS.get(
        name, ("The name of an access rule, with its operations.", texts)
    )
    values = schema["enum"]
    if missing := [value for value in values if value not in known]:
        raise LookupError(
            f"{name} has no text for {', '.join(missing)}: add it to tools/openapi/values.py"
        )
    lines = [f"- `{value}`: {known[value]}" for value in values]
    return {
        "type": "string",
        "description": "\n".join([about, "", *lines]),
        "enum": values,
        "x-enum-descriptions": [known[value] for value in values],
    }


def name_of(choices: tuple[str, ...]) -> str | None:
    """The name of the enumeration with these values, or None."""
    return next((n for n, (_, texts) in ENUMERATIONS.items() if set(texts) == set(choices)), None)
