"""From DOT to SVG, for light and for dark pages."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from diagrams.dot import DARK, FONT

SCRIPT = Path(__file__).with_name("render.mjs")
SECONDS = 300
FONTS = "Arial, Helvetica, 'Liberation Sans', sans-serif"  # all as wide as Graphviz reckons
SCHEMES = ("light", "dark")


class RenderError(Exception):
    """Says what is missing, or what Graphviz did not take."""


@dataclass(frozen=True)
class Drawing:
    """`title` and `description` are for those who do not see it; `dot` is Graphviz's language."""

    title: str
    description: str
    dot: str


def render(drawings: Mapping[str, Drawing]) -> dict[str, str]:
    """SVG by `<name>-light` and `<name>-dark`. Raises RenderError."""
    given = json.dumps({name: drawing.dot for name, drawing in drawings.items()})
    found = json.loads(_graphviz(given))
    return {
        f"{name}-{scheme}": _finish(found[name], drawing, scheme)
        for name, drawing in drawings.items()
        for scheme in SCHEMES
    }


def _graphviz(given: str) -> str:
    node = shutil.which("node")
    if node is None:
        raise RenderError("the diagrams need Node, and there is no `node` on this machine")
    done = subprocess.run(
        [node, str(SCRIPT)],
        input=given,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise RenderError(
            f"the diagrams cannot be drawn (`make docs` installs what is needed): {done.stderr}"
        )
    return done.stdout


def _finish(svg: str, drawing: Drawing, scheme: str) -> str:
    """The SVG element alone, with the drawing's own title in the place of Graphviz's for every part."""
    svg = re.sub(r"<title>[^<]*</title>\s*", "", svg[svg.index("<svg") :])
    title, description = (
        escape(text, quote=False) for text in (drawing.title, drawing.description)
    )
    said = f"<title>{title}</title><desc>{description}</desc>"
    svg = re.sub(r"<svg([^>]*)>", rf'<svg role="img"\1>{said}', svg, count=1)
    svg = svg.replace(f'font-family="{FONT}"', f'font-family="{FONTS}"')
    if scheme == "dark":
        for light, dark in DARK.items():
            svg = svg.replace(light, dark)
    return svg
