"""What the measured times say: medians, percentiles, ratios, and how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import median, quantiles

RESAMPLES = 2_000
SURE = 0.95


@dataclass(frozen=True)
class Spread:
    """The median, and the quartiles around it."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Ratio:
    """Of two medians; between `low` and `high` in 95 of 100 resamplings of the pairs."""

    value: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return Spread(middle, low, high)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def ratio(ours: Sequence[float], peers: Sequence[float], seed: int = 0) -> Ratio:
    """Of values measured in turn. The pairs are resampled, for what disturbs one half may both."""
    pairs = list(zip(ours, peers, strict=True))
    random = Random(seed)
    found = sorted(_of_medians(random.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    outside = int(RESAMPLES * (1 - SURE) / 2)
    return Ratio(_of_medians(pairs), found[outside], found[-outside - 1])


def _of_medians(pairs: Sequence[tuple[float, float]]) -> float:
    return median(one for one, _ in pairs) / median(other for _, other in pairs)
