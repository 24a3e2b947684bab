"""Reading the Tech Audit Tool's document, in all its forms."""

from typing import Any

import pytest

from chalicelib.models.project import Contact, Development, Hosting, Item, Project, Repository, Use
from tests.support.loading import projects_in, told
from tools.load.report import Report

DETAILS = {
    "name": " Zebra  One ",
    "short_name": "Z1",
    "programme_name": "Stripes",
    "project_description": "Counts\nstripes",
    "documentation_link": "https://example.org/z",
}
RUNNER = {"url": "https://example.org/r", "description": "runner"}
SOURCES = [
    *({"type": "Github", "links": [RUNNER]}, {"type": "GitLab", "links": []}),
    {"type": "MS Sourcesafe"},
]
REPOSITORIES = (
    *(Repository("github", "https://example.org/r", "runner"), Repository("gitlab")),
    Repository("other", "", "MS Sourcesafe"),
)
GCP = "hosting without a type, read as cloud: GCP"
SOURCESAFE = "MS Sourcesafe is not one of github, gitlab, other: stored in the description"
TOOLS = {
    "code_editors": {"main": ["Vim"], "others": []},
    "project_tracking": "Jira; Confluence",
    "incident_management": ["PagerDuty"],
}
TOOLS_USED = (
    *(Use("Vim", "code-editors", True), Use("Jira", "project-tracking")),
    *(Use("Confluence", "project-tracking"), Use("PagerDuty", "incident-management")),
)
LISTED = {"main": "Python; C#", "others": ["Go;", "R"]}
LISTED_USES = (
    *(Use("Python", "languages", True), Use("C#", "languages", True)),
    *(Use("Go", "languages"), Use("R", "languages")),
)
TWICE = "SAS is listed more than once in languages"
# For each place in the document: the given value, the record's value, and a part of the report.
SHAPES: dict[str, list[tuple[Any, Any, str]]] = {
    "developed": [
        (["In House"], Development("in-house"), ""),
        ("In-house", Development("in-house"), ""),
        (["Partnership", "Co"], Development("partnership", "Co"), ""),
        (["Partner", ["Co", "Other"]], Development("partnership", "Co, Other"), ""),
        (["Outsourced", []], Development("outsourced"), ""),
        (["", ""], None, ""),
        ("by elves", None, "by elves is not one of"),
        ({"type": "Partnership", "company": "Co"}, Development("partnership", "Co"), ""),
        ([[[["In House"]]]], None, "a list where a string is expected"),
    ],
    "stage": [
        ("Development", "development", ""),
        ("Active Support", "active-support", ""),
        ("active-support", "active-support", ""),
        ("Unsupported", "unsupported", ""),
        ("", None, ""),
        ("Asleep", None, "Asleep is not one of"),
    ],
    "architecture/hosting": [
        ({"type": ["Cloud"], "details": ["AWS"]}, Hosting(("cloud",), ("AWS",)), ""),
        ({"type": "Hybrid", "details": "AWS; Azure"}, Hosting(("hybrid",), ("AWS", "Azure")), ""),
        ({"type": ["On-premises", "On Prem"]}, Hosting(("on-premises",)), ""),
        ({"type": [""], "details": ["GCP"]}, Hosting(("cloud",), ("GCP",)), GCP),
        ({"details": ["On Prem"]}, Hosting(("on-premises",), ("On Prem",)), "read as on-premises"),
        ({"type": "AWS"}, Hosting(("cloud",), ("AWS",)), "AWS is not a type of hosting"),
        ({"type": [""]}, Hosting(), ""),
        (None, Hosting(), ""),
    ],
    "architecture/environments": [
        ({"dev": True, "prod": True, "int": False, "complete": True}, ("dev", "prod"), ""),
        ({"PreProd": "true", "postprod": "no"}, ("preprod",), ""),
        (["uat", "dev"], ("dev", "uat"), ""),
        ({}, (), ""),
        ("{}", (), ""),
        (None, (), ""),
    ],
    "source_control": [(SOURCES, REPOSITORIES, SOURCESAFE)],
    "supporting_tools": [(TOOLS, TOOLS_USED, "")],
    "architecture/languages": [
        (LISTED, LISTED_USES, "an empty item dropped"),
        ({"others": ["SAS"], "main": ["sas"]}, (Use("sas", "languages", True),), TWICE),
    ],
    "architecture/database": [
        (["Redis"], (Use("Redis", "databases"),), ""),
        ({"main": ["SQLLite"]}, (Use("SQLite", "databases", True),), "SQLLite corrected to SQLite"),
    ],
    "architecture/frameworks": [("Spring", (Use("Spring", "frameworks"),), "")],
    "architecture/cicd": [
        (
            {"others": [nothing, "Jenkins"]},
            (Use("Jenkins", "cicd"),),
            f"{nothing} is not a technology",
        )
        for nothing in ("None", "none", "N/A", "n/a")
    ],
}
FIELDS = {"developed": "development", "source_control": "repositories"}


def draft_of(**fields: Any) -> tuple[Project, Report]:
    (found,), report = projects_in({"details": [{"name": "Zebra"}], **fields})
    return found.draft, report


@pytest.mark.parametrize(
    ("place", "said", "expected", "correction"),
    [(place, *shape) for place, shapes in SHAPES.items() for shape in shapes],
)
def test_each_form_of_a_part(place: str, said: Any, expected: Any, correction: str) -> None:
    outer, _, inner = place.partition("/")
    draft, report = draft_of(**{outer: {inner: said} if inner else said})
    field = FIELDS.get(place, inner if inner in ("hosting", "environments") else outer)
    assert getattr(draft, field, draft.technologies) == expected
    assert correction in told(report.corrections)
    assert bool(correction) == bool(report.corrections)


@pytest.mark.parametrize("details", [DETAILS, [DETAILS]], ids=["object", "list of one"])
def test_details(details: Any) -> None:
    draft = projects_in({"details": details})[0][0].draft
    said = draft.name, draft.short_name, draft.programme, draft.description, draft.documentation
    assert said == ("Zebra One", "Z1", "Stripes", "Counts\nstripes", ("https://example.org/z",))


def test_invisible_characters_are_removed_from_one_line_and_stay_in_paragraphs() -> None:
    said = {"name": "Ze\u200bbra", "project_dependencies": [], "short_name": "\ufeff"}
    draft, report = draft_of(details={**said, "description": "a\u200db"})
    assert (draft.name, draft.short_name, draft.description) == ("Zebra", "", "a\u200db")
    assert [note.what for note in report.corrections] == ["invisible characters removed"] * 2


def test_replacement_characters_around_a_url_are_removed_and_an_invalid_url_is_dropped() -> None:
    details = {"name": "Z", "documentation_link": ["\ufffdhttps://example.org/\ufffd", "see wiki"]}
    draft, report = draft_of(details=details)
    assert draft.documentation == ("https://example.org/",)
    assert "documentation_link/0: U+FFFD around a URL removed" in told(report.corrections)
    assert "documentation_link/1: link dropped" in told(report.corrections)
    assert not report.left_out


def test_contacts_with_and_without_roles_and_grade() -> None:
    user = [
        {
            "email": " a@example.org ",
            "roles": ["Delivery Manager Contact", "editor"],
            "grade": "SEO",
        },
        {"email": "b@example.org"},
        {"email": "A@example.org", "roles": ["Technical Contact"]},
    ]
    draft, report = draft_of(user=user)
    roles = ("Delivery Manager", "editor", "Technical Contact")
    assert draft.contacts == (Contact("a@example.org", roles, "SEO"), Contact("b@example.org"))
    assert "user/2: the same contact twice" in told(report.corrections)


@pytest.mark.parametrize(
    ("emails", "kept", "place"),
    [
        *(
            ([email, "b@example.org"], 1, "user/0")
            for email in ("", None, "nobody", "two@example.org three@example.org")
        ),
        ([f"u{n}@example.org" for n in range(21)], 20, "user/20"),
    ],
)
def test_an_invalid_contact_is_left_out_and_no_address_is_reported(
    emails: list[Any], kept: int, place: str
) -> None:
    draft, report = draft_of(user=[{"email": email} for email in emails])
    assert len(draft.contacts) == kept
    assert [note.place for note in report.left_out] == [f"projects/0 Zebra, {place}"]
    assert "@" not in told(report.left_out)


def test_the_second_project_of_a_name_is_left_out() -> None:
    found, report = projects_in({"details": {"name": "Zebra"}}, {"details": {"name": "ZEBRA "}})
    assert len(found) == 1
    assert (
        told(report.left_out)
        == "projects/1 ZEBRA: has the same name as projects/0: rename or remove one"
    )


@pytest.mark.parametrize(
    "broken", [None, "Zebra", [], {}, {"details": []}, {"details": [{"name": "z" * 201}]}]
)
def test_an_invalid_project_is_left_out_and_the_next_is_loaded(broken: Any) -> None:
    found, report = projects_in(broken, {"details": {"name": "Zebra"}})
    assert [each.draft.name for each in found] == ["Zebra"]
    assert report.left_out[0].place.startswith("projects/0")


def test_text_that_the_api_would_refuse_is_corrected() -> None:
    details = {"name": "Ze\x00bra\ud800", "short_name": "Z\t1", "description": "x" * 5001}
    draft, report = draft_of(details=details)
    assert (draft.name, draft.short_name, len(draft.description)) == ("Zebra", "Z 1", 5000)
    assert len(report.corrections) == 3


def test_values_without_a_field_in_the_register_are_counted() -> None:
    _, report = draft_of(
        details=[{"name": "Z", "pet": "cat"}],
        other={"messaging": ["PubSub", "Kafka"], "testing": []},
        supporting_tools={"miscellaneous": [{"name": "abacus", "colour": "red"}]},
        archived=True,
    )
    assert report.not_carried == {
        "other/messaging": 2,
        "archived": 1,
        "details/pet": 1,
        "supporting_tools/miscellaneous/colour": 1,
    }


@pytest.mark.parametrize("nest", [lambda items: items, lambda items: {"miscellaneous": items}])
def test_dependencies_and_miscellaneous_tools_are_kept(nest: Any) -> None:
    draft, report = draft_of(
        details=[
            {
                "name": "Z",
                "programme_short_name": "SUR",
                "project_dependencies": [{"name": "Address Register", "description": "postcodes"}],
            }
        ],
        supporting_tools={
            "miscellaneous": nest([{"name": "abacus", "description": "wood"}, {"description": "x"}])
        },
    )
    assert draft.programme_short_name == "SUR"
    assert draft.dependencies == (Item("Address Register", "postcodes"),)
    assert draft.miscellaneous == (Item("abacus", "wood"),)
    assert "a description without a name" in told(report.left_out)
