"""Finds the header of a table in a text, and reads its rows. Lines that are not rows are reported.

A row is one record of a CSV file. Its quoted cells may contain line ends. A row is broken if its
quotes are unbalanced, or if a quoted cell seems to contain other rows. The first line of a broken
row is left out. Reading continues at the next line with as many cells as the header or an earlier
row.
"""

import csv
import io
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from tools.load.cleaning import Given
from tools.load.report import Report

DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
HEADER_WITHIN = 20
LONGEST_ROW = 200  # lines
# Prose seldom has as many commas in a line as a header with this many columns.
WIDE = 5
BROKEN = "unbalanced quotes: write a quote inside a cell as two quotes"
CURLY = "curly quotes do not enclose a cell: use straight quotes"
LOST = "a line after a broken row that is not a row: correct the row before it"
csv.field_size_limit(2**31 - 1)  # the limits of each column apply later


@dataclass(frozen=True, slots=True)
class Record:
    cells: list[str]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    lines: list[str]
    delimiter: str
    header: list[str]
    begin: int
    end: int

    def rows(self, report: Report) -> Iterator[tuple[Given, list[str]]]:
        """The place and the cells of each row."""
        for number, line in enumerate(self.lines[: self.begin], 1):
            if line.strip() and not SEPARATOR_LINE.fullmatch(line):
                Given(report, f"line {number}").correct("a line before the header: skipped")
        widths, at, is_lost = {len(self.header)}, self.end, False
        while at < len(self.lines):
            record = _record(self.lines, at, self.delimiter)
            if fault := self._fault(record, widths, is_lost):
                Given(report, f"line {at + 1}").leave_out(fault)
            if fault or record is None:
                at, is_lost = at + 1, True
                continue
            at = record.end
            if any(cell.strip() for cell in record.cells):
                is_lost = False
                widths.add(len(record.cells))
                yield self._placed(record, report), record.cells

    def _fault(self, record: Record | None, widths: Container[int], is_lost: bool) -> str:
        if record is None:
            return BROKEN
        fits = len(record.cells) in widths
        if any(map(self._is_like_a_row, self._held(record) if fits else self._within(record))):
            return BROKEN
        if any(cell.startswith("“") and "”" not in cell for cell in record.cells):
            return CURLY
        text = "".join(record.cells)
        return LOST if is_lost and text.strip() and (not fits or '"' in text) else ""

    def _placed(self, record: Record, report: Report) -> Given:
        within = self._within(record)
        first, last = record.begin + 1, record.end
        where = Given(report, f"lines {first} to {last}" if within else f"line {first}")
        if within and sum(map(self._delimiters, within)) >= len(self.header) - 1:
            where.correct("a quoted cell may contain other rows: check for a surplus quote")
        if any(cell.count('"') % 2 for cell in record.cells):
            where.correct("a cell contains an unpaired quote: check for a missing or surplus quote")
        return where

    def _within(self, record: Record) -> list[str]:
        """The lines of the record after its first."""
        return self.lines[record.begin + 1 : record.end]

    def _held(self, record: Record) -> list[str]:
        """The whole lines inside quoted cells, if the header has WIDE or more columns."""
        if len(self.header) < WIDE:
            return []
        return [line for cell in record.cells for line in re.split(r"\r\n?|\n", cell)[1:-1]]

    def _is_like_a_row(self, line: str) -> bool:
        return self._delimiters(line) >= len(self.header) - 1

    def _delimiters(self, line: str) -> int:
        return line.count(self.delimiter)


def table_in(text: str, key: str, known: Container[str]) -> Table | None:
    """The table whose header has the column `key` and the most `known` columns, if any."""
    lines = list(io.StringIO(text, newline=""))
    said = SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    found = [
        Table(lines, delimiter, header, record.begin, record.end)
        for at in range(bool(said), min(HEADER_WITHIN, len(lines)))
        for delimiter in (said[1] if said else DELIMITERS)
        if (record := _record(lines, at, delimiter))
        and key in (header := [column_name(cell) for cell in record.cells])
    ]
    return max(found, key=lambda table: sum(n in known for n in table.header), default=None)


def column_name(cell: str) -> str:
    return re.sub(r"\W+", "_", cell.casefold()).strip("_")


def _record(lines: list[str], begin: int, delimiter: str) -> Record | None:
    """The record that begins in this line. None if its quotes are unbalanced."""
    some = lines[begin : begin + LONGEST_ROW]
    reader = csv.reader(some, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return Record(next(reader), begin, begin + reader.line_num)
    except csv.Error:
        return None
