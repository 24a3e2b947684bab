"""The figures of a run: what is written as JSON, and what the table, the chart and the cost are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.builds import Contender, files_in
from bench.figures import Ratio, Spread, percentile, ratio, spread
from bench.measure import Cold, Warm, all_times
from bench.scale import LARGEST_RATIO, Line
from bench.work import Work

ZIP_TARGET = 5.0  # MB


@dataclass(frozen=True)
class Row:
    """One line of the table. `ours`, `peer` and `floor` in `unit`; the target is for the ratio, or for ours."""

    group: str
    what: str
    unit: str
    ours: Spread
    peer: Spread | None = None
    floor: Spread | None = None
    ratio: Ratio | None = None
    target: float | None = None

    @property
    def is_reached(self) -> bool | None:
        """None where there is no target."""
        if self.target is None:
            return None
        return (self.ratio.value if self.ratio else self.ours.median) <= self.target


@dataclass(frozen=True)
class Calls:
    """DynamoDB's calls for one answer: of a new environment, and of one that has answered before."""

    what: str
    cold: Mapping[str, int]
    warm: Mapping[str, int]


@dataclass(frozen=True)
class Results:
    """`made` says when, where and how; `rows` are the table."""

    made: Mapping[str, Any]
    rows: Sequence[Row]
    calls: Sequence[Calls] = ()

    def find(self, group: str, what: str) -> Row | None:
        return next((r for r in self.rows if (r.group, r.what) == (group, what)), None)


def cold_rows(work: Work, found: Sequence[Cold]) -> list[Row]:
    """Wall and CPU milliseconds of a new process, and the modules it imported."""
    by_name = {cold.contender: cold for cold in found}

    def values(read: str, scale: float) -> dict[str, list[float]]:
        return {name: [v * scale for v in getattr(c, read)] for name, c in by_name.items()}

    modules = {name: exactly(cold.modules) for name, cold in by_name.items()}
    return [
        compared("cold", work.title, "ms", values("seconds", 1e3), work.target),
        compared("cold, CPU time", work.title, "ms", values("cpu_seconds", 1e3)),
        compared("peak memory, cold", work.title, "MB", values("peaks", 1e-6), work.memory_target),
        counted("modules imported", work.title, "", list(modules.values())),
    ]


def without_tls_row(work: Work, found: Sequence[Cold]) -> Row:
    values = {cold.contender: [seconds * 1e3 for seconds in cold.seconds] for cold in found}
    return compared("cold, no TLS", work.title, "ms", values, work.target)


def warm_rows(work: Work, found: Sequence[Warm]) -> list[Row]:
    """Milliseconds of a later answer: the median's spread is that of the rounds' medians."""
    by_name = {warm.contender: warm for warm in found}
    medians = {name: [median(some) * 1e3 for some in w.rounds] for name, w in by_name.items()}
    slowest = {name: percentile(all_times(w), 99) * 1e3 for name, w in by_name.items()}
    cpu = {name: [seconds * 1e3 for seconds in w.cpu_seconds] for name, w in by_name.items()}
    peaks = {name: w.peak / 1e6 for name, w in by_name.items()}
    return [
        compared("warm, p50", work.title, "ms", medians, work.warm_target),
        simple("warm, p99", work.title, "ms", slowest),
        compared("warm, CPU time", work.title, "ms", cpu),
        simple("peak memory, warm", work.title, "MB", peaks, work.memory_target),
    ]


def compared(
    group: str,
    what: str,
    unit: str,
    values: Mapping[str, Sequence[float]],
    target: float | None = None,
) -> Row:
    ours, peers = values["ours"], values["fastapi"]
    spreads = {name: spread(some) for name, some in values.items()}
    found = ratio(ours, peers)
    return Row(
        group, what, unit, spreads["ours"], spreads["fastapi"], spreads["bare"], found, target
    )


def simple(
    group: str, what: str, unit: str, values: Mapping[str, float], target: float | None = None
) -> Row:
    """Of single values, whose ratio has no spread."""
    value = values["ours"] / values["fastapi"]
    said = {name: exactly(each) for name, each in values.items()}
    found = Ratio(value, value, value)
    return Row(group, what, unit, said["ours"], said["fastapi"], said["bare"], found, target)


def counted(
    group: str, what: str, unit: str, values: Sequence[Spread], target: float | None = None
) -> Row:
    """Of ours, the peer's and the floor's; the target is for ours."""
    ours, peer, floor = values
    return Row(group, what, unit, ours, peer, floor, target=target)


def size_rows(contenders: Mapping[str, Contender]) -> list[Row]:
    def megabytes(name: str) -> Spread:
        return exactly(contenders[name].package.stat().st_size / 1e6)

    def files(name: str) -> Spread:
        """Unpacked; of a peer that brings its SDK, with it."""
        paths = contenders[name].path[:1] if name == "ours" else contenders[name].path
        return exactly(sum(1 for path in paths for _ in files_in(path)))

    names = ("ours", "fastapi", "bare")
    return [
        counted("package", "zip, without the SDK", "MB", [megabytes(n) for n in names], ZIP_TARGET),
        counted("package", "files, unpacked", "", [files(n) for n in names]),
    ]


def scale_rows(lines: Sequence[Line]) -> list[Row]:
    """Ours alone: at 100,000 projects, and the ratio to 1,000."""
    return [
        Row(
            "SQLite, 100,000 projects",
            line.request,
            "ms",
            exactly(line.p50_large),
            ratio=Ratio(line.ratio, line.ratio, line.ratio),
            target=LARGEST_RATIO,
        )
        for line in lines
    ]


def exactly(value: float) -> Spread:
    return Spread(value, value, value)
