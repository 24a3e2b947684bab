"""What the bench says of times it has measured, and what it works out that requests cost."""

from random import Random

import pytest

from bench.cost import Prices, dollars
from bench.figures import percentile, ratio, spread
from bench.profiling import imports

PRICES = Prices(per_gb_second=0.00002, per_million_requests=0.2)
IMPORTTIME = """
import time: self [us] | cumulative | imported package
import time:      1500 |       1500 |     json.scanner
import time:       500 |       2000 |   json
import time:      3000 |       5000 | app
"""


def test_a_spread_is_the_median_and_its_quartiles() -> None:
    found = spread([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (found.low, found.median, found.high) == (2.0, 3.0, 4.0)


@pytest.mark.parametrize(("percent", "value"), [(50, 50.0), (99, 99.0), (100, 100.0), (1, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: int, value: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], percent) == value


def test_a_ratio_without_noise_is_exact() -> None:
    found = ratio([1.0] * 15, [4.0] * 15)
    assert (found.low, found.value, found.high) == (0.25, 0.25, 0.25)


def test_one_disturbed_pair_of_many_moves_no_ratio() -> None:
    assert ratio([1.0] * 20 + [50.0], [4.0] * 20 + [7.0]).value == 0.25


def test_a_ratio_lies_within_its_range_and_comes_out_the_same_again() -> None:
    random = Random(7)
    ours, peers = ([random.uniform(low, 2 * low) for _ in range(21)] for low in (1.0, 4.0))
    found = ratio(ours, peers)
    assert found.low < found.value < found.high
    assert found == ratio(ours, peers)


def test_pairs_that_are_not_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio([1.0, 2.0], [1.0])


def test_a_million_warm_requests_of_ten_milliseconds_at_one_gigabyte() -> None:
    assert dollars(500, 10, 0.0, PRICES, 1024) == pytest.approx(0.2 + 10_000 * 0.00002)


def test_the_share_of_new_environments_is_billed_for_their_start() -> None:
    assert dollars(500, 10, 0.5, PRICES, 2048) == pytest.approx(0.2 + 2 * 255_000 * 0.00002)


def test_a_millisecond_that_was_begun_is_billed_whole() -> None:
    assert dollars(0, 9.01, 0.0, PRICES, 1024) == dollars(0, 10, 0.0, PRICES, 1024)


def test_import_times_are_told_by_package_and_by_module() -> None:
    packages, modules = imports(IMPORTTIME)
    assert packages == [("app", 3.0), ("json", 2.0)]
    assert modules == [("app", 3.0), ("json.scanner", 1.5), ("json", 0.5)]
