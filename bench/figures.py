"""Figures from measured values: medians with quartiles, ratios, targets, and a table in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

BEGIN, END = "<!-- figures: make bench writes them -->", "<!-- end of the figures -->"
HEAD = "|  | ours | FastAPI | ratio | target |  |\n|---|---:|---:|---:|---:|---:|"


@dataclass(frozen=True)
class Row:
    """One line of the table: values in `unit`, in pairs if there are ratios.

    The target applies to the ratio, or to ours without ratios. It is a maximum, or a minimum if
    more is better.
    """

    group: str
    what: str
    unit: str
    ours: Sequence[float]
    peer: Sequence[float] = ()
    ratios: Sequence[float] = ()
    target: float | None = None
    more_is_better: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = target = ""
        if self.target is not None:
            found = quartiles(self.ratios or self.ours)[1]
            is_reached = found >= self.target if self.more_is_better else found <= self.target
            verdict = "reached" if is_reached else "**missed**"
            unit = "" if self.ratios else self.unit
            target = f"{'≥' if self.more_is_better else '≤'} {self.target:g} {unit}".strip()
        ours, peer = said(self.ours, self.unit), said(self.peer, self.unit)
        return f"{self.group}: {self.what}", ours, peer, said(self.ratios), target, verdict


def ratios_of(ours: Sequence[float], peer: Sequence[float]) -> Sequence[float]:
    """The ratio of each pair. Pairs are measured in turn, so a disturbance affects both values."""
    return [one / other for one, other in zip(ours, peer, strict=True)]


def quartiles(values: Sequence[float]) -> Sequence[float]:
    return quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3


def said(values: Sequence[float], unit: str = "") -> str:
    """The median, with quartiles if there are several values."""
    if not values:
        return ""
    low, median, high = map(number, quartiles(values))
    spread = f"{median} ({low}–{high})" if len(values) > 1 else median
    return f"{spread} {unit}".strip()


def number(found: float) -> str:
    """Three significant figures, without an exponent."""
    if found == int(found) or found >= 100:
        return f"{found:,.0f}"
    return f"{found:.1f}" if found >= 10 else f"{found:.2f}"


def markdown(made: str, rows: Sequence[Row]) -> str:
    """The text between the markers. `made` describes the time, the machine and the method."""
    return "\n".join(
        [f"Measured: {made}.\n", HEAD, *(f"| {' | '.join(row.cells)} |" for row in rows)]
    )


def write_between_markers(path: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Raises ValueError, without a change, if the document lacks the markers."""
    before, has_begin, rest = path.read_text().partition(begin)
    _, has_end, after = rest.partition(end)
    if not (has_begin and has_end):
        raise ValueError(f"{path} needs the line {begin} and, after it, {end}")
    path.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")
