"""A table in a text: its header, wherever it is, and its rows. What is no row is reported.

A row is one record of a CSV file, over as many lines as its quoted cells have. It is broken where
its quotes are, and where a quoted cell holds what looks like rows. Then its first line is left out,
and reading goes on with the next line that has as many cells as the header or a row before.
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
# A line of prose seldom has as many commas as a header of this many columns.
WIDE = 5
BROKEN = "a quote is missing or too many: write a quote inside a cell twice"
CURLY = "curly quotes hold no cell together: use straight ones"
LOST = "a line after a broken row, without the cells of a row"
csv.field_size_limit(2**31 - 1)  # a text that is too long is for its column to cut or refuse


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
        """The cells of each row, and its place."""
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
            where.correct("a quoted cell holds what may be rows: look for a quote too many")
        if any(cell.count('"') % 2 for cell in record.cells):
            where.correct("a cell holds a single quote: look for one missing or too many")
        return where

    def _within(self, record: Record) -> list[str]:
        """Its lines after the first."""
        return self.lines[record.begin + 1 : record.end]

    def _held(self, record: Record) -> list[str]:
        """The whole lines in its quoted cells, where the header is so wide that none is prose."""
        if len(self.header) < WIDE:
            return []
        return [line for cell in record.cells for line in re.split(r"\r\n?|\n", cell)[1:-1]]

    def _is_like_a_row(self, line: str) -> bool:
        return self._delimiters(line) >= len(self.header) - 1

    def _delimiters(self, line: str) -> int:
        return line.count(self.delimiter)


def table_in(text: str, key: str, known: Container[str]) -> Table | None:
    """The table whose header names a column `key`, and the most of the `known` ones."""
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
    """The record that begins in this line, nothing where its quotes are broken."""
    some = lines[begin : begin + LONGEST_ROW]
    reader = csv.reader(some, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return Record(next(reader), begin, begin + reader.line_num)
    except csv.Error:
        return None
