"""The projects CSV gives the same projects as the document made from it."""

import csv
import io
import json
from pathlib import Path

import pytest

from chalicelib.models.project import Contact, Development, Hosting, Project, Repository
from tests.support.api import ROOT
from tests.support.loading import projects_in
from tools.load.projects import read_projects
from tools.load.reading import PROJECTS_CSV, read
from tools.load.report import Report
from tools.load.spreadsheet import rows


def drafts(content: str) -> tuple[list[Project], Report]:
    report = Report("projects.csv")
    return [found.draft for found in read_projects(rows(content, report), report)], report


def test_the_shipped_csv_gives_the_same_projects_as_the_shipped_document() -> None:
    from_csv, report = drafts((ROOT / "data/ons_projects_raw.csv").read_text())
    projects = json.loads((ROOT / "data/ons_projects.json").read_text())["projects"]
    assert from_csv == [found.draft for found in projects_in(*projects)[0]]
    assert (len(from_csv), report.left_out) == (20, [])


def test_the_newer_form_of_the_csv_is_read_too() -> None:
    fixture = ROOT / "tests/data/ons_directorate_fixture.json"
    shape = json.loads(fixture.read_text())["projects_csv_shape"]
    out = io.StringIO()
    writer = csv.DictWriter(out, shape[0])
    writer.writeheader()
    writer.writerows(shape)
    found, report = drafts(out.getvalue())
    assert (len(found), report.left_out) == (12, [])
    by_name = {draft.name: draft for draft in found}
    first = by_name["AWS Project"]
    assert (first.development, first.hosting) == (Development("in-house"), Hosting(("cloud",)))
    both = ("Technical Contact", "Delivery Manager")
    assert first.contacts == (Contact("test@ons.gov.uk", both, "Grade 7"),)
    used = {name: {use.technology for use in one.technologies} for name, one in by_name.items()}
    assert "React" in used["Typescript Project"]
    services = used["Another Project - GCP and AWS services"]
    assert "Amazon Simple Queue Service (SQS)" in services


def test_columns_may_be_missing_or_unknown_and_rows_may_be_short() -> None:
    found, report = drafts("Shoe_Size,Project,Stage\n41,Zebra\n42,Yak,Unsupported,,\n")
    assert [(draft.name, draft.stage) for draft in found] == [
        ("Zebra", None),
        ("Yak", "unsupported"),
    ]
    unknown, shorter = report.corrections
    assert (unknown.place, unknown.what) == ("line 1", "unknown columns, not loaded: shoe_size")
    assert (shorter.place, report.left_out) == ("line 2", [])


def test_the_place_of_a_row_is_its_line() -> None:
    _, report = drafts('Project,Repo\nZebra,\n\n"",https://example.org\nZebra,\n')
    assert [note.place for note in report.left_out] == ["line 4", "line 5 Zebra"]


def test_a_cell_may_contain_a_company_or_several_repositories() -> None:
    cells = (
        "Partnership (Acme Ltd),https://a.org/x; https://a.org/y",
        "Outsourced: Acme,",
        "In-house,",
    )
    rows = "".join(f"Project {n},Github,{cell}\n" for n, cell in enumerate(cells))
    found, _ = drafts(f"Project,Source_Control,Developed,Repo\n{rows}")
    expected = [("partnership", "Acme Ltd"), ("outsourced", "Acme"), ("in-house", "")]
    assert [draft.development for draft in found] == [Development(*each) for each in expected]
    urls = ("https://a.org/x", "https://a.org/y")
    assert found[0].repositories == tuple(Repository("github", url) for url in urls)


@pytest.mark.parametrize(
    ("encoding", "corrections"), [("utf-8", 0), ("utf-8-sig", 0), ("latin-1", 1), ("cp1252", 1)]
)
def test_the_encoding_is_detected(tmp_path: Path, encoding: str, corrections: int) -> None:
    path = tmp_path / "projects.csv"
    path.write_bytes("Project\r\nCafé\r\n".encode(encoding))
    report = Report("projects.csv")
    source = read(path, report)
    assert (source.kind, len(report.corrections)) == (PROJECTS_CSV, corrections)
    assert [draft.name for draft in drafts(source.content)[0]] == ["Café"]
