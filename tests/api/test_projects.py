"""The life of a project over HTTP."""

import pytest

from tests.support.api import Answer, Api, P, T, uses

FULL = {
    "short_name": "SDX",
    "programme": "Surveys",
    "programme_short_name": "SUR",
    "description": "Moves survey data.\nEvery day.",
    "stage": "active-support",
    "development": {"type": "partnership", "company": "Contoso"},
    "hosting": {"types": ["cloud", "hybrid"], "details": ["GCP"]},
    "environments": ["dev", "prod"],
    "documentation": ["https://docs.example.org/sdx"],
    "repositories": [
        {"type": "github", "url": "https://github.com/example/sdx", "description": "code"}
    ],
    "technologies": [{"technology": "Python", "category": "languages", "main": True}],
    "dependencies": [{"name": "Address Register", "description": "postcodes"}],
    "miscellaneous": [{"name": "Trello", "description": ""}, {"name": "A wiki", "description": ""}],
}


@pytest.fixture
def made(client: Api, name: str) -> Answer:
    return client.project(name, **FULL)


def test_a_new_project_is_where_its_location_says(api: Api, name: str) -> None:
    made = api.project(name, **FULL)
    assert made.status == 201
    found = api.get(made.location)
    assert (found.status, found.json, found.etag) == (200, made.json, made.etag)
    assert found.json["technologies"] == [
        {"technology": "python", "category": "languages", "main": True, "name": "Python"}
    ]
    said = {**FULL, "name": name, "version": 1, "technologies": found.json["technologies"]}
    assert found.json == found.json | said


def test_a_name_alone_makes_a_project(client: Api) -> None:
    made = client.project("  Census   x ")
    assert made.status == 201
    assert made.json["name"] == "Census x"
    assert made.json["hosting"] == {"types": [], "details": []}
    assert made.json["stage"] is None


def test_names_with_one_slug_get_numbered_ids(client: Api) -> None:
    ids = [client.project(name).json["id"] for name in ("Sea", "Sea!", "Sea?")]
    assert ids == ["sea", "sea-2", "sea-3"]


def test_put_resets_what_it_leaves_out(client: Api, name: str, made: Answer) -> None:
    put = client.auditor()("PUT", made.location, {"name": name}, if_match=made.etag)
    assert (put.json["technologies"], put.json["stage"]) == ([], None)


def test_patch_changes_what_it_names_and_null_takes_away(api: Api, name: str) -> None:
    made = api.project(name, **FULL)
    patch = {"stage": None, "development": {"company": None}, "hosting": {"types": ["cloud"]}}
    headers = {"Content-Type": "application/merge-patch+json; charset=utf-8"}
    patched = api.auditor()("PATCH", made.location, patch, headers, if_match=made.etag)
    assert patched.status == 200
    assert patched.json["stage"] is None
    assert patched.json["development"] == {"type": "partnership", "company": ""}
    assert patched.json["hosting"] == {"types": ["cloud"], "details": ["GCP"]}
    assert patched.json["programme"] == "Surveys"


def test_a_deleted_project_is_gone_and_its_name_is_free(api: Api, name: str) -> None:
    made = api.project(name)
    deleted = api.audit_admin()("DELETE", made.location, if_match=made.etag)
    assert (deleted.status, deleted.body) == (204, b"")
    assert api.get(made.location).status == 404
    reborn = api.project(name)
    assert (reborn.status, reborn.location) == (201, made.location)
    for tag, status in ((made.etag, 412), (reborn.etag, 200)):
        assert api.auditor()("PATCH", made.location, {}, if_match=tag).status == status


def test_only_a_contact_or_an_admin_writes(client: Api, made: Answer) -> None:
    fits, change = {"If-Match": made.etag}, {"stage": None}
    for headers in (fits, {}):  # checked before the 428
        stranger = client.auditor("stranger@example.org")
        refused = stranger("PATCH", made.location, change, headers)
        assert refused.status == 403
        assert "needs a contact of the project or the group Admin" in refused.json["detail"]
        assert "@" not in refused.json["detail"]
    assert client.auditor()("DELETE", made.location, None, fits).status == 403
    assert client.audit_admin()("PATCH", made.location, change, fits).status == 200


def test_good_urls_are_kept_as_they_are(client: Api, name: str) -> None:
    urls = [
        "https://confluence.example.org/display/SDC/00.+eQ+Overview",
        "HTTP://Example.ORG:8080/?a=b#c",
        "https://[2001:db8::1]:8443/x",
        "https://bücher.example/ö",
        "http://localhost",
    ]
    assert client.project(name, documentation=urls).json["documentation"] == urls


def test_technologies_are_named_by_id_name_or_alias(client: Api) -> None:
    client.technology("C#", aliases=["CSharp"])
    for n, reference in enumerate(("c-sharp", "C#", " csharp ", "CSHARP")):
        (found,) = client.project(f"User {n}", reference).json["technologies"]
        assert (found["technology"], found["name"]) == ("c-sharp", "C#")
    assert client.get(f"{T}/c-sharp").json["project_count"] == 4


def test_a_technology_nobody_knows_is_born_in_ring_review(client: Api, name: str) -> None:
    jira = {"technology": "Jira", "category": "project-tracking"}
    client.project(name, technologies=[*uses("PL/SQL"), jira])
    born = client.get(f"{T}/pl-sql").json
    assert (born["ring"], born["quadrant"], born["project_count"]) == ("review", "languages", 1)
    moves = client.auditor().get(f"{T}/pl-sql/authors").json["items"]
    assert [(move["ring"], move["author"]) for move in moves] == [("review", None)]
    assert client.get(f"{T}/jira").json["quadrant"] == "supporting-tools"
    assert client.get("/api/v1/radar").json["entries"] == []


def test_no_public_answer_holds_an_email_address(api: Api, name: str) -> None:
    path = api.project(name, **FULL).location
    for each in (P, path, f"{T}/python/projects", f"{P}?q=surveys"):
        assert b"@" not in api.get(each).body


def test_a_renamed_technology_spoils_neither_an_edit_nor_a_retry(client: Api, name: str) -> None:
    (use,) = uses(name)
    body = {"name": name, "technologies": [{**use, "name": name}]}
    made = client.auditor()("POST", P, body, idempotency_key="k")
    technology = made.json["technologies"][0]["technology"]
    renamed = {"name": "Another name"}
    client.radar_admin()("PATCH", f"{T}/{technology}", renamed, if_match="*")
    read = client.get(made.location, if_none_match=made.etag)
    assert (read.status, read.json["technologies"][0]["name"]) == (200, "Another name")
    assert client.auditor()("PUT", made.location, made.json, if_match=made.etag).status == 200
    again = client.project(name, technologies=[{**use, "technology": technology, "name": name}])
    assert again.status == 409  # because of the name, and not of the technology
    replayed = client.auditor()("POST", P, body, idempotency_key="k")
    assert (replayed.status, replayed.body) == (201, made.body)


def test_a_project_is_found_by_its_whole_name(client: Api) -> None:
    client.project("Survey  Data Exchange", stage="unsupported")
    client.project("Survey Data Exchange 2")

    def named(query: str) -> list[str]:
        return [item["id"] for item in client.get(f"{P}?name={query}").json["items"]]

    assert named("sURVEY%20data%20EXCHANGE") == ["survey-data-exchange"]
    assert named("survey%20data") == []
    assert named("survey%20data%20exchange&stage=development") == []
