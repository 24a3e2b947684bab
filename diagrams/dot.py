"""A little of Graphviz's language: boxes, groups and arrows, in the colours that the pages have."""

from collections.abc import Iterable
from html import escape

INK, FAINT, LINE = "#1b2129", "#56606d", "#5b6673"
# What a box stands for, and its colour on a light page.
FILLS = {
    "people": "#eef1f5",
    "guard": "#fde8e6",
    "gateway": "#f0e7fb",
    "compute": "#fff0dc",
    "data": "#e1eefc",
    "identity": "#e4f4e6",
    "watch": "#f4f4e4",
}
# The same drawing on a dark page.
DARK = {
    INK: "#eceff4",
    FAINT: "#b6c0cc",
    LINE: "#93a1b1",
    "#eef1f5": "#353c47",
    "#fde8e6": "#5a2f31",
    "#f0e7fb": "#443458",
    "#fff0dc": "#594324",
    "#e1eefc": "#263f5d",
    "#e4f4e6": "#28492f",
    "#f4f4e4": "#45452a",
}
FONT = "Arial"
SIZE, SMALL = 12, 10.5  # points


def graph(name: str, parts: Iterable[str], *, direction: str = "TB", **more: str) -> str:
    """A whole drawing; `direction` is TB or LR."""
    attributes = _attributes(
        {
            "rankdir": direction,
            "bgcolor": "transparent",
            "fontname": FONT,
            "nodesep": "0.3",
            "ranksep": "0.45",
            "pad": "0.05",
            **more,
        }
    )
    node = _attributes({"shape": "box", "style": "rounded,filled", "color": LINE, "fontname": FONT})
    edge = _attributes(
        {"color": LINE, "fontname": FONT, "fontsize": f"{SMALL}", "fontcolor": FAINT}
    )
    lines = [f"graph {attributes}", f"node {node}", f"edge {edge}", *parts]
    return "\n".join([f'digraph "{name}" {{', *(f"  {line}" for line in lines), "}", ""])


def box(name: str, kind: str, title: str, *lines: str) -> str:
    """A box with a title, and lines below it that begin at the left."""
    rows = [_row(f"<B>{escape(title)}</B>", SIZE, INK, "CENTER" if not lines else "LEFT")]
    rows += [_row(escape(line), SMALL, INK, "LEFT") for line in lines]
    label = f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1.5">{"".join(rows)}</TABLE>'
    return f'"{name}" [label=<{label}>, fillcolor="{FILLS[kind]}", margin="0.1,0.06"]'


def arrow(start: str, end: str, label: str = "", **more: str) -> str:
    """`more` is Graphviz's own, as `style="dashed"`."""
    said = {"label": f" {label} ", **more} if label else more
    return f'"{start}" -> "{end}" {_attributes(said)}'


def same_height(*names: str) -> str:
    return f"{{ rank=same; {' '.join(map(_quoted, names))} }}"


def _row(text: str, size: float, colour: str, align: str) -> str:
    font = f'<FONT POINT-SIZE="{size}" COLOR="{colour}">{text}</FONT>'
    return f'<TR><TD ALIGN="{align}">{font}</TD></TR>'


def _attributes(of: dict[str, str]) -> str:
    return f"[{', '.join(f'{name}={_quoted(value)}' for name, value in of.items())}]"


def _quoted(text: str) -> str:
    return f'"{text}"'
