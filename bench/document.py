"""Puts the figures of a run into docs/performance.md, its chart and its JSON."""

import json
from dataclasses import asdict
from pathlib import Path

from bench.chart import chart
from bench.cost import Assumed, Prices
from bench.report import markdown
from bench.results import Results

BEGIN, END = "<!-- figures: make bench writes them -->", "<!-- end of the figures -->"


def between_markers(document: str, text: str) -> str:
    """The document with `text` in the place of what is between the markers. Raises ValueError."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document lacks {BEGIN!r} or, after it, {END!r}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def write_figures(results: Results, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "performance.json").write_text(json.dumps(asdict(results), indent=1) + "\n")
    (folder / "performance.svg").write_text(chart(results))


def write_document(results: Results, path: Path) -> None:
    text = markdown(results, Prices(), Assumed())
    path.write_text(between_markers(path.read_text(), text))
