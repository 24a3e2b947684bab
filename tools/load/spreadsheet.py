"""The projects as CSV: each row becomes what the Tech Audit Tool's document says of the same project."""

import csv
import io
import re
from collections.abc import Iterator

from tools.load.cleaning import Given
from tools.load.reading import UnreadableError
from tools.load.report import Report

INFRASTRUCTURE = (
    *("cicd_orchestration", "iac", "monitoring", "containers", "cloud_services"),
    "infrastructure",
)
CONTACTS = {
    "technical_contact": "Technical Contact",
    "delivery_manager": "Delivery Manager Contact",
}
# What the register has no field for; where the document's `other` has another name for it, that name.
OTHER = (
    *("messaging_type", "architectures", "testing_frameworks", "static_analysis"),
    *("code_formatter", "package_manager", "security_tools", "iam_services", "integrations_ons"),
    *("integrations_external", "other_tools", "team", "branching_strategy"),
    *("data_output_formats", "business_dashboards", "datasets_used"),
)
CALLED = {
    "messaging_type": "messaging",
    "testing_frameworks": "testing",
    "code_formatter": "formatter",
    "security_tools": "security",
    "iam_services": "iam",
    "integrations_ons": "integrations_internal",
}
CARRIED = (
    *("project", "project_short", "project_area", "dst_area", "hosted", "source_control", "repo"),
    *("language_frameworks", "cicd", "project_tools", "documentation", "developed", "stage"),
    *("project_description", "language_main", "language_others", "database_technologies"),
    *("datastores", *INFRASTRUCTURE, *CONTACTS),
)
HOSTING_TYPES = ("cloud", "hybrid", "on-premises")
CONTACT = re.compile(r"([^\s()]*)\s*(?:\((.*)\))?")
DEVELOPED = re.compile(r"([\w -]+?)\s*[(:;,]\s*(.*?)\)?")
Row = dict[str, str]


def rows(content: str, report: Report) -> Iterator[Given]:
    """The projects in the text of a CSV file. Raises UnreadableError."""
    reader = csv.reader(io.StringIO(content, newline=""))
    try:
        header = [re.sub(r"\s+", "_", name.strip().casefold()) for name in next(reader, [])]
        _report_columns(header, Given(report, "line 1"))
        for cells in reader:
            where = Given(report, f"line {reader.line_num}")
            if any(cell.strip() for cell in cells):
                yield where.of(_document(_row(header, cells, where)))
    except csv.Error as error:
        raise UnreadableError(f"is not CSV: {error} at line {reader.line_num}") from None


def _report_columns(header: list[str], where: Given) -> None:
    unknown = [name for name in header if name and name not in (*CARRIED, *OTHER)]
    if unknown:
        where.correct(f"unknown columns, not carried: {', '.join(unknown)}")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        where.correct(f"columns named twice, of which the last counts: {', '.join(twice)}")


def _row(header: list[str], cells: list[str], where: Given) -> Row:
    if any(cell.strip() for cell in cells[len(header) :]):
        where.correct(f"{len(cells)} cells under {len(header)} columns: the rest dropped")
    found = dict.fromkeys((*CARRIED, *OTHER), "")
    return found | dict(zip(header, (cell.strip() for cell in cells), strict=False))


def _document(row: Row) -> dict[str, object]:
    parts = DEVELOPED.fullmatch(row["developed"])
    return {
        "details": {
            "name": row["project"],
            "short_name": row["project_short"],
            "programme": row["dst_area"] or row["project_area"],
            "project_description": row["project_description"],
            "documentation_link": row["documentation"],
        },
        "user": [contact for column in CONTACTS for contact in _contacts(row, column)],
        "developed": list(parts.groups()) if parts else [row["developed"]],
        "stage": row["stage"],
        "source_control": _source_control(row),
        "architecture": _architecture(row),
        "supporting_tools": {"project_tracking": row["project_tools"]},
        "other": {CALLED.get(column, column): row[column] for column in OTHER},
    }


def _architecture(row: Row) -> dict[str, object]:
    hosted = row["hosted"]
    # Languages and frameworks are also listed with commas: `Python Flask, React`.
    listed = {column: re.sub(r",\s+", ";", cell) for column, cell in row.items()}
    return {
        "hosting": {"type": hosted} if hosted.casefold() in HOSTING_TYPES else {"details": hosted},
        "database": {"main": row["database_technologies"], "others": row["datastores"]},
        "languages": {"main": listed["language_main"], "others": listed["language_others"]},
        "frameworks": {"others": listed["language_frameworks"]},
        "cicd": {"others": row["cicd"]},
        "infrastructure": {"others": [row[column] for column in INFRASTRUCTURE]},
    }


def _source_control(row: Row) -> list[object]:
    urls = [url.strip() for url in row["repo"].split(";") if url.strip()]
    if not (row["source_control"] or urls):
        return []
    return [{"type": row["source_control"], "links": [{"url": url} for url in urls]}]


def _contacts(row: Row, column: str) -> list[object]:
    """`x@example.org (Grade 7)`, several with `;` between them."""
    found: list[object] = []
    for said in filter(None, map(str.strip, row[column].split(";"))):
        parts = CONTACT.fullmatch(said)
        email, grade = parts.groups() if parts else (said, "")
        found.append({"email": email, "grade": grade, "roles": [CONTACTS[column]]})
    return found
