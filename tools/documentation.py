"""What MkDocs is given beside docs/*.md: tables made from the code, and what other files of the project say.

A line `<!-- put: routes -->` in a page is replaced by the part of that name.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from chalicelib.models.caller import SERVICES
from chalicelib.services.access import EVERYONE, RULES, Rule
from tools.openapi.routes import Operation, operations

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(r"^<!-- put: (.+) -->$", re.MULTILINE)
# Pages that are kept elsewhere in the project, by where they are on the site.
ELSEWHERE = {
    "sources.md": "data/SOURCES.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
}
PERFORMANCE = "performance.md"
# Their tables are wide: the list of their sections gives way.
WIDE = ("sources.md", PERFORMANCE)
# A link to a source file, which is no page: its text stays.
SOURCE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")
# A link that is named after its file, as is right where files are read.
BY_FILE = re.compile(r"\[(?:docs/)?([\w-]+\.md)\]\(")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leaves the page on performance out of the navigation where it has not been written."""
    if not (Path(config.docs_dir) / PERFORMANCE).exists():
        config.nav = [entry for entry in config.nav or [] if PERFORMANCE not in entry.values()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for place, path in ELSEWHERE.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    titles = {place: title for entry in config.nav or [] for title, place in entry.items()}

    def part(mark: re.Match[str]) -> str:
        if mark[1] not in known:
            raise PluginError(f"{page.file.src_uri}: there is no part {mark[1]!r}")
        return known[mark[1]]

    if page.file.src_uri in WIDE:
        page.meta["hide"] = ["toc"]
    known = parts() if MARK.search(markdown) else {}
    text = SOURCE.sub(r"\1", MARK.sub(part, markdown))
    return BY_FILE.sub(lambda link: f"[{titles[link[1]]}](", text)


@cache
def parts() -> dict[str, str]:
    """What a page can be given, by name."""
    with TemporaryDirectory() as place:
        routes = route_table(operations(Path(place)))
    readme = {f"readme {title}": text for title, text in _readme().items()}
    return {"routes": routes, "rules": rule_table(RULES), **readme}


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
    """Who may do what: by pool and group, with which relation to a project, and as a role alone."""
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


def _readme() -> Mapping[str, str]:
    """Its sections by title, with links as they are from docs/."""
    text = (ROOT / "README.md").read_text()
    for place, path in ELSEWHERE.items():
        text = text.replace(f"]({path})", f"]({place})")
    sections = re.split(r"^## (.+)$", text.replace("](docs/", "]("), flags=re.MULTILINE)
    return dict(zip(sections[1::2], sections[2::2], strict=True))
