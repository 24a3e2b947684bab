"""The chart: bars for each contender, as SVG that needs nothing else and suits light and dark."""

from collections.abc import Iterator
from html import escape

from bench.figures import Spread
from bench.report import number
from bench.results import Results, Row

PANELS = (
    ("cold", "First answer of a new process, ms"),
    ("warm, p50", "Later answers, median, ms"),
    ("peak memory, warm", "Memory at most, MB"),
)
NAMES = (("ours", "this project"), ("peer", "FastAPI + Mangum"), ("floor", "a constant"))
WIDTH, LEFT, RIGHT = 760, 240, 150
BAR, GAP, BETWEEN = 14, 4, 12
STYLE = """
 .card { fill: #ffffff } text { fill: #1f2328; font: 12px system-ui, sans-serif }
 .head { font-weight: 600; font-size: 14px } .line { stroke: #1f2328; stroke-width: 1.5 }
 .ours { fill: #1a7f37 } .peer { fill: #8250df } .floor { fill: #9aa4af }
 @media (prefers-color-scheme: dark) {
  .card { fill: #0d1117 } text { fill: #f0f6fc } .line { stroke: #f0f6fc }
  .ours { fill: #3fb950 } .peer { fill: #a371f7 } .floor { fill: #6e7681 }
 }
"""


def chart(results: Results) -> str:
    """One panel for each of PANELS that was measured; whiskers are quartiles."""
    parts: list[str] = []
    top = legend(parts)
    for group, title in PANELS:
        rows = [row for row in results.rows if row.group == group and row.target is not None]
        if rows:
            top = panel(parts, title, rows, top)
    height = top + 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>How fast and how large: {escape(NAMES[0][1])} and {escape(NAMES[1][1])}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="card" width="{WIDTH}" height="{height}" rx="8"/>',
            *parts,
            "</svg>\n",
        ]
    )


def legend(parts: list[str]) -> int:
    for n, (name, title) in enumerate(NAMES):
        x = 20 + n * 160
        parts.append(f'<rect class="{name}" x="{x}" y="14" width="12" height="12"/>')
        parts.append(f'<text x="{x + 18}" y="24">{escape(title)}</text>')
    return 44


def panel(parts: list[str], title: str, rows: list[Row], top: int) -> int:
    """Draws it from `top` down; gives where the next begins."""
    parts.append(f'<text class="head" x="20" y="{top + 14}">{escape(title)}</text>')
    top += 26
    largest = max(spread.high for row in rows for _, spread in bars(row))
    for row in rows:
        middle = top + (BAR + GAP) * len(list(bars(row))) / 2 + 2
        parts.append(f'<text x="20" y="{middle:g}">{escape(row.what)}</text>')
        for name, spread in bars(row):
            draw_bar(parts, name, spread, top, (WIDTH - LEFT - RIGHT) / largest)
            top += BAR + GAP
        top += BETWEEN
    return top + 8


def draw_bar(parts: list[str], name: str, spread: Spread, top: int, scale: float) -> None:
    width, low, high = (v * scale for v in (spread.median, spread.low, spread.high))
    y = top + BAR / 2
    parts.append(
        f'<rect class="{name}" x="{LEFT}" y="{top}" width="{max(width, 1):.1f}" height="{BAR}"/>'
    )
    if high - low > 1:
        parts.append(
            f'<line class="line" x1="{LEFT + low:.1f}" x2="{LEFT + high:.1f}" y1="{y:g}" y2="{y:g}"/>'
        )
    x = LEFT + max(width, high) + 6
    parts.append(f'<text x="{x:.1f}" y="{top + 11}">{number(spread.median)}</text>')


def bars(row: Row) -> Iterator[tuple[str, Spread]]:
    found = (("ours", row.ours), ("peer", row.peer), ("floor", row.floor))
    return ((name, spread) for name, spread in found if spread)
