"""The projects as CSV: each row becomes what the Tech Audit Tool's document says of the same project."""

import csv
import io
import re
from collections.abc import Iterator

from reading import UnreadableError
from report import Place, Report

LANGUAGES = {"main": "language_main", "others": "language_others"}
DATABASES = {"main": "database_technologies", "others": "datastores"}
INFRASTRUCTURE = (
    *("cicd_orchestration", "iac", "monitoring", "containers", "cloud_services"),
    "infrastructure",
)
CONTACTS = {
    "technical_contact": "Technical Contact",
    "delivery_manager": "Delivery Manager Contact",
}
# What the register has no field for, under the names that the document's `other` gives it.
OTHER = {
    "messaging_type": "messaging",
    "architectures": "architectures",
    "testing_frameworks": "testing",
    "static_analysis": "static_analysis",
    "code_formatter": "formatter",
    "package_manager": "package_manager",
    "security_tools": "security",
    "iam_services": "iam",
    "integrations_ons": "integrations_internal",
    "integrations_external": "integrations_external",
    "other_tools": "other_tools",
    "team": "team",
    "branching_strategy": "branching_strategy",
    "data_output_formats": "data_output_formats",
    "business_dashboards": "business_dashboards",
    "datasets_used": "datasets_used",
}
CARRIED = (
    *("project", "project_short", "project_area", "dst_area", "hosted", "source_control", "repo"),
    *("language_frameworks", "cicd", "project_tools", "documentation", "developed", "stage"),
    *("project_description", *LANGUAGES.values(), *DATABASES.values(), *INFRASTRUCTURE, *CONTACTS),
)
HOSTING_TYPES = ("cloud", "hybrid", "on-premises")
CONTACT = re.compile(r"([^\s()]*)\s*(?:\((.*)\))?")
DEVELOPED = re.compile(r"([\w -]+?)\s*[(:;,]\s*(.*?)\)?")
Row = dict[str, str]


def rows(content: str, report: Report) -> Iterator[tuple[object, Place]]:
    """The projects in the text of a CSV file, each with its place. Raises UnreadableError."""
    reader = csv.reader(io.StringIO(content, newline=""))
    try:
        header = [re.sub(r"\s+", "_", name.strip().casefold()) for name in next(reader, [])]
        _report_columns(header, Place(report, "line 1"))
        for cells in reader:
            place = Place(report, f"line {reader.line_num}")
            if any(cell.strip() for cell in cells):
                yield _document(_row(header, cells, place)), place
    except csv.Error as error:
        raise UnreadableError(f"is not CSV: {error} at line {reader.line_num}") from None


def _report_columns(header: list[str], place: Place) -> None:
    unknown = [name for name in header if name and name not in (*CARRIED, *OTHER)]
    if unknown:
        place.mend(f"unknown columns, not carried: {', '.join(unknown)}")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        place.mend(f"columns named twice, of which the last counts: {', '.join(twice)}")


def _row(header: list[str], cells: list[str], place: Place) -> Row:
    if any(cell.strip() for cell in cells[len(header) :]):
        place.mend(f"{len(cells)} cells under {len(header)} columns: the rest dropped")
    found = dict.fromkeys((*CARRIED, *OTHER), "")
    found |= dict(zip(header, (cell.strip() for cell in cells), strict=False))
    return found


def _document(row: Row) -> dict[str, object]:
    return {
        "details": {
            "name": row["project"],
            "short_name": row["project_short"],
            "programme": row["dst_area"] or row["project_area"],
            "project_description": row["project_description"],
            "documentation_link": row["documentation"],
        },
        "user": [contact for column in CONTACTS for contact in _contacts(row, column)],
        "developed": _developed(row["developed"]),
        "stage": row["stage"],
        "source_control": _source_control(row),
        "architecture": _architecture(row),
        "supporting_tools": {"project_tracking": row["project_tools"]},
        "other": {name: row[column] for column, name in OTHER.items()},
    }


def _architecture(row: Row) -> dict[str, object]:
    hosted = row["hosted"]
    return {
        "hosting": {"type": hosted} if hosted.casefold() in HOSTING_TYPES else {"details": hosted},
        "database": {key: row[column] for key, column in DATABASES.items()},
        "languages": {key: _at_commas(row[column]) for key, column in LANGUAGES.items()},
        "frameworks": {"others": _at_commas(row["language_frameworks"])},
        "cicd": {"others": row["cicd"]},
        "infrastructure": {"others": [row[column] for column in INFRASTRUCTURE]},
    }


def _at_commas(cell: str) -> str:
    """Languages and frameworks are also listed with commas: `Python Flask, React`."""
    return re.sub(r",\s+", ";", cell)


def _developed(cell: str) -> list[str]:
    parts = DEVELOPED.fullmatch(cell)
    return list(parts.groups()) if parts else [cell]


def _source_control(row: Row) -> list[object]:
    urls = [url.strip() for url in row["repo"].split(";") if url.strip()]
    if not (row["source_control"] or urls):
        return []
    return [{"type": row["source_control"], "links": [{"url": url} for url in urls]}]


def _contacts(row: Row, column: str) -> list[object]:
    """`x@example.org (Grade 7)`, several with `;` between them."""
    found: list[object] = []
    for said in (part.strip() for part in row[column].split(";")):
        parts = CONTACT.fullmatch(said)
        if said:
            email, grade = parts.groups() if parts else (said, "")
            found.append({"email": email, "grade": grade, "roles": [CONTACTS[column]]})
    return found
