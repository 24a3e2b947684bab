"""The table has the measured values, and whether each target is reached."""

import re
from pathlib import Path
from random import Random

import pytest

from bench import steady
from bench.chart import PANELS, chart
from bench.figures import BEGIN, END, Row, markdown, ratios_of, write_between_markers
from tests.support.api import ROOT


def test_a_cell_is_a_median_with_its_quartiles() -> None:
    row = Row("later", "GET /", "ms", [5.0, 1.0, 4.0, 2.0, 3.0], [1234.0], [0.251, 0.25, 0.262])
    assert row.cells[:4] == ("later: GET /", "3 (2–4) ms", "1,234 ms", "0.25 (0.25–0.26)")


def test_a_disturbance_of_both_values_of_a_pair_does_not_change_the_ratio() -> None:
    random = Random(7)
    peers = [random.uniform(1.0, 4.0) for _ in range(21)]
    assert set(ratios_of([each / 4 for each in peers], peers)) == {0.25}


def test_unpaired_values_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratios_of([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("ratio", "target", "said"),
    [(0.25, 0.25, "reached"), (0.26, 0.25, "**missed**"), (0.26, None, "")],
)
def test_a_row_shows_whether_its_target_is_reached(
    ratio: float, target: float | None, said: str
) -> None:
    assert Row("first", "GET /", "ms", [100.0], [400.0], [ratio], target).cells[-1] == said


@pytest.mark.parametrize(("ratio", "said"), [(1.0, "reached"), (0.99, "**missed**")])
def test_if_more_is_better_a_target_is_a_minimum(ratio: float, said: str) -> None:
    row = Row("load", "requests a second", "", [9.0], [9.0], [ratio], 1, more_is_better=True)
    assert row.cells[-2:] == ("≥ 1", said)


def test_a_target_without_a_ratio_applies_to_our_own_value() -> None:
    found = Row("package", "zip", "MB", [5.1], [3.0], target=5.0)
    assert found.cells[1:] == ("5.10 MB", "3 MB", "", "≤ 5 MB", "**missed**")


@pytest.mark.parametrize(("begin", "end"), [(BEGIN, END), (steady.BEGIN, steady.END)])
def test_the_document_changes_only_between_its_markers(
    tmp_path: Path, begin: str, end: str
) -> None:
    page, before = tmp_path / "page.md", (ROOT / "docs/performance.md").read_text()
    page.write_text(before)
    table = markdown("on a day", [Row("later", "GET /", "ms", [1.5])])
    write_between_markers(page, table, begin, end)
    after = page.read_text()
    assert after.partition(begin)[0] == before.partition(begin)[0]
    assert after.partition(begin)[2] == f"\n\n{table}\n\n{end}{before.partition(end)[2]}"


def test_a_document_without_its_markers_is_unchanged(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{END}\n{BEGIN}\n")
    with pytest.raises(ValueError, match="needs the line"):
        write_between_markers(page, "new")
    assert page.read_text() == f"{END}\n{BEGIN}\n"


def test_the_chart_has_the_medians_of_the_table() -> None:
    """`make bench` writes both from one run."""
    page, drawing = (
        ROOT / "docs" / name for name in ("performance.md", "drawings/performance.svg")
    )
    assert drawing.read_text() == chart(page.read_text())
    rows = [Row(group, "GET /", "ms", [5.0], [8.0]) for group in PANELS]
    bars = re.findall(r'class="(ours|peer)".*?width="([\d.]+)"', chart(markdown("now", rows)))
    assert bars == [("ours", "162.5"), ("peer", "260.0")] * 2
