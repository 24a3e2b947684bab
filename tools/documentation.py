"""Writes the documentation as finished Markdown, which any engine can render.

    python -m tools.documentation FOLDER

The pages are docs/*.md and the files of ELSEWHERE. NAVIGATION is the order of the pages.
"""

import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from chalicelib.models.caller import SERVICES
from chalicelib.services.access import EVERYONE, RULES, Rule
from tools.openapi.routes import Operation, operations

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# A part of a page that `landscape openapi` writes.
PART = re.compile(
    r"^<!-- begin (\w+): make openapi -->\n.*?^<!-- end \1 -->$", re.MULTILINE | re.DOTALL
)
# Pages outside docs/: the name on the site, and the file in the project.
ELSEWHERE = {
    "sources.md": "data/SOURCES.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
}
# The pages after index.md, by group. A missing page is left out.
NAVIGATION = {
    "Use": {
        "api.md": "Calling the API",
        "routes.md": "Routes and authorizers",
        "identity.md": "Identity",
        "problems.md": "Problems",
        "versions.md": "Versions",
        "sources.md": "Data sources",
        "changelog.md": "Changelog",
    },
    "Run": {
        "first-deployment.md": "The first deployment",
        "settings.md": "Settings",
        "loading.md": "Loading data",
        "operations.md": "Operations",
        "firewall.md": "Firewall",
        "gateway.md": "The gateway's settings",
        "domain.md": "A custom domain",
        "fargate.md": "In a container on Fargate",
        "pipeline.md": "Pipelines and packages",
        "moving-over.md": "Moving over",
    },
    "Why": {
        "infrastructure.md": "Infrastructure",
        "security.md": "Security",
        "performance.md": "Performance",
        "decisions.md": "Decisions",
        "contributing.md": "Contributing",
        "licences.md": "Licences",
    },
}
# A link to a source file, which is not a page. Only its text stays.
SOURCE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")
# A link whose text is the name of a file. The site shows the title of the page instead.
BY_FILE = re.compile(r"\[(?:docs/)?([\w-]+\.md)\]\(")


def write(folder: Path) -> None:
    """Writes every page, drawing and JSON file into `folder`.

    Creates `folder` if it is missing, and replaces files of the same names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(DOCS / "drawings", folder / "drawings", dirs_exist_ok=True)
    for path in DOCS.glob("*.json"):
        shutil.copy(path, folder)
    for path in DOCS.glob("*.md"):
        (folder / path.name).write_text(_finished(path.read_text()))
    for name, place in ELSEWHERE.items():
        text = _from_docs((ROOT / place).read_text())
        (folder / name).write_text(_finished(text))


def navigation(folder: Path) -> dict[str, dict[str, str]]:
    """The titles of the pages in `folder`, by group and file name, in the order of NAVIGATION."""
    return {
        group: {name: title for name, title in pages.items() if (folder / name).exists()}
        for group, pages in NAVIGATION.items()
    }


def _finished(markdown: str) -> str:
    titles = {name: title for pages in NAVIGATION.values() for name, title in pages.items()}
    text = SOURCE.sub(r"\1", markdown)
    return BY_FILE.sub(lambda link: f"[{titles.get(link[1], link[1])}](", text)


def with_tables(place: Path) -> Iterator[tuple[Path, str]]:
    """The pages with a table of the code's routes or rules. `place` is an empty folder."""
    tables = {"routes": route_table(operations(place)), "rules": rule_table(RULES)}

    def part(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- begin {name}: make openapi -->\n\n{tables[name]}\n\n<!-- end {name} -->"

    for path in (DOCS / "routes.md", DOCS / "identity.md"):
        yield path, PART.sub(part, path.read_text())


def route_table(every: Iterable[Operation]) -> str:
    """Every route with its authorizer, and the rule that the application checks after it."""
    rows = [
        (
            f"`{one.route.method} {one.route.path}`",
            f"`{one.authorizer}`" if one.authorizer else "none",
            f"[{one.route.action}](identity.md#rules)" if one.route.action else "",
        )
        for one in sorted(every, key=lambda one: one.route.path)
    ]
    more = ("`HEAD` of every public `GET`", "`OPTIONS` of every path")
    rows += [(one, "none", "") for one in more]
    return _table(("route", "authorizer", "rule"), rows)


def rule_table(rules: Mapping[str, Rule]) -> str:
    """Each action's rule: by pool and group, by relation to a project, and for a role alone."""
    rows = [
        (
            f"`{action}`",
            *(_may(rule, service) for service in SERVICES),
            _relation(rule),
            "yes" if rule.role else "no",
        )
        for action, rule in rules.items()
    ]
    users = (f"users of {service}" for service in SERVICES)
    return _table(("action", *users, "and also", "the role alone"), rows)


def _may(rule: Rule, service: str) -> str:
    if service not in rule.groups:
        return "no"
    groups = rule.groups[service]
    return "yes" if groups is EVERYONE else f"in {_groups(groups)}"


def _relation(rule: Rule) -> str:
    if rule.members:
        members = ", ".join(f"`{member}`" for member in sorted(rule.members))
        return f"{members}; all members in {_groups(rule.all_members_for)}"
    if rule.contact_or is None:
        return ""
    return f"a contact of the project, or in {_groups(rule.contact_or)}"


def _groups(groups: Iterable[str]) -> str:
    return "group " + " or ".join(f"`{group}`" for group in sorted(groups))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _from_docs(text: str) -> str:
    """The text of a file in the project's root, with links relative to docs/."""
    for place, path in ELSEWHERE.items():
        text = text.replace(f"]({path})", f"]({place})")
    return text.replace("](docs/", "](")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
