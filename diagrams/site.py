"""What MkDocs is given beside docs/*.md: drawings, tables, and what other files of the project say.

A line `<!-- put: routes -->` in a page is replaced by the part of that name.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from chalicelib.services.access import RULES
from diagrams import alternative, infrastructure, routes
from diagrams.render import SCHEMES, Drawing, RenderError, render
from diagrams.stack import ROOT, read_stack
from diagrams.tables import route_table, rule_table

STAGE = "dev"  # the one that is drawn; prod differs in nothing but names
MARK = re.compile(r"^<!-- put: (.+) -->$", re.MULTILINE)
# Pages that are kept elsewhere in the project, by where they are on the site.
ELSEWHERE = {"sources.md": "data/SOURCES.md", "changelog.md": "CHANGELOG.md"}
PERFORMANCE = "performance.md"
# Their tables are wide: the list of their sections gives way.
WIDE = ("sources.md", PERFORMANCE)
# A link to a source file, which is no page: its text stays.
SOURCE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")
# A link that is named after its file, as is right where files are read.
BY_FILE = re.compile(r"\[(?:docs/)?(\w+\.md)\]\(")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leaves the page on performance out of the navigation where it has not been written."""
    if not (Path(config.docs_dir) / PERFORMANCE).exists():
        config.nav = [entry for entry in config.nav or [] if PERFORMANCE not in entry.values()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    try:
        drawn = render(drawings())
    except RenderError as error:
        raise PluginError(str(error)) from None
    for name, svg in drawn.items():
        files.append(File.generated(config, f"diagrams/{name}.svg", content=svg))
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


def drawings() -> dict[str, Drawing]:
    stack = read_stack(STAGE)
    modules = {"infrastructure": infrastructure, "gateway": routes, "alternative": alternative}
    return {
        name: Drawing(module.TITLE, module.description(stack), module.draw(stack))
        for name, module in modules.items()
    }


@cache
def parts() -> dict[str, str]:
    """What a page can be given, by name."""
    return {
        "routes": route_table(read_stack(STAGE)),
        "rules": rule_table(RULES),
        **{f"diagram {name}": _figure(name, one) for name, one in drawings().items()},
        **{f"readme {title}": text for title, text in _readme().items()},
    }


def _figure(name: str, drawing: Drawing) -> str:
    """Two pictures, of which styles.css shows the one for the page's colours; each opens by itself."""
    pictures = "\n".join(
        f"[![{drawing.description}](diagrams/{name}-{scheme}.svg)](diagrams/{name}-{scheme}.svg){{ .{scheme} }}"
        for scheme in SCHEMES
    )
    caption = f"<figcaption>{drawing.title}. Choose it to see it by itself.</figcaption>"
    return f'<figure class="diagram" markdown="1">\n{pictures}\n{caption}\n</figure>'


def _readme() -> Mapping[str, str]:
    """Its sections by title, with links as they are from docs/."""
    text = (ROOT / "README.md").read_text()
    for place, path in ELSEWHERE.items():
        text = text.replace(f"]({path})", f"]({place})")
    sections = re.split(r"^## (.+)$", text.replace("](docs/", "]("), flags=re.MULTILINE)
    return dict(zip(sections[1::2], sections[2::2], strict=True))
