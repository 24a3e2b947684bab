"""How the bench's figures get into docs/performance.md and its chart."""

from xml.etree import ElementTree

import pytest

from bench.chart import chart
from bench.cost import Assumed, Prices
from bench.document import BEGIN, END, between_markers
from bench.figures import Ratio, Spread
from bench.report import cells, markdown
from bench.results import Calls, Results, Row, exactly
from bench.work import LIST
from tests.support import ROOT

DOCUMENT = f"# Title\n\nBefore.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"


def row(value: float, target: float | None = 0.25, group: str = "cold") -> Row:
    spread = Spread(100.0, 90.0, 110.0)
    ratio = Ratio(value, value - 0.05, value + 0.05)
    return Row(group, LIST.title, "ms", spread, exactly(400.0), exactly(20.0), ratio, target)


RESULTS = Results(
    {"on": "a day"},
    [row(0.25), row(0.2, group="warm, p50")],
    [Calls(LIST.title, {"ours": 5, "fastapi": 3}, {"ours": 3, "fastapi": 3})],
)


def test_the_text_between_the_markers_is_replaced_and_nothing_else() -> None:
    assert between_markers(DOCUMENT, "new") == DOCUMENT.replace("\nold\n", "\n\nnew\n\n")


def test_replacing_it_again_changes_nothing() -> None:
    once = between_markers(DOCUMENT, "new")
    assert between_markers(once, "new") == once


@pytest.mark.parametrize("left_out", [BEGIN, END])
def test_a_document_without_its_markers_is_left_alone(left_out: str) -> None:
    with pytest.raises(ValueError, match="lacks"):
        between_markers(DOCUMENT.replace(left_out, ""), "new")


def test_the_document_has_the_markers() -> None:
    between_markers((ROOT / "docs/performance.md").read_text(), "new")


@pytest.mark.parametrize(
    ("value", "target", "said"),
    [(0.25, 0.25, "reached"), (0.26, 0.25, "**missed**"), (0.26, None, "")],
)
def test_a_row_says_whether_its_target_is_reached(
    value: float, target: float | None, said: str
) -> None:
    assert cells(row(value, target))[-1] == said


def test_a_target_without_a_ratio_is_for_our_own_figure() -> None:
    found = Row("package", "zip", "MB", exactly(5.1), exactly(3.0), target=5.0)
    assert cells(found)[1:] == ("5.10 MB", "3 MB", "", "", "≤ 5 MB", "**missed**")


def test_a_cell_is_a_median_with_its_quartiles_and_a_ratio_with_its_range() -> None:
    assert cells(row(0.25))[1:5] == ("100 (90–110) ms", "400 ms", "20 ms", "0.25 (0.20–0.30)")


def test_the_cost_is_told_with_what_it_assumes_without_and_with_the_time_of_calls() -> None:
    text = markdown(RESULTS, Prices(), Assumed(cold_shares=(0.0,), call_ms=10))
    assert "list prices" in text
    assert "1769 MB" in text
    without, with_calls = (line for line in text.splitlines() if " 0.0% | + " in line)
    assert without.endswith("| 3.08 | 11.72 | 0.26 |")
    assert with_calls.endswith("| 3.94 | 12.58 | 0.31 |")


def test_a_part_that_was_not_measured_is_not_told_of() -> None:
    text = markdown(Results({"on": "a day"}, [row(0.2)]), Prices(), Assumed())
    assert "dollars" not in text
    assert "calls" not in text


def test_the_chart_is_svg_that_asks_for_nothing_from_elsewhere() -> None:
    drawn = chart(RESULTS)
    tree = ElementTree.fromstring(drawn)
    texts = [element.text for element in tree.iter() if element.tag.endswith("text")]
    assert texts.count(LIST.title) == 2  # one in each panel
    assert "prefers-color-scheme: dark" in drawn
    assert "href" not in drawn
    assert "url(" not in drawn
