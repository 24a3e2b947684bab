"""The document says what was measured, and whether a target is reached; nothing else of it changes."""

import json
from pathlib import Path

import pytest

from bench.document import (
    BEGIN,
    END,
    between_markers,
    cells,
    markdown,
    write_document,
    write_figures,
)
from bench.figures import Row, Spread, exactly
from tests.support import ROOT

DOCUMENT = f"# Title\n\nBefore.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"


def row(ratio: float, target: float | None = 0.25) -> Row:
    ours, ratios = Spread(100.0, 90.0, 110.0), Spread(ratio, 0.2, 0.3)
    return Row("later", "GET /health", "ms", ours, exactly(400.0), ratios, target)


def test_the_text_between_the_markers_is_replaced_and_nothing_else() -> None:
    once = between_markers(DOCUMENT, "new")
    assert once == DOCUMENT.replace("\nold\n", "\n\nnew\n\n")
    assert between_markers(once, "new") == once


@pytest.mark.parametrize("left_out", [BEGIN, END])
def test_a_document_without_its_markers_is_left_alone(left_out: str) -> None:
    with pytest.raises(ValueError, match="lacks"):
        between_markers(DOCUMENT.replace(left_out, ""), "new")


def test_the_figures_and_the_document_say_the_same(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text((ROOT / "docs/performance.md").read_text())
    made, rows = {"on": "a day"}, [row(0.25), row(0.26)]
    write_document(made, rows, page)
    write_figures(made, rows, tmp_path)
    assert markdown(made, rows) in page.read_text()
    figures = json.loads((tmp_path / "performance.json").read_text())
    assert figures["made"] == made
    assert [each["ratio"]["median"] for each in figures["rows"]] == [0.25, 0.26]


@pytest.mark.parametrize(
    ("ratio", "target", "said"),
    [(0.25, 0.25, "reached"), (0.26, 0.25, "**missed**"), (0.26, None, "")],
)
def test_a_row_says_whether_its_target_is_reached(
    ratio: float, target: float | None, said: str
) -> None:
    assert cells(row(ratio, target))[-1] == said


def test_a_target_without_a_ratio_is_for_our_own_figure() -> None:
    found = Row("package", "zip", "MB", exactly(5.1), exactly(3.0), target=5.0)
    assert cells(found)[1:] == ("5.10 MB", "3 MB", "", "≤ 5 MB", "**missed**")


def test_a_cell_is_a_median_with_its_quartiles() -> None:
    assert cells(row(0.25))[1:5] == ("100 (90–110) ms", "400 ms", "0.25 (0.20–0.30)", "≤ 0.25")
