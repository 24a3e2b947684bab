"""What is printed after a load: a line for each file, then every mend and every loss."""

from collections.abc import Iterable, Sequence
from textwrap import fill

from report import Note, Report, printable
from rich.console import Console
from rich.table import Table

AT_MOST = 50
COLUMNS = ("read", "added", "changed", "already there", "mended", "left out")


def print_summary(reports: Sequence[Report], console: Console, verbose: bool) -> None:
    """Of the files that could be read; at most 50 of each list, unless `verbose`."""
    most = None if verbose else AT_MOST
    reports = [report for report in reports if not report.failure]
    if not reports:
        return
    console.print(_table(reports))
    for report in reports:
        if report.born:
            names = "named by projects, new to the register (ring review)"
            _list(console, report, names, [printable(name) for name in report.born], most)
    for report in reports:
        counts = [f"{printable(name)} {count}" for name, count in report.not_carried.items()]
        if counts:
            _list(console, report, "values without a home in the register", counts, most)
    for report in reports:
        _notes(console, report, "mended", report.mends, most)
    for report in reports:
        _notes(console, report, "LEFT OUT", report.left_out, most)


def _table(reports: Iterable[Report]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("file", overflow="fold")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for report in reports:
        figures = (
            *(report.read, report.added, report.changed, report.already_there),
            *(len(report.mends), len(report.left_out)),
        )
        table.add_row(_name(report), *map(str, figures))
    return table


def _name(report: Report) -> str:
    return printable(report.file).replace("[", r"\[")


def _list(
    console: Console, report: Report, what: str, items: Sequence[str], most: int | None
) -> None:
    _heading(console, f"{report.file}: {what}, {len(items)}")
    shown = ", ".join(items[:most])
    _line(console, f"  {shown}{_more(items, most)}")


def _notes(
    console: Console, report: Report, what: str, notes: Sequence[Note], most: int | None
) -> None:
    if not notes:
        return
    _heading(console, f"{report.file}: {what}, {len(notes)}")
    for note in notes[:most]:
        _line(console, f"  {note.place}: {note.what}")
    if more := _more(notes, most):
        _line(console, f" {more}")


def _more(items: Sequence[object], most: int | None) -> str:
    hidden = len(items) - (len(items) if most is None else most)
    return f" … and {hidden} more (--verbose)" if hidden > 0 else ""


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(printable(text), style="bold", markup=False, highlight=False)


def _line(console: Console, text: str) -> None:
    """Wrapped between words, and indented so that one can see where the next begins."""
    wrapped = fill(
        text.strip(),
        console.width,
        initial_indent="  ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    console.print(wrapped, markup=False, highlight=False, soft_wrap=True)
