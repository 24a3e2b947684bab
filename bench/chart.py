"""The chart of docs/performance.md: the medians of its table at 4 ms a call, as SVG."""

import re
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
        for what, medians in rows:
            y += 24
            parts.append(f'<text x="10" y="{y}">{escape(what)}</text>')
            for name, kind, median in zip(
                ("ours", "FastAPI"), ("ours", "peer"), medians, strict=True
            ):
                y += 17
                end = LEFT + float(median) * scale
                parts.append(f'<text class="end" x="{LEFT - 6}" y="{y}">{name}</text>')
                parts.append(
                    f'<rect class="{kind}" x="{LEFT}" y="{y - 11}" width="{end - LEFT:.1f}" height="13"/>'
                )
                parts.append(f'<text x="{end + 5:.1f}" y="{y}">{median} ms</text>')
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
