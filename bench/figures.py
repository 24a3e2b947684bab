"""What the measured values say: medians, quartiles, ratios, and whether a target is reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True)
class Spread:
    """The median, and the quartiles around it."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """One line of the table, in `unit`; the target is for the ratio, or for ours where there is none."""

    group: str
    what: str
    unit: str
    ours: Spread
    peer: Spread | None = None
    ratio: Spread | None = None
    target: float | None = None

    @property
    def is_reached(self) -> bool | None:
        """None where there is no target."""
        if self.target is None:
            return None
        return (self.ratio or self.ours).median <= self.target


def spread(values: Sequence[float]) -> Spread:
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return Spread(middle, low, high)


def exactly(value: float) -> Spread:
    return spread([value])


def compared(
    group: str,
    what: str,
    unit: str,
    values: tuple[Sequence[float], Sequence[float]],
    target: float | None = None,
) -> Row:
    """Of values that were measured in turn: the ratio is that of each pair, which what disturbs may disturb both."""
    ours, peers = values
    ratios = [one / other for one, other in zip(ours, peers, strict=True)]
    return Row(group, what, unit, spread(ours), spread(peers), spread(ratios), target)
