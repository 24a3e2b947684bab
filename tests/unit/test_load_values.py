"""Values that people, exports and spreadsheets write into documents: empty values, names and links."""

import json
from typing import Any

import pytest

from chalicelib.models.project import Contact, Repository
from tests.support.loading import file_of, names_in, project, projects_in, told
from tools.load.decoding import UnreadableError


def document(*projects: Any) -> bytes:
    return json.dumps({"projects": projects}).encode()


def technologies(value: Any) -> list[str]:
    (found,), _ = projects_in(project(main=value))
    return [use.technology for use in found.draft.technologies]


def test_nan_and_infinity_are_read_as_null() -> None:
    said = b'{"projects": [{"details": {"name": "Z", "short_name": NaN, "area": -Infinity}}]}'
    (draft,), report = file_of(said.replace(b'"area"', b'"description": 1e999, "area"'))
    assert (draft.short_name, draft.programme, draft.description) == ("", "", "")
    for number in ("NaN", "-Infinity", "1e999"):
        assert f"{number} is not a number in JSON: read as null" in told(report.corrections)


@pytest.mark.parametrize("end", "\x0b\x0c\x1c\x85\u2028\u2029")
def test_a_rare_line_end_separates_words(end: str) -> None:
    details = {"name": f"Zebra{end}One", "description": f"a{end}b"}
    (found,), report = projects_in({"details": details})
    assert (found.draft.name, found.draft.description) == ("Zebra One", "a\nb")
    assert report.corrections


def test_invisible_characters_are_removed_from_a_name() -> None:
    (found,), report = projects_in({"details": {"name": "\u200bZeb\u00adra\u00a0 One\ufeff"}})
    assert found.draft.name == "Zebra One"
    assert report.corrections


@pytest.mark.parametrize(
    "nothing",
    [
        *("#NAME?", "#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NUM!", "#NULL!", "NULL", "null"),
        *("TBC", "tbd", "Unknown", "-", "?", "n/a"),
    ],
)
def test_a_placeholder_for_a_missing_value_is_not_a_technology(nothing: str) -> None:
    (found,), report = projects_in(project(main=[nothing, "Go"]))
    assert [use.technology for use in found.draft.technologies] == ["Go"]
    assert nothing in told(report.corrections)


def test_a_spreadsheet_error_is_not_the_name_of_a_project() -> None:
    assert names_in(b"Project,Stage\n#REF!,\nNull Space,\n") == ["Null Space"]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Jira, Trello", ["Jira", "Trello"]),
        ("Jira, Trello,", ["Jira", "Trello"]),
        ("Go; C#, R", ["Go", "C#", "R"]),
        ("AWS (S3, EC2), Go", ["AWS (S3, EC2)", "Go"]),
        ("1,2-Library", ["1,2-Library"]),
        (["Amazon SQS, FIFO"], ["Amazon SQS, FIFO"]),
    ],
)
def test_a_text_is_split_at_commas_and_an_item_of_a_list_is_not(
    value: Any, names: list[str]
) -> None:
    assert technologies(value) == names


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (b"PK\x03\x04\x14\x00", r"Excel workbook \(.xlsx\): save it as CSV in UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel workbook"),
        (b"%PDF-1.7", "is a PDF file"),
        (b"<!doctype html><title>Sign in</title>", "is HTML or XML"),
        ("Project,Stage".encode("utf-16-le"), "has no byte order mark"),
        (b"\xff\xfeP\x00\x00", "begins as UTF-16"),
        (b"Name,Stage\nZebra,\n", "a column named Project"),
        (
            b'{"projects": [{"details": {"name": "Z"}},]}',
            "line 1, .*remove (the comma before it|that comma)",
        ),
        (b'{"projects": [],\n}', "line [12], .*remove (the comma before it|that comma)"),
        ("{“projects”: []}".encode(), "line 1, .*straight double quotes"),
        (b"{'projects': []}", "straight double quotes"),
        (b'{"projects": [', "the file is incomplete, download or export it again"),
        (b'{"details": {}}\n{"details": {}}\n', "line 2, .*JSON Lines"),
    ],
)
def test_the_error_on_an_unreadable_file_names_its_kind(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        file_of(content)


def test_a_list_of_projects_without_a_document_around_it_is_read() -> None:
    assert names_in(b'[null, {"details": {"name": "Zebra"}}]') == ["Zebra"]


def test_a_byte_of_json_that_is_not_utf_8_does_not_change_others() -> None:
    said = document({"details": {"name": "Caf_"}}, {"details": {"name": "Th^"}})
    said = said.replace(b"_", "é".encode()).replace(b"^", b"\xe9")
    assert names_in(said) == ["Café", "Thé"]


@pytest.mark.parametrize(
    ("description", "kept"),
    [("", "Bitbucket"), ("runner", "Bitbucket: runner"), ("Bitbucket: x", "Bitbucket: x")],
)
def test_a_repository_of_another_type_keeps_its_name_once(description: str, kept: str) -> None:
    links = [{"url": "https://example.org/z", "description": description}]
    source = [{"type": "Bitbucket", "links": links}]
    (found,), report = projects_in(project() | {"source_control": source})
    assert found.draft.repositories == (Repository("other", "https://example.org/z", kept),)
    assert "Bitbucket is not one of github, gitlab, other" in told(report.corrections)


def test_a_description_of_a_repository_without_a_link_is_kept() -> None:
    source = [{"type": "GitLab", "links": [{"url": "", "description": "on a disk"}]}]
    (found,), _ = projects_in(project() | {"source_control": source})
    assert found.draft.repositories == (Repository("gitlab", "", "on a disk"),)


@pytest.mark.parametrize("link", ["github.com/x/y", "www.example.org"])
def test_https_is_added_to_a_link_without_it(link: str) -> None:
    source = [{"type": "Github", "links": [link]}]
    details = {"name": "Zebra", "documentation_link": f"{link}; {link}/z"}
    (found,), report = projects_in({"details": details, "source_control": source})
    assert found.draft.repositories == (Repository("github", f"https://{link}"),)
    assert found.draft.documentation == (f"https://{link}", f"https://{link}/z")
    assert [note.what for note in report.corrections] == ["https:// added to a link"] * 3


def test_the_same_person_twice_is_one_contact_and_a_second_grade_is_reported() -> None:
    content = b"Project,Technical_Contact,Delivery_Manager\nZebra,a@example.org (G7),A@example.org (HEO)\n"
    (draft,), report = file_of(content)
    roles = ("Technical Contact", "Delivery Manager")
    assert draft.contacts == (Contact("a@example.org", roles, "G7"),)
    assert "the same contact twice: merged" in told(report.corrections)
    assert "two grades of one contact: the first is used" in told(report.corrections)


def test_a_manager_without_an_address_is_left_out() -> None:
    _, report = file_of(b"Project,Delivery_Manager\nZebra,(Grade 7)\n")
    assert told(report.left_out) == (
        "line 2 Zebra, user/0: a contact without an e-mail address: add one"
    )


def test_roles_are_unchanged_except_the_long_form_of_one() -> None:
    roles = ["Delivery Manager Contact", "delivery lead", "Technical Contact", "technical"]
    (found,), report = projects_in(project() | {"user": [{"email": "a@b.org", "roles": roles}]})
    assert found.draft.contacts[0].roles == ("Delivery Manager", *roles[1:])
    assert len(report.corrections) == 1


def test_no_part_of_a_long_address_is_reported() -> None:
    address = f"{'x' * 50}.person@example.org"
    details = {"name": f"Zebra {address}", address: "x", "stage": address}
    (_,), report = projects_in({"details": details, "stage": address})
    notes = told([*report.corrections, *report.left_out])
    assert "xxx" not in notes
    assert "e-mail address" in notes
