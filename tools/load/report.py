"""The report on a file: counts of its records, and each correction and loss with its place."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import fill
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Column, Table

from chalicelib.routes.requests import UNFIT

ADDRESS = re.compile(r"(?<!\S)[^\s@]*@\S+")
PATIENCE_SECONDS = 1.0
AT_MOST = 50
T = TypeVar("T")


def printable(text: str) -> str:
    """One line without control characters, and without e-mail addresses: they are personal data."""
    return ADDRESS.sub("(e-mail address)", " ".join(UNFIT.sub("", text).split()))


@dataclass(frozen=True, slots=True)
class Note:
    """Notes with the same `what` are of one kind. `detail` replaces the `{}` in `what`."""

    place: str
    what: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.what.replace('{}', self.detail)}"


@dataclass(slots=True)
class Report:
    """`left_out` lists records that were not loaded, `corrections` changed and dropped values."""

    file: str
    read: int = 0
    added: int = 0
    changed: int = 0
    already_there: int = 0
    corrections: list[Note] = field(default_factory=list)
    left_out: list[Note] = field(default_factory=list)
    not_carried: Counter[str] = field(default_factory=Counter)
    created: dict[str, None] = field(default_factory=dict)
    failure: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether every record of the file is in the register."""
        return not self.failure and not self.left_out


def _counts(report: Report) -> list[str]:
    return [f"{printable(name)} {count}" for name, count in report.not_carried.items()]


# Each list of a report: JSON key, heading, items. Each note gets its own line.
LISTS: tuple[tuple[str, str, Callable[[Report], Iterable[str | Note]]], ...] = (
    (
        "new_technologies",
        "new technologies (ring review)",
        lambda r: map(printable, r.created),
    ),
    ("not_carried", "values that the register has no field for", _counts),
    ("mended", "corrected", lambda r: r.corrections),
    ("left_out", "LEFT OUT", lambda r: r.left_out),
)


def document(report: Report) -> dict[str, object]:
    """The object that `--json` prints for a file."""
    figures = {
        name: getattr(report, name) for name in ("read", "added", "changed", "already_there")
    }
    lists = {name: list(map(str, items_of(report))) for name, _, items_of in LISTS}
    return {"file": printable(report.file), **figures, **lists, "failure": report.failure}


def watched(items: Sequence[T], label: str) -> Iterator[T]:
    """Yields the items. After a second a terminal on stderr shows a progress bar."""
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(label.replace("[", r"\["), total=len(items))
    begun = monotonic()
    try:
        for number, item in enumerate(items):
            bar.update(task, completed=number)
            if not bar.live.is_started and monotonic() - begun > PATIENCE_SECONDS:
                bar.start()
            yield item
    finally:
        bar.stop()


def print_summary(reports: Sequence[Report], console: Console, verbose: bool) -> None:
    """Prints a line for each readable file, then its lists, shortened unless `verbose`."""
    reports = [report for report in reports if not report.failure]
    if not reports:
        return
    console.print(_table(reports))
    for _, what, items_of in LISTS:
        for report in reports:
            if items := list(items_of(report)):
                heading = printable(f"{report.file}: {what}, {len(items):,}")
                console.print(f"\n{heading}", style="bold", markup=False, highlight=False)
                _print_list(console, items, verbose)


def _table(reports: Sequence[Report]) -> Table:
    names = ("read", "added", "changed", "unchanged", "corrected", "left out")
    columns = Column("file", overflow="fold"), *(Column(name, justify="right") for name in names)
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for r in reports:
        figures = (r.read, r.added, r.changed, r.already_there, len(r.corrections), len(r.left_out))
        table.add_row(printable(r.file).replace("[", r"\["), *map(str, figures))
    return table


def _print_list(console: Console, items: list[str | Note], verbose: bool) -> None:
    """Prints the items, wrapped between words. Continuation lines are indented."""
    notes = [item for item in items if isinstance(item, Note)]
    texts = list(map(str, items)) if verbose or not notes else _kinds(notes)
    shown = texts if verbose else texts[:AT_MOST]
    more = [f"… and {len(texts) - len(shown)} more (--verbose lists all)"] if shown != texts else []
    lines = [*shown, *more] if notes else [" ".join([", ".join(shown), *more])]
    for line in lines:
        wrapped = fill(
            line.strip(),
            console.width,
            initial_indent="  ",
            subsequent_indent="      ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        console.print(wrapped, markup=False, highlight=False, soft_wrap=True)


def _kinds(notes: Iterable[Note]) -> list[str]:
    """One line for each kind of note, with the count and the first place."""
    found: dict[str, list[Note]] = {}
    for note in notes:
        found.setdefault(note.what, []).append(note)
    return [str(kind[0]) if len(kind) == 1 else _kind(kind) for kind in found.values()]


def _kind(notes: Sequence[Note]) -> str:
    first = notes[0]
    what = first.what.removesuffix(": {}").replace("{}", "…")
    where = ": ".join(filter(None, (first.place, first.detail)))
    return f"{what}: {len(notes):,} (first: {where})"
