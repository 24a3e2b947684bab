"""Puts the figures of a run into docs/performance.md and its JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.figures import Row, Spread

BEGIN, END = "<!-- figures: make bench writes them -->", "<!-- end of the figures -->"
HEAD = "|  | ours | FastAPI | ratio | target |  |\n|---|---:|---:|---:|---:|---:|"
VERDICTS = {None: "", True: "reached", False: "**missed**"}


def cells(row: Row) -> tuple[str, ...]:
    unit = "" if row.ratio else f" {row.unit}"
    return (
        f"{row.group}: {row.what}",
        value(row.ours, row.unit),
        value(row.peer, row.unit),
        value(row.ratio, ""),
        "" if row.target is None else f"≤ {row.target:g}{unit}",
        VERDICTS[row.is_reached],
    )


def value(found: Spread | None, unit: str) -> str:
    """The median, with its quartiles where it has any."""
    if found is None:
        return ""
    text = number(found.median)
    if found.low != found.high:
        text += f" ({number(found.low)}–{number(found.high)})"
    return f"{text} {unit}".strip()


def number(found: float) -> str:
    """Three figures, and never an exponent."""
    if found == int(found) or abs(found) >= 100:
        return f"{found:,.0f}"
    return f"{found:.1f}" if abs(found) >= 10 else f"{found:.2f}"


def markdown(made: Mapping[str, str], rows: Sequence[Row]) -> str:
    """All that stands between the markers; `made` says when, where and how it was measured."""
    said = ", ".join(f"{name} {text}" for name, text in made.items())
    lines = ["| " + " | ".join(cells(row)) + " |" for row in rows]
    return "\n".join([f"Measured: {said}.\n", HEAD, *lines])


def between_markers(document: str, text: str) -> str:
    """The document with `text` in the place of what is between the markers. Raises ValueError."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document lacks {BEGIN!r} or, after it, {END!r}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def write_figures(made: Mapping[str, str], rows: Sequence[Row], folder: Path) -> None:
    """A row a line."""
    folder.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(asdict(row)) for row in rows)
    text = f'{{"made": {json.dumps(made)}, "rows": [\n{lines}\n]}}\n'
    (folder / "performance.json").write_text(text)


def write_document(made: Mapping[str, str], rows: Sequence[Row], path: Path) -> None:
    path.write_text(between_markers(path.read_text(), markdown(made, rows)))
