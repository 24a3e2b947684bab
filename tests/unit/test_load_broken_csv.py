"""Damaged CSV files of spreadsheets, exports and editors: each lost row is reported."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.loading import file_of, names_in, told
from tools.load.report import Note, Report


def places(report: Report) -> list[str]:
    return [note.place for note in report.left_out]


def test_an_unclosed_quote_loses_only_its_own_row() -> None:
    rows = [f"P{n},Z,Cloud,In House" for n in range(300)]
    rows[7], rows[200] = 'P7,"Z,Cloud,In House', 'P200,Z,"a, b",In House'
    found, report = file_of("\n".join(["Project,Project_Short,Hosted,Developed", *rows]).encode())
    assert [draft.name for draft in found] == [f"P{n}" for n in range(300) if n != 7]
    assert told(report.left_out).startswith("line 9: unbalanced quotes")


def test_a_quoted_cell_with_line_ends_is_read() -> None:
    rows = b'"Zebra\r\nOne",Unsupported,"Counts, slowly,\r\nstripes, and\r\n\r\nspots",,\r\nYak,,,,\r\n'
    found, report = file_of(b"Project,Stage,Project_Description,Team,Repo\r\n" + rows)
    assert [draft.name for draft in found] == ["Zebra One", "Yak"]
    assert found[0].description == "Counts, slowly,\r\nstripes, and\r\n\r\nspots"
    assert report.left_out == []


@pytest.mark.parametrize(
    "broken",
    [
        b'Z1,"Acme "Best" Ltd",,,',
        b'Z1,"open,,,\nZ2,a,b,c,d\nZ3,shut",,,',
        b'"Z1,a,b,c,d',
        b'Z1,a,b,c,"d',
    ],
)
def test_a_broken_row_is_reported_and_the_next_is_loaded(broken: bytes) -> None:
    header = b"Project,Project_Short,Stage,Hosted,Team\n"
    found, report = file_of(header + b"Yak,,,,\n" + broken + b"\nZebu,,,,\n")
    named = [draft.name for draft in found]
    assert (named[0], named[-1]) == ("Yak", "Zebu")
    assert "Z1" not in named
    assert places(report)[0] == "line 3"


def test_the_rest_of_a_broken_row_is_not_a_project() -> None:
    content = b'Project,Project_Description,Team\nZebra,"He said "hi"\nand left",\nYak,,\n'
    found, report = file_of(content)
    assert [draft.name for draft in found] == ["Yak"]
    assert places(report) == ["line 2", "line 3"]


def test_a_row_that_may_contain_another_is_reported() -> None:
    found, report = file_of(b'Project,Stage,Team\nZebra,"\nYak,",b\n')
    assert len(found) == 1
    assert "lines 2 to 3: a quoted cell may contain other rows" in told(report.corrections)


def test_a_row_with_a_comma_without_quotes_is_left_out() -> None:
    found, report = file_of(b"Project,Stage\nZebra, the first,Unsupported\nYak,,\n")
    assert [draft.name for draft in found] == ["Yak"]
    assert told(report.left_out).startswith("line 2: more cells than columns")


@pytest.mark.parametrize(
    "content",
    [
        b"\n\nProject,Stage\nZebra,\n",
        b",\n,\nProject,Stage\nZebra,\n",
        b'Team,"Project\n",Stage\n,Zebra,\n',
        b"Project;Stage\nZebra;Unsupported\n",
        b"Project\tStage\nZebra\tUnsupported\n",
        b"sep=;\nProject;Stage\nZebra;\n",
        b"Project,Stage\rZebra,\r",
        b'"""Project""",\xe2\x80\x9cStage\xe2\x80\x9d\nZebra,\n',
        b"Project\xc2\xa0,Stage,\nZebra,\xc2\xa0,\n",
        b'Stage, "Project"\nUnsupported, "Zebra"\n',
        b"Project\nZebra\n",
        b"\xef\xbb\xbfProject,Stage\r\nZebra,\r\n",
        b"Project,Project\nZebra,\n",
        b"Project,Stage,Project\n,,Zebra\n",
    ],
)
def test_the_header_is_found_after_other_lines_and_with_any_delimiter(
    content: bytes,
) -> None:
    found, report = file_of(content)
    assert ([draft.name for draft in found], report.left_out) == (["Zebra"], [])


def test_a_title_before_the_header_is_skipped_and_reported() -> None:
    found, report = file_of(b"Project,,\n\nProject,Stage,Team\nZebra,,\n")
    assert [draft.name for draft in found] == ["Zebra"]
    assert told(report.corrections) == "line 1: a line before the header: skipped"


def test_a_row_with_a_comma_in_curly_quotes_is_left_out() -> None:
    found, report = file_of("Project,Stage,Team\n“Zebra, the first”,,\nYak,“old”,\n".encode())
    assert [draft.name for draft in found] == ["Yak"]
    assert told(report.left_out).startswith("line 2: curly quotes do not enclose a cell")


def test_the_second_header_of_two_joined_files_is_not_a_project() -> None:
    one = b"\xef\xbb\xbfProject,Stage\n"
    found, report = file_of(one + b"Zebra,\n" + one + b"Yak,\n")
    assert [draft.name for draft in found] == ["Zebra", "Yak"]
    assert "line 3: a byte order mark inside the file removed" in told(report.corrections)
    assert "line 3: a second header: skipped" in told(report.corrections)


def test_columns_of_one_name_and_without_a_name_are_reported() -> None:
    found, report = file_of(b"Project,Stage,Stage,\nZebra,,Unsupported,x\nYak,Unsupported,y,\n")
    assert [draft.stage for draft in found] == ["unsupported", "unsupported"]
    assert "line 3: stage has different values in two columns" in told(report.corrections)
    assert report.not_carried["columns without a name"] == 1


def test_rows_of_a_merged_cell_without_a_name_are_reported() -> None:
    found, report = file_of(b"Project,Language_Main\nZebra,Go\n,R\n")
    assert (len(found), places(report)) == (1, ["line 3"])


def test_a_long_cell_loses_no_other_row() -> None:
    long = b"x" * 200_000
    content = b"Project,Project_Description\n%b,\nZebra,%b\nYak,\n" % (long, long)
    found, report = file_of(content)
    assert [(draft.name, len(draft.description)) for draft in found] == [
        ("Zebra", 5000),
        ("Yak", 0),
    ]
    assert places(report)[0].startswith("line 2 ")
    assert "200000 characters: cut to 5000" in told(report.corrections)


def test_a_byte_that_is_not_utf_8_does_not_change_other_names() -> None:
    content = "Project,Stage\nCafé,\nCr\0me Café,\n".encode().replace(b"\0", b"\xe8")
    found, report = file_of(content)
    assert [draft.name for draft in found] == ["Café", "Crème Café"]
    assert told(report.corrections).startswith("line 3: bytes that are not UTF-8")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_decides_the_encoding(encoding: str) -> None:
    assert names_in("Project\tStage\nCafé\t\n".encode(encoding)) == ["Café"]


CELLS = ("", "a", '"a, b"', '"a\nb"', '"', '"a', 'a"', 'a"b', '"a"b"', '""', '"a""b"', "é", "ü")
BREAKS = ("P{}", '"P{}"', '"P{}', 'P{}"')


@dataclass(frozen=True)
class Row:
    name: str
    first: int
    last: int


def lines_of(note: Note) -> set[int]:
    found = re.match(r"lines? (\d+)(?: to (\d+))?", note.place)
    assert found, note.place
    return set(range(int(found[1]), int(found[2] or found[1]) + 1))


rows = st.lists(
    st.tuples(
        st.sampled_from(BREAKS),
        st.lists(st.sampled_from(CELLS), min_size=5, max_size=5),
        st.sampled_from(["utf-8", "cp1252"]),
    ),
    max_size=12,
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(rows)
def test_with_any_quotes_and_encodings_each_row_is_loaded_or_reported(
    given_rows: list[tuple[str, list[str], str]],
) -> None:
    content = b"Project,Project_Short,Programme,Team,Project_Description,IAM_Services\n"
    expected, line = [], 2
    for number, (name, cells, encoding) in enumerate(given_rows):
        text = ",".join([name.format(number), *cells])
        expected.append(Row(f"P{number}", line, line := line + text.count("\n")))
        content += f"{text}\n".encode(encoding)
        line += 1
    found, report = file_of(content)
    taken = {draft.name for draft in found}
    named = set().union(*map(lines_of, [*report.left_out, *report.corrections]))
    for row in expected:
        assert row.name in taken or named & set(range(row.first, row.last + 1)), row
