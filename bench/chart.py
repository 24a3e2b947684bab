"""The chart of docs/performance.md: the medians of its table at 4 ms a call, as SVG."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

PANELS = {
    "first, 4 ms a call": "First answers: a cold start",
    "later, 4 ms a call": "Later answers",
}
ROW = re.compile(r"^\| ([^|:]+): ([^|]+) \| ([\d.]+)[^|]* ms \| ([\d.]+)[^|]* ms \|", re.MULTILINE)
WIDTH, LEFT, LONGEST = 400, 66, 260  # the longest bar; its value follows it
STYLE = """
text{font:13px system-ui,sans-serif;fill:#1b1b1f}.head{font-size:15px;font-weight:600}.end{text-anchor:end}
.back{fill:#fff}.ours{fill:#00664b}.peer{fill:#8c8ca6}
@media screen and (prefers-color-scheme:dark){text{fill:#f0f0f5}.back{fill:#1e2129}.ours{fill:#56d3aa}.peer{fill:#77778f}}
""".strip()


def chart(table: str) -> str:
    """The SVG of a table from `bench.figures.markdown`: two bars for each request, in milliseconds."""
    found, y, parts = ROW.findall(table), 0, list[str]()
    for group, title in PANELS.items():
        rows = [(what, medians) for each, what, *medians in found if each == group]
        scale = LONGEST / max(float(median) for _, medians in rows for median in medians)
        y += 28
        parts.append(f'<text class="head" x="10" y="{y}">{title}</text>')
        for what, (ours, peer) in rows:
            parts.append(f'<text x="10" y="{y + 24}">{escape(what)}</text>')
            parts += _bar("ours", "ours", ours, scale, y + 41)
            parts += _bar("FastAPI", "peer", peer, scale, y + 58)
            y += 58
        y += 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img">',
            "<title>Time of an answer, ours and FastAPI's, where a call to DynamoDB takes 4 ms</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="back" width="{WIDTH}" height="{y}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _bar(name: str, kind: str, median: str, scale: float, y: int) -> Iterator[str]:
    length = float(median) * scale
    yield f'<text class="end" x="{LEFT - 6}" y="{y}">{name}</text>'
    yield f'<rect class="{kind}" x="{LEFT}" y="{y - 11}" width="{length:.1f}" height="13"/>'
    yield f'<text x="{LEFT + length + 5:.1f}" y="{y}">{median} ms</text>'
