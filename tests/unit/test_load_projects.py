"""What the loader makes of a Tech Audit Tool document, in all the shapes that it comes in."""

import json
from pathlib import Path
from typing import Any

import pytest
from projects_document import Record, places, read_projects
from report import Report

from chalicelib.models.project import Contact, Development, Hosting, Repository, Use


def read(*projects: Any) -> tuple[list[Record], Report]:
    report = Report("projects.json")
    return list(read_projects(places(list(projects), report), report)), report


def record_of(**fields: Any) -> tuple[Record, Report]:
    found, report = read({"details": [{"name": "Zebra"}], **fields})
    return found[0], report


def draft_of(**fields: Any) -> Any:
    return record_of(**fields)[0].draft


def uses_of(**architecture: Any) -> list[tuple[str, str, bool]]:
    uses = draft_of(architecture=architecture).technologies
    return [(use.technology, use.category, use.main) for use in uses]


def whats(report: Report) -> str:
    return "\n".join(f"{note.place}: {note.what}" for note in report.mends)


def test_all_shipped_projects_can_be_taken() -> None:
    projects = json.loads(Path("data/ons_projects.json").read_text())["projects"]
    found, report = read(*projects)
    assert (len(found), report.left_out) == (20, [])


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: [d]])
def test_details_are_an_object_or_a_list_of_one(wrap: Any) -> None:
    details = {
        "name": " Zebra  One ",
        "short_name": "Z1",
        "programme_name": "Stripes",
        "project_description": "Counts\nstripes",
        "documentation_link": "https://example.org/z",
    }
    draft = read({"details": wrap(details)})[0][0].draft
    assert (draft.name, draft.short_name, draft.programme) == ("Zebra One", "Z1", "Stripes")
    assert draft.description == "Counts\nstripes"
    assert draft.documentation == ("https://example.org/z",)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["In House"], Development("in-house")),
        ("In-house", Development("in-house")),
        (["Partnership", "Co"], Development("partnership", "Co")),
        (["Partner", ["Co", "Other"]], Development("partnership", "Co, Other")),
        (["Outsourced", []], Development("outsourced")),
        (["", ""], None),
        ("by elves", None),
        ({"type": "Partnership", "company": "Co"}, Development("partnership", "Co")),
        ([[[["In House"]]]], None),
    ],
)
def test_who_develops_it(said: Any, expected: Development | None) -> None:
    assert draft_of(developed=said).development == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Development", "development"),
        ("Active Support", "active-support"),
        ("active-support", "active-support"),
        ("Unsupported", "unsupported"),
        ("", None),
        ("Asleep", None),
    ],
)
def test_the_stage(said: str, expected: str | None) -> None:
    assert draft_of(stage=said).stage == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"type": ["Cloud"], "details": ["AWS"]}, Hosting(("cloud",), ("AWS",))),
        ({"type": "Hybrid", "details": "AWS; Azure"}, Hosting(("hybrid",), ("AWS", "Azure"))),
        ({"type": ["On-premises", "On Prem"]}, Hosting(("on-premises",))),
        ({"type": [""], "details": ["GCP"]}, Hosting(("cloud",), ("GCP",))),
        ({"type": [], "details": ["On Prem"]}, Hosting(("on-premises",), ("On Prem",))),
        ({"type": "AWS"}, Hosting(("cloud",), ("AWS",))),
        ({"type": [""]}, Hosting()),
        (None, Hosting()),
    ],
)
def test_the_hosting(said: Any, expected: Hosting) -> None:
    assert draft_of(architecture={"hosting": said}).hosting == expected


def test_a_type_of_hosting_told_by_the_details_is_reported() -> None:
    _, report = record_of(architecture={"hosting": {"type": [], "details": ["GCP"]}})
    assert "architecture/hosting: no type, but details GCP: taken as cloud" in whats(report)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"dev": True, "prod": True, "int": False, "complete": True}, ("dev", "prod")),
        ({"PreProd": "true", "postprod": "no"}, ("preprod",)),
        (["uat", "dev"], ("dev", "uat")),
        ({}, ()),
        ("{}", ()),
        (None, ()),
    ],
)
def test_the_environments(said: Any, expected: tuple[str, ...]) -> None:
    record, report = record_of(architecture={"environments": said})
    assert record.draft.environments == expected
    assert not report.mends


def test_source_control_with_and_without_links() -> None:
    said = [
        {"type": "Github", "links": [{"url": "https://example.org/r", "description": "runner"}]},
        {"type": "GitLab", "links": []},
        {"type": "MS Sourcesafe"},
    ]
    assert draft_of(source_control=said).repositories == (
        Repository("github", "https://example.org/r", "runner"),
        Repository("gitlab"),
        Repository("other", "", "MS Sourcesafe"),
    )


def test_the_character_around_a_url_is_removed_and_a_broken_url_left_out() -> None:
    details = {"name": "Z", "documentation_link": ["\ufffdhttps://example.org/\ufffd", "see wiki"]}
    found, report = read({"details": details})
    assert found[0].draft.documentation == ("https://example.org/",)
    assert "documentation_link/0: U+FFFD around a URL removed" in whats(report)
    assert "documentation_link/1: link left out" in whats(report)
    assert not report.left_out


def test_technologies_come_as_text_list_or_main_and_others() -> None:
    assert uses_of(
        languages={"main": "Python; C#", "others": ["Go;", "R"]},
        database=["Redis"],
        frameworks="Spring",
    ) == [
        ("Python", "languages", True),
        ("C#", "languages", True),
        ("Go", "languages", False),
        ("R", "languages", False),
        ("Redis", "databases", False),
        ("Spring", "frameworks", False),
    ]


def test_supporting_tools_are_technologies_too() -> None:
    tools = {
        "code_editors": {"main": ["Vim"], "others": []},
        "project_tracking": "Jira; Confluence",
        "incident_management": ["PagerDuty"],
        "miscellaneous": {"miscellaneous": [{"name": "abacus", "description": "wood"}]},
    }
    record, report = record_of(supporting_tools=tools)
    assert record.draft.technologies == (
        Use("Vim", "code-editors", True),
        Use("Jira", "project-tracking"),
        Use("Confluence", "project-tracking"),
        Use("PagerDuty", "incident-management"),
    )
    assert report.not_carried == {"supporting_tools/miscellaneous": 2}


def test_one_technology_in_main_and_others_is_a_main_one() -> None:
    record, report = record_of(architecture={"languages": {"others": ["SAS"], "main": ["sas"]}})
    assert record.draft.technologies == (Use("sas", "languages", True),)
    assert "SAS stands more than once in languages" in whats(report)


@pytest.mark.parametrize("nothing", ["None", "none", "N/A", "n/a"])
def test_none_is_no_technology(nothing: str) -> None:
    record, report = record_of(architecture={"cicd": {"others": [nothing, "Jenkins"]}})
    assert [use.technology for use in record.draft.technologies] == ["Jenkins"]
    assert f"cicd/others: {nothing} is no technology: dropped" in whats(report)


def test_a_known_misspelling_is_corrected() -> None:
    record, report = record_of(architecture={"database": {"main": ["SQLLite"]}})
    assert record.draft.technologies == (Use("SQLite", "databases", True),)
    assert "SQLLite is spelled SQLite" in whats(report)


def test_contacts_with_and_without_roles_and_grade() -> None:
    user = [
        {"email": " a@example.org ", "roles": ["Delivery Manager", "editor"], "grade": "SEO"},
        {"email": "b@example.org"},
        {"email": "A@example.org", "roles": ["Technical Contact"]},
    ]
    record, report = record_of(user=user)
    roles = ("Delivery Manager Contact", "editor", "Technical Contact")
    assert record.contacts == (Contact("a@example.org", roles, "SEO"), Contact("b@example.org"))
    assert "user/2: a contact for the second time" in whats(report)


@pytest.mark.parametrize("email", ["", None, "nobody", "two@example.org three@example.org"])
def test_a_contact_without_an_address_is_left_out_and_none_is_told(email: Any) -> None:
    record, report = record_of(user=[{"email": email}, {"email": "b@example.org"}])
    assert len(record.contacts) == 1
    assert [note.place for note in report.left_out] == ["projects/0 Zebra, user/0"]
    assert "@" not in str(report.left_out)


def test_the_second_project_of_a_name_is_left_out() -> None:
    found, report = read({"details": {"name": "Zebra"}}, {"details": {"name": "ZEBRA "}})
    assert len(found) == 1
    assert [(note.place, note.what) for note in report.left_out] == [
        ("projects/1 ZEBRA", "has the name of projects/0")
    ]


@pytest.mark.parametrize(
    "broken", [None, "Zebra", [], {}, {"details": []}, {"details": [{"name": "z" * 201}]}]
)
def test_what_is_no_project_is_left_out_and_the_next_goes_in(broken: Any) -> None:
    found, report = read(broken, {"details": {"name": "Zebra"}})
    assert [record.draft.name for record in found] == ["Zebra"]
    assert report.left_out[0].place.startswith("projects/0")


def test_text_that_the_api_would_refuse_is_mended() -> None:
    details = {"name": "Ze\x00bra\ud800", "short_name": "Z\t1", "description": "x" * 5001}
    found, report = read({"details": details})
    draft = found[0].draft
    assert (draft.name, draft.short_name, len(draft.description)) == ("Zebra", "Z 1", 5000)
    assert len(report.mends) == 3


def test_what_has_no_home_in_the_register_is_counted() -> None:
    other = {"messaging": ["PubSub", "Kafka"], "testing": []}
    _, report = record_of(other=other, archived=True, details=[{"name": "Z", "pet": "cat"}])
    assert report.not_carried == {"other/messaging": 2, "archived": 1, "details/pet": 1}


def test_the_first_twenty_contacts_are_kept() -> None:
    record, report = record_of(user=[{"email": f"u{n}@example.org"} for n in range(21)])
    assert len(record.contacts) == 20
    assert [note.place for note in report.left_out] == ["projects/0 Zebra, user/20"]
