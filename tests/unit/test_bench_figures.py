"""What the bench says of values it has measured."""

from random import Random

import pytest

from bench.figures import Row, compared, spread


def ratio(ours: list[float], peers: list[float]) -> Row:
    return compared("later", "GET /health", "ms", (ours, peers))


def test_a_spread_is_the_median_and_its_quartiles() -> None:
    found = spread([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (found.low, found.median, found.high) == (2.0, 3.0, 4.0)


def test_a_single_value_is_told_without_a_spread() -> None:
    found = spread([5.0])
    assert (found.low, found.median, found.high) == (5.0, 5.0, 5.0)


def test_a_ratio_without_noise_is_exact() -> None:
    assert ratio([1.0] * 15, [4.0] * 15).ratio == spread([0.25])


def test_disturbed_pairs_move_no_ratio_as_long_as_they_are_few() -> None:
    assert ratio([1.0] * 20 + [50.0], [4.0] * 20 + [7.0]).ratio == spread([0.25])


def test_what_disturbs_both_of_a_pair_is_in_no_ratio() -> None:
    random = Random(7)
    peers = [random.uniform(1.0, 4.0) for _ in range(21)]
    found = ratio([each / 4 for each in peers], peers).ratio
    assert found == spread([0.25])


def test_pairs_that_are_not_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio([1.0, 2.0], [1.0])
