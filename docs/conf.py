"""How Sphinx renders the finished Markdown of tools/documentation.py. Nothing is fetched from elsewhere."""

import re
from itertools import cycle
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from tools.documentation import navigation

project = "Landscape API"
extensions = ["myst_parser", "sphinx_copybutton"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_favicon = "favicon.svg"
html_static_path = ["styles.css"]
html_css_files = ["styles.css"]
# Colours with enough contrast for text, in light and in dark.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
# Their tables are wide: the list of their sections gives way.
WIDE = ("api", "sources", "performance")
STACKED_FROM = 3  # columns


def order(app: Sphinx, page: str, source: list[str]) -> None:
    """Adds the navigation to the first page, in its three groups."""
    if page in WIDE:
        source[0] = f"---\nhide-toc: true\n---\n{source[0]}"
    if page != "index":
        return
    for group, pages in navigation(Path(app.srcdir)).items():
        lines = "\n".join(f"{title} <{name}>" for name, title in pages.items())
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {group}\n\n{lines}\n```\n"


def stacked(table: re.Match[str]) -> str:
    """Names the columns in the cells of a table with three columns or more: a phone shows rows as lists.

    The roles keep it a table for screen readers, which go by the display of its elements.
    """
    heads = [
        re.sub(r"<.+?>", "", head)
        for head in re.findall(r"<th\b[^>]*>(.*?)</th>", table[0], re.DOTALL)
    ]
    if len(heads) < STACKED_FROM:
        return table[0]
    found = table[0].replace('<table class="', '<table role="table" class="stacked ')
    names = cycle(heads)
    found = re.sub("<td", lambda _: f'<td role="cell" data-label="{next(names)}"', found)
    for tag, role in {"t(?:head|body)": "rowgroup", "tr": "row", "th": "columnheader"}.items():
        found = re.sub(rf"<({tag})\b", rf'<\1 role="{role}"', found)
    return found


def reach(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Lets the keyboard reach code and tables that scroll, and gives the groups' headings their level."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )
    body = context.get("body", "").replace("<pre>", '<pre tabindex="0">')
    body = re.sub(r"<table\b.*?</table>", stacked, body, flags=re.DOTALL)
    context["body"] = body.replace(
        '<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'
    )


def setup(app: Sphinx) -> None:
    app.connect("source-read", order)
    app.connect("html-page-context", reach, priority=900)  # after the theme
