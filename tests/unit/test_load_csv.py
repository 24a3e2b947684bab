"""The projects CSV: the same projects as the document made from it."""

import csv
import io
import json
from pathlib import Path

import pytest
from projects_csv import rows
from projects_document import Record, places, read_projects
from reading import PROJECTS_CSV, UnreadableError, read
from report import Report

from chalicelib.models.project import Contact, Development, Hosting, Repository

FIXTURE = Path("tests/data/ons_directorate_fixture.json")


def records(content: str) -> tuple[list[Record], Report]:
    report = Report("projects.csv")
    return list(read_projects(rows(content, report), report)), report


def test_the_shipped_csv_gives_the_same_projects_as_the_shipped_document() -> None:
    from_csv, report = records(Path("data/ons_projects_raw.csv").read_text())
    projects = json.loads(Path("data/ons_projects.json").read_text())["projects"]
    from_json = list(read_projects(places(projects, Report("j")), Report("j")))
    assert [record.draft for record in from_csv] == [record.draft for record in from_json]
    assert len(from_csv) == 20
    assert not report.left_out


def test_the_newer_shape_of_the_csv_is_read_too() -> None:
    shape = json.loads(FIXTURE.read_text())["projects_csv_shape"]
    out = io.StringIO()
    writer = csv.DictWriter(out, shape[0])
    writer.writeheader()
    writer.writerows(shape)
    found, report = records(out.getvalue())
    assert len(found) == 12
    assert not report.left_out
    by_name = {record.draft.name: record for record in found}
    first = by_name["AWS Project"]
    assert first.draft.development == Development("in-house")
    assert first.draft.hosting == Hosting(("cloud",))
    both = ("Technical Contact", "Delivery Manager Contact")
    assert first.contacts == (Contact("test@ons.gov.uk", both, "Grade 7"),)
    frameworks = [u.technology for u in by_name["Typescript Project"].draft.technologies]
    assert "React" in frameworks
    assert "Amazon Simple Queue Service (SQS)" in [
        use.technology
        for use in by_name["Another Project - GCP and AWS services"].draft.technologies
    ]


def test_columns_may_be_missing_and_unknown_ones_are_told_once() -> None:
    found, report = records("Shoe_Size,Project\n41,Zebra\n42,Yak\n")
    assert [record.draft.name for record in found] == ["Zebra", "Yak"]
    assert [note.what for note in report.mends] == ["unknown columns, not carried: shoe_size"]


def test_the_place_of_a_row_is_its_line() -> None:
    _, report = records('Project,Repo\nZebra,\n\n"",https://example.org\nZebra,\n')
    assert [note.place for note in report.left_out] == ["line 4", "line 5 Zebra"]


def test_rows_may_be_longer_or_shorter_than_the_header() -> None:
    found, report = records("Project,CICD,Stage\nZebra,Jenkins\nYak,,Unsupported,more\n")
    assert [record.draft.stage for record in found] == [None, "unsupported"]
    assert [note.place for note in report.mends] == ["line 3"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Partnership (Acme Ltd)", Development("partnership", "Acme Ltd")),
        ("Outsourced: Acme", Development("outsourced", "Acme")),
        ("In-house", Development("in-house")),
    ],
)
def test_a_company_may_stand_behind_who_develops_it(cell: str, expected: Development) -> None:
    found, _ = records(f"Project,Developed\nZebra,{cell}\n")
    assert found[0].draft.development == expected


def test_several_repositories_in_one_cell() -> None:
    found, _ = records("Project,Source_Control,Repo\nZ,Github,https://a.org/x; https://a.org/y\n")
    assert found[0].draft.repositories == (
        Repository("github", "https://a.org/x"),
        Repository("github", "https://a.org/y"),
    )


@pytest.mark.parametrize(
    ("encoding", "mends"), [("utf-8", 0), ("utf-8-sig", 0), ("latin-1", 1), ("cp1252", 1)]
)
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str, mends: int) -> None:
    path = tmp_path / "projects.csv"
    path.write_bytes("Project\r\nCafé\r\n".encode(encoding))
    report = Report("projects.csv")
    source = read(path, report)
    assert source.kind == PROJECTS_CSV
    assert [record.draft.name for record in records(source.content)[0]] == ["Café"]
    assert len(report.mends) == mends


def test_a_cell_beyond_all_bounds_makes_the_file_unreadable() -> None:
    with pytest.raises(UnreadableError, match="line"):
        records("Project\nZebra\n" + "x" * 200_000)
