"""Converts the projects CSV: each row becomes a project of the Tech Audit Tool's document."""

import re
from collections.abc import Iterator

from tools.load.cleaning import NEXT_LINK, Given
from tools.load.report import Report
from tools.load.table import Table, column_name, table_in

INFRASTRUCTURE = (
    *("cicd_orchestration", "iac", "monitoring", "containers", "cloud_services"),
    "infrastructure",
)
CONTACTS = {
    "technical_contact": "Technical Contact",
    "delivery_manager": "Delivery Manager",
}
# Columns that the register has no field for. CALLED has their names in the document's `other`.
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


def table_of(content: str) -> Table | None:
    return table_in(content, "project", (*CARRIED, *OTHER))


def rows(content: str, report: Report) -> Iterator[Given]:
    """The projects in the text of a CSV file."""
    table = table_of(content)
    if table is None:
        return
    _report_columns(table.header, Given(report, f"line {table.begin + 1}"))
    for where, cells in table.rows(report):
        if [column_name(cell) for cell in cells] == table.header:
            where.correct("a second header: skipped")
        elif any(cell.strip() for cell in cells[len(table.header) :]):
            where.leave_out(
                "more cells than columns: put quotes around a cell that contains the delimiter"
            )
        else:
            yield where.of(_document(_row(table.header, cells, where)))


def _report_columns(header: list[str], where: Given) -> None:
    unknown = [name for name in header if name and name not in (*CARRIED, *OTHER)]
    if unknown:
        where.correct(f"unknown columns, not loaded: {', '.join(unknown)}")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        where.correct(
            f"columns with the same name, the first cell with a value is used: {', '.join(twice)}"
        )


def _row(header: list[str], cells: list[str], where: Given) -> Row:
    """The cells by column. Of columns with the same name, the first cell with a value is used."""
    if len(cells) < len(header):
        where.correct("fewer cells than columns: the missing ones read as empty")
    found = dict.fromkeys((*CARRIED, *OTHER), "")
    for name, cell in zip(header, map(str.strip, cells), strict=False):
        if cell and not name:
            where.report.not_carried["columns without a name"] += 1
        elif cell and found.get(name) not in (None, "", cell):
            where.correct("{} has different values in two columns: the first is used", name)
        elif cell:
            found[name] = cell
    return found


def _document(row: Row) -> dict[str, object]:
    parts = DEVELOPED.fullmatch(" ".join(row["developed"].split()))
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
    hosted, infrastructure = row["hosted"], [row[column] for column in INFRASTRUCTURE]
    return {
        "hosting": {"type": hosted} if hosted.casefold() in HOSTING_TYPES else {"details": hosted},
        "database": {"main": row["database_technologies"], "others": row["datastores"]},
        "languages": {"main": row["language_main"], "others": row["language_others"]},
        "frameworks": {"others": row["language_frameworks"]},
        "cicd": {"others": row["cicd"]},
        "infrastructure": {"others": ";".join(cell for cell in infrastructure if cell)},
    }


def _source_control(row: Row) -> list[object]:
    parts = [part.strip() for part in row["repo"].split(";")]
    urls = [url for part in parts for url in NEXT_LINK.split(part) if url]
    if not (row["source_control"] or urls):
        return []
    return [{"type": row["source_control"], "links": [{"url": url} for url in urls]}]


def _contacts(row: Row, column: str) -> list[object]:
    """The contacts in a cell: `x@example.org (Grade 7)`, separated by `;`."""
    found: list[object] = []
    for said in filter(None, map(str.strip, row[column].split(";"))):
        parts = CONTACT.fullmatch(said)
        email, grade = parts.groups() if parts else (said, "")
        found.append({"email": email, "grade": grade, "roles": [CONTACTS[column]]})
    return found
