"""Contacts: their readers and writers, and that a project always has one."""

import pytest

from tests.support.api import Answer, Api, P

ME = {"email": "auditor@example.org", "roles": ["Editor"], "grade": ""}
OTHER = {"email": "Other@example.org", "roles": ["Technical Contact"], "grade": "SEO"}


@pytest.fixture
def path(client: Api, name: str) -> str:
    return f"{client.project(name).location}/contacts"


def put(caller: Api, path: str, *contacts: object, if_match: str = "*") -> Answer:
    return caller("PUT", path, {"contacts": contacts}, if_match=if_match)


def test_the_writer_comes_from_the_token_and_either_pool_reads_it(api: Api, name: str) -> None:
    assert api.project(name, updated_by="forged@example.org").flaws == ["/updated_by"]
    writer = api.auditor("Writer@Example.org")
    path = f"{writer('POST', P, {'name': name}).location}/contacts"
    for reader in (api.auditor("stranger@example.org"), api.reviewer()):
        read = reader.get(path).json
        assert read["contacts"] == [{**ME, "email": "Writer@Example.org"}]
        assert read["updated_by"] == "Writer@Example.org"
    assert api.get(path).status == 401


def test_a_project_is_made_with_its_contacts(client: Api, name: str) -> None:
    me = client.auditor()
    made = me("POST", P, {"name": name, "contacts": [OTHER]})
    assert "contacts" not in made.json
    assert me.get(f"{made.location}/contacts").json["contacts"] == [ME, OTHER]
    listed = {**ME, "email": "AUDITOR@example.org", "roles": ["Delivery Manager"]}
    path = me("POST", P, {"name": f"{name} too", "contacts": [OTHER, listed]}).location
    assert me.get(f"{path}/contacts").json["contacts"] == [OTHER, listed]


def test_no_more_than_twenty_are_contacts_with_who_makes_it(client: Api, name: str) -> None:
    many = [{"email": f"{n}@example.org"} for n in range(20)]
    assert client.auditor()("POST", P, {"name": name, "contacts": many}).flaws == ["/contacts"]
    assert client.auditor()("POST", P, {"name": name, "contacts": many[1:]}).status == 201


def test_they_share_the_projects_version(client: Api, path: str) -> None:
    me, project = client.auditor(), path.removesuffix("/contacts")
    read = me.get(path)
    said = put(me, path, ME, OTHER, if_match=read.etag)
    assert (said.status, said.json["contacts"], said.json["version"]) == (200, [ME, OTHER], 2)
    assert client.get(project).json["version"] == 2
    assert me("PATCH", project, {"stage": None}, if_match=read.etag).status == 412
    assert put(me, path, ME, if_match=read.etag).status == 412


def test_a_contact_that_was_added_may_write_whatever_its_case(client: Api, path: str) -> None:
    put(client.auditor(), path, OTHER)
    assert put(client.auditor("OTHER@EXAMPLE.ORG"), path, OTHER).status == 200
    assert put(client.auditor(), path, ME).status == 403
    assert put(client.audit_admin(), path, ME).status == 200
    assert put(client.radar_admin(), path, ME).status == 403


def test_my_projects_are_those_that_list_me(client: Api) -> None:
    for n in range(3):
        client.auditor("Me@Example.org")("POST", P, {"name": f"Mine {n}"})
    client.project("Not mine")
    me = client.auditor("mE@eXAMPLE.oRG")
    listed = me.get("/api/v1/me/projects?limit=2").json
    rest = f"/api/v1/me/projects?limit=2&cursor={listed['next_cursor']}"
    found = [[item["id"] for item in page["items"]] for page in (listed, me.get(rest).json)]
    assert found == [["mine-0", "mine-1"], ["mine-2"]]
    assert client.auditor("somebody-else@example.org").get(rest).status == 400


def test_me_says_who_i_am_and_what_i_may_do(client: Api) -> None:
    me = client.auditor("me@example.org", "Admin").get("/api/v1/me").json
    said = {"service": "tech-audit-tool", "email": "me@example.org", "groups": ["Admin"]}
    assert me == me | said
    assert "delete-project" in me["may"]
    assert "create-technology" not in me["may"]


@pytest.mark.parametrize(
    ("contact", "caller", "again"),
    [
        ("\u017fteve@example.org", "steve@example.org", "\u017fteve@example.org"),
        ("k@example.org", "\u212a@example.org", "K@EXAMPLE.ORG"),
    ],
)
def test_an_address_that_only_looks_alike_is_somebody_else(
    client: Api, path: str, contact: str, caller: str, again: str
) -> None:
    assert put(client.auditor(), path, {"email": contact}).status == 200
    assert put(client.auditor(caller), path, {"email": contact}).status == 403
    assert put(client.auditor(again), path, {"email": contact}).status == 200
