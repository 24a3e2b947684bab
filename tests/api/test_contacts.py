"""Contacts: who sees them, who writes them, and that a project is never left without one."""

import pytest

from tests.support import Answer, Api

BASE = "/api/v1/projects"
ME = {"email": "auditor@example.org", "roles": ["editor"], "grade": ""}
OTHER = {"email": "Other@example.org", "roles": ["Technical Contact"], "grade": "SEO"}


@pytest.fixture
def made(api: Api, name: str) -> Answer:
    return api.auditor()("POST", BASE, {"name": name})


@pytest.fixture
def path(made: Answer) -> str:
    return f"{BASE}/{made.json['id']}/contacts"


def test_either_pool_reads_them_and_nobody_else(api: Api, path: str) -> None:
    for reader in (api.auditor("stranger@example.org"), api.reviewer()):
        assert reader.get(path).json["contacts"] == [ME]
    assert api.get(path).status == 401


def test_they_share_the_projects_version(api: Api, made: Answer, path: str) -> None:
    read = api.auditor().get(path)
    put = api.auditor()("PUT", path, {"contacts": [ME, OTHER]}, if_match=read.etag)
    assert put.status == 200
    assert put.json["contacts"] == [ME, OTHER]
    assert put.json["version"] == 2
    project = f"{BASE}/{made.json['id']}"
    assert api.get(project).json["version"] == 2
    assert api.auditor()("PATCH", project, {"stage": None}, if_match=made.etag).status == 412
    assert api.auditor()("PUT", path, {"contacts": [ME]}, if_match=made.etag).status == 412


def test_a_contact_that_was_added_may_write_whatever_its_case(api: Api, path: str) -> None:
    api.auditor()("PUT", path, {"contacts": [OTHER]}, if_match="*")
    other = api.auditor("OTHER@EXAMPLE.ORG")
    assert other("PUT", path, {"contacts": [OTHER]}, if_match="*").status == 200
    assert api.auditor()("PUT", path, {"contacts": [ME]}, if_match="*").status == 403
    assert api.audit_admin()("PUT", path, {"contacts": [ME]}, if_match="*").status == 200
    assert api.radar_admin()("PUT", path, {"contacts": [ME]}, if_match="*").status == 403


def test_what_was_read_can_be_put_back(api: Api, path: str) -> None:
    read = api.auditor().get(path)
    assert api.auditor()("PUT", path, read.json, if_match=read.etag).status == 200
    assert api.auditor()("PUT", path, read.json, if_match="*").status == 422  # version has moved on


@pytest.mark.parametrize(
    "contacts",
    [
        [],
        None,
        [{}],
        [{"email": "no-address"}],
        [{"email": "two@at@example.org"}],
        [{"email": "a b@example.org"}],
        [{"email": "a@b..org"}],
        [{"email": "a@-.-"}],
        [{"email": "a@example"}],
        [{"email": "a@" + "b" * 250 + ".org"}],
        [ME, {**ME, "email": "AUDITOR@example.org"}],
        [{"email": f"c{n}@example.org"} for n in range(21)],
        [{**ME, "phone": "1"}],
    ],
)
def test_bad_contacts_are_refused_and_change_nothing(api: Api, path: str, contacts: object) -> None:
    answer = api.auditor()("PUT", path, {"contacts": contacts}, if_match="*")
    assert answer.status == 422
    assert b"example.org" not in answer.body
    assert api.auditor().get(path).json["contacts"] == [ME]


def test_my_projects_are_those_that_list_me(api: Api, name: str) -> None:
    me = api.auditor(f"{name.replace(' ', '-')}@example.org")
    mine = [me("POST", BASE, {"name": f"{name} {n}"}).json["id"] for n in range(3)]
    listed = me.get("/api/v1/me/projects?limit=2")
    assert [item["id"] for item in listed.json["items"]] == sorted(mine)[:2]
    cursor = listed.json["next_cursor"]
    rest = me.get(f"/api/v1/me/projects?limit=2&cursor={cursor}").json
    assert [item["id"] for item in rest["items"]] == sorted(mine)[2:]
    other = api.auditor("somebody-else@example.org")
    assert other.get(f"/api/v1/me/projects?cursor={cursor}").status == 400
    assert api.reviewer().get("/api/v1/me/projects").status == 403


def test_me_says_who_i_am_and_what_i_may_do(api: Api) -> None:
    me = api.auditor("me@example.org", "Admin").get("/api/v1/me").json
    assert me["service"] == "tech-audit-tool"
    assert me["email"] == "me@example.org"
    assert me["groups"] == ["Admin"]
    assert "delete-project" in me["may"]
    assert "create-technology" not in me["may"]


@pytest.mark.parametrize(
    ("contact", "caller"),
    [("\u017fteve@example.org", "steve@example.org"), ("k@example.org", "\u212a@example.org")],
)
def test_an_address_that_only_looks_alike_is_somebody_else(
    client: Api, name: str, contact: str, caller: str
) -> None:
    made = client.auditor()("POST", BASE, {"name": name})
    path = f"{BASE}/{made.json['id']}"
    contacts = {"contacts": [{"email": contact}]}
    assert client.auditor()("PUT", f"{path}/contacts", contacts, if_match="*").status == 200
    assert client.auditor(caller)("PATCH", path, {}, if_match="*").status == 403
    assert (
        client.auditor(contact.upper() if contact.isascii() else contact)(
            "PATCH", path, {}, if_match="*"
        ).status
        == 200
    )
