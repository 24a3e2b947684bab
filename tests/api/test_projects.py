"""The life of a project over HTTP."""

import pytest

from tests.support import Answer, Api

BASE = "/api/v1/projects"
FULL = {
    "short_name": "SDX",
    "programme": "Surveys",
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
}


@pytest.fixture
def made(api: Api, name: str) -> Answer:
    return api.auditor()("POST", BASE, {"name": name, **FULL})


def _path(made: Answer) -> str:
    return f"{BASE}/{made.json['id']}"


def test_a_new_project_is_where_its_location_says(api: Api, name: str, made: Answer) -> None:
    assert made.status == 201
    found = api.get(made.headers["location"])
    assert found.status == 200
    assert found.json == made.json
    assert found.etag == made.etag
    assert found.json["name"] == name
    assert found.json["version"] == 1
    assert found.json["technologies"] == [
        {"technology": "python", "category": "languages", "main": True, "name": "Python"}
    ]
    for field in FULL.keys() - {"technologies"}:
        assert found.json[field] == FULL[field]


def test_a_name_alone_makes_a_project(api: Api, name: str) -> None:
    made = api.auditor()("POST", BASE, {"name": f"  {name}   x "})
    assert made.status == 201
    assert made.json["name"] == f"{name} x"
    assert made.json["hosting"] == {"types": [], "details": []}
    assert made.json["stage"] is None


def test_one_name_whatever_its_case_and_blanks_is_one_project(
    api: Api, name: str, made: Answer
) -> None:
    again = api.auditor()("POST", BASE, {"name": name.upper().replace(" ", "   ")})
    assert again.status == 409
    assert again.json["type"].endswith(":name-taken")
    assert again.json["detail"] == f"The project {made.json['id']} has this name"


def test_names_with_one_slug_get_numbered_ids(api: Api, name: str) -> None:
    ids = [
        api.auditor()("POST", BASE, {"name": f"{name}{mark}"}).json["id"] for mark in ("", "!", "?")
    ]
    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]


def test_what_was_read_can_be_edited_and_put_back(api: Api, made: Answer) -> None:
    read = api.get(_path(made))
    edited = {**read.json, "description": "New"}
    put = api.auditor()("PUT", _path(made), edited, if_match=read.etag)
    assert put.status == 200
    assert put.json == {
        **edited,
        "version": 2,
        "updated_at": put.json["updated_at"],
    }
    assert put.etag == api.get(_path(made)).etag != read.etag


def test_put_resets_what_it_leaves_out(api: Api, name: str, made: Answer) -> None:
    put = api.auditor()("PUT", _path(made), {"name": name}, if_match=made.etag)
    assert put.json["technologies"] == []
    assert put.json["stage"] is None


def test_patch_changes_what_it_names_and_null_takes_away(api: Api, made: Answer) -> None:
    patch = {"stage": None, "development": {"company": None}, "hosting": {"types": ["cloud"]}}
    patched = api.auditor()("PATCH", _path(made), patch, if_match=made.etag)
    assert patched.status == 200
    assert patched.json["stage"] is None
    assert patched.json["development"] == {"type": "partnership", "company": ""}
    assert patched.json["hosting"] == {"types": ["cloud"], "details": ["GCP"]}
    assert patched.json["programme"] == "Surveys"


def test_patch_takes_its_own_media_type(api: Api, made: Answer) -> None:
    headers = {"Content-Type": "application/merge-patch+json; charset=utf-8"}
    patched = api.auditor()("PATCH", _path(made), {"stage": None}, headers, if_match=made.etag)
    assert patched.status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "another"),
        ("version", 7),
        ("version", True),
        ("created_at", "2020-01-01T00:00:00.000Z"),
        ("updated_at", None),
    ],
)
def test_a_read_only_field_cannot_be_changed(
    client: Api, name: str, method: str, field: str, value: object
) -> None:
    made = client.auditor()("POST", BASE, {"name": name})
    body = {"name": name, field: value}
    answer = client.auditor()(method, _path(made), body, if_match=made.etag)
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/{field}"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_without_if_match_is_a_428(api: Api, made: Answer, method: str) -> None:
    body = None if method == "DELETE" else {"name": "x"}
    answer = api.audit_admin()(method, _path(made), body)
    assert answer.status == 428
    assert "If-Match" in answer.json["detail"]


@pytest.mark.parametrize("tag", ['"7-00000000"', '"1-00000000"', 'W/"1-x"', '"11"', '""'])
def test_a_write_to_another_version_is_a_412(client: Api, name: str, tag: str) -> None:
    made = client.auditor()("POST", BASE, {"name": name})
    for method in ("PATCH", "DELETE"):
        body = {"stage": None} if method == "PATCH" else None
        assert client.audit_admin()(method, _path(made), body, if_match=tag).status == 412


def test_if_match_takes_a_list_and_a_star(api: Api, made: Answer) -> None:
    writer = api.auditor()
    first = writer("PATCH", _path(made), {"stage": None}, if_match=f'"7-x", {made.etag}')
    assert first.status == 200
    assert writer("PATCH", _path(made), {"stage": None}, if_match="*").status == 200


def test_a_known_version_is_a_304_without_a_body(api: Api, made: Answer) -> None:
    for tag in (made.etag, f"W/{made.etag}", f'"x", {made.etag}', "*"):
        answer = api.get(_path(made), if_none_match=tag)
        assert (answer.status, answer.body, answer.etag) == (304, b"", made.etag)
    assert api.get(_path(made), if_none_match='"other"').status == 200


def test_a_renamed_technology_is_a_new_etag_for_its_projects(api: Api, name: str) -> None:
    made = api.auditor()(
        "POST", BASE, {"name": name, "technologies": [{"technology": name, "category": "cicd"}]}
    )
    technology = f"/api/v1/technologies/{made.json['technologies'][0]['technology']}"
    renamed = api.radar_admin()("PATCH", technology, {"name": f"{name} 2"}, if_match="*")
    assert renamed.status == 200
    read = api.get(_path(made), if_none_match=made.etag)
    assert read.status == 200
    assert read.json["technologies"][0]["name"] == f"{name} 2"
    assert api.auditor()("PATCH", _path(made), {}, if_match=made.etag).status == 200


def test_a_deleted_project_is_gone_and_its_name_is_free(api: Api, name: str, made: Answer) -> None:
    deleted = api.audit_admin()("DELETE", _path(made), if_match=made.etag)
    assert (deleted.status, deleted.body) == (204, b"")
    assert api.get(_path(made)).status == 404
    assert api.auditor()("POST", BASE, {"name": name}).status == 201


def test_only_a_contact_or_an_admin_writes(api: Api, made: Answer) -> None:
    stranger = api.auditor("stranger@example.org")
    refused = stranger("PATCH", _path(made), {"stage": None}, if_match=made.etag)
    assert refused.status == 403
    assert "contacts" in refused.json["detail"]
    assert "@" not in refused.json["detail"]
    assert stranger("PATCH", _path(made), {"stage": None}).status == 403  # before 428
    assert api.auditor()("DELETE", _path(made), if_match=made.etag).status == 403
    admin = api.audit_admin()
    assert admin("PATCH", _path(made), {"stage": None}, if_match=made.etag).status == 200


def test_an_unknown_project_is_a_404_before_if_match_counts(api: Api) -> None:
    for path in ("/api/v1/projects/none", "/api/v1/projects/N%20ne", "/api/v1/projects/%E2%82%AC"):
        assert api.auditor()("PATCH", path, {"stage": None}).status == 404
        assert api.get(path).status == 404
    assert api.auditor()("PATCH", "/api/v1/projects/none", {"stage": 3}).status == 422


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("name", "", "/name"),
        ("name", " \u2003 ", "/name"),
        ("name", "\u200b\u2060", "/name"),
        ("name", "\u202eeman", "/name"),
        ("name", "n" * 201, "/name"),
        ("name", "a\nb", "/name"),
        ("name", "a\u0000b", "/name"),
        ("name", "a\ud800b", "/name"),
        ("name", 7, "/name"),
        ("name", None, "/name"),
        ("short_name", None, "/short_name"),
        ("description", "d" * 5001, "/description"),
        ("description", "\u0007", "/description"),
        ("stage", "retired", "/stage"),
        ("development", {"company": "x"}, "/development/type"),
        ("development", {"type": "by-magic"}, "/development/type"),
        ("hosting", {"types": ["moon"]}, "/hosting/types/0"),
        ("environments", ["test"], "/environments/0"),
        ("environments", "dev", "/environments"),
        ("documentation", ["ftp://example.org"], "/documentation/0"),
        ("documentation", ["https://"], "/documentation/0"),
        ("documentation", ["https://.."], "/documentation/0"),
        ("documentation", ["https://a..b"], "/documentation/0"),
        ("documentation", ["javascript:alert(1)"], "/documentation/0"),
        ("documentation", ["https://example.org/a b"], "/documentation/0"),
        ("documentation", ["https://me:secret@example.org/"], "/documentation/0"),
        ("documentation", ["https://[::1"], "/documentation/0"),
        ("documentation", ["https://[:00::6EF]"], "/documentation/0"),
        ("documentation", ["https://example.org:99999/"], "/documentation/0"),
        ("documentation", ["https://example.org/" + "x" * 2048], "/documentation/0"),
        ("repositories", [{"type": "svn", "url": ""}], "/repositories/0/type"),
        ("technologies", [{"technology": "Go"}], "/technologies/0/category"),
        ("technologies", [{"technology": " ", "category": "cicd"}], "/technologies/0/technology"),
        (
            "technologies",
            [{"technology": name, "category": "languages"} for name in ("C", "D", " c ")],
            "/technologies/2",
        ),
        (
            "technologies",
            [{"technology": f"t{n}", "category": "cicd"} for n in range(41)],
            "/technologies",
        ),
    ],
)
def test_bad_input_is_a_422_that_points_at_it(
    client: Api, name: str, field: str, value: object, pointer: str
) -> None:
    for method, path, headers in (
        ("POST", BASE, {}),
        (
            "PUT",
            f"{BASE}/{client.auditor()('POST', BASE, {'name': name}).json['id']}",
            {"If-Match": "*"},
        ),
    ):
        body = {"name": f"{name} 2", field: value}
        answer = client.auditor()(method, path, body, headers)
        assert answer.status == 422
        assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert len(client.get(BASE).json["items"]) == 1


def test_good_urls_are_kept_as_they_are(client: Api, name: str) -> None:
    urls = [
        "https://confluence.example.org/display/SDC/00.+eQ+Overview",
        "HTTP://Example.ORG:8080/?a=b#c",
        "https://[2001:db8::1]:8443/x",
        "https://bücher.example/ö",
        "http://localhost",
    ]
    made = client.auditor()("POST", BASE, {"name": name, "documentation": urls})
    assert made.json["documentation"] == urls


def test_an_error_never_repeats_a_value(client: Api, name: str) -> None:
    secret = "hunter2@example.org"
    answer = client.auditor()(
        "POST", BASE, {"name": name, "stage": secret, "documentation": [secret], "version": secret}
    )
    assert secret not in answer.body.decode()


def test_technologies_are_named_by_id_name_or_alias(client: Api, name: str) -> None:
    client.reviewer()(
        "POST",
        "/api/v1/technologies",
        {"name": "C#", "quadrant": "languages", "aliases": ["CSharp"]},
    )
    for n, reference in enumerate(("c-sharp", "C#", " csharp ", "CSHARP")):
        uses = [{"technology": reference, "category": "languages"}]
        made = client.auditor()("POST", BASE, {"name": f"{name} {n}", "technologies": uses})
        assert made.json["technologies"][0]["technology"] == "c-sharp"
        assert made.json["technologies"][0]["name"] == "C#"
    assert client.get("/api/v1/technologies/c-sharp").json["project_count"] == 4


def test_a_technology_nobody_knows_is_born_in_ring_review(client: Api, name: str) -> None:
    uses = [
        {"technology": "PL/SQL", "category": "languages"},
        {"technology": "Jira", "category": "project-tracking"},
    ]
    client.auditor()("POST", BASE, {"name": name, "technologies": uses})
    born = client.get("/api/v1/technologies/pl-sql").json
    assert (born["ring"], born["quadrant"], born["project_count"]) == ("review", "languages", 1)
    assert [(move["ring"], move["author"]) for move in born["moves"]] == [("review", None)]
    assert client.get("/api/v1/technologies/jira").json["quadrant"] == "supporting-tools"
    assert client.get("/api/v1/radar").json["entries"] == []


def test_the_writer_comes_from_the_token_and_not_from_the_body(api: Api, name: str) -> None:
    body = {"name": name, "updated_by": "forged@example.org"}
    assert api.auditor()("POST", BASE, body).status == 422
    made = api.auditor("Writer@Example.org")("POST", BASE, {"name": name})
    contacts = api.auditor("writer@example.ORG").get(f"{_path(made)}/contacts").json
    assert contacts["contacts"] == [
        {"email": "Writer@Example.org", "roles": ["editor"], "grade": ""}
    ]
    assert contacts["updated_by"] == "Writer@Example.org"


def test_no_public_answer_holds_an_email_address(api: Api, made: Answer) -> None:
    for path in (BASE, _path(made), "/api/v1/technologies/python/projects", f"{BASE}?q=surveys"):
        assert b"@" not in api.get(path).body


def test_one_technology_under_two_of_its_names_is_refused_every_time(
    client: Api, name: str
) -> None:
    """Also the first time, when the one reference has just brought it into being."""
    uses = [{"technology": one, "category": "languages"} for one in ("C++", "c-plus-plus")]
    for _ in range(2):
        answer = client.auditor()("POST", BASE, {"name": name, "technologies": uses})
        assert answer.status == 422
        assert [error["pointer"] for error in answer.json["errors"]] == ["/technologies/1"]


@pytest.mark.parametrize("tag", ["1", "nonsense", "", '"'])
def test_an_if_match_that_is_no_list_of_tags_is_a_400(client: Api, name: str, tag: str) -> None:
    made = client.auditor()("POST", BASE, {"name": name})
    answer = client.auditor()("PATCH", _path(made), {}, if_match=tag)
    assert answer.status == 400
    assert "quoted" in answer.json["detail"]


def test_a_project_reborn_under_its_id_is_another_one(client: Api, name: str) -> None:
    old = client.auditor()("POST", BASE, {"name": name})
    client.audit_admin()("DELETE", _path(old), if_match=old.etag)
    new = client.auditor()("POST", BASE, {"name": name})
    assert _path(new) == _path(old)
    assert client.auditor()("PATCH", _path(new), {}, if_match=old.etag).status == 412
    assert client.auditor()("PATCH", _path(new), {}, if_match=new.etag).status == 200


def test_a_technology_renamed_meanwhile_spoils_neither_an_edit_nor_a_retry(
    client: Api, name: str
) -> None:
    uses = [{"technology": name, "category": "languages", "name": name}]
    body = {"name": name, "technologies": uses}
    made = client.auditor()("POST", BASE, body, idempotency_key="k")
    technology = made.json["technologies"][0]["technology"]
    renamed = {"name": "Another name"}
    client.radar_admin()("PATCH", f"/api/v1/technologies/{technology}", renamed, if_match="*")
    assert client.auditor()("PUT", _path(made), made.json, if_match=made.etag).status == 200
    again = client.auditor()(
        "POST", BASE, {**body, "technologies": [{**uses[0], "technology": technology}]}
    )
    assert again.status == 409  # the name is taken, and nothing is wrong with the technology
    replayed = client.auditor()("POST", BASE, body, idempotency_key="k")
    assert (replayed.status, replayed.body) == (201, made.body)


def test_a_refused_project_brings_nothing_into_being(client: Api, name: str) -> None:
    def uses(*names: str) -> list[dict[str, str]]:
        return [{"technology": one, "category": "languages"} for one in names]

    client.auditor()("POST", BASE, {"name": name})
    taken = {"name": name.upper(), "technologies": uses("Unborn")}
    assert client.auditor()("POST", BASE, taken).status == 409
    twice = {"name": f"{name} 2", "technologies": uses("Unborn", " unBORN ")}
    assert client.auditor()("POST", BASE, twice).status == 422
    assert client.get("/api/v1/technologies").json["items"] == []


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"foo": None}, "/foo"),
        ({"hosting": {"bogus": None}}, "/hosting/bogus"),
        ({"documentation": [None]}, "/documentation/0"),
        ({"stage": 7}, "/stage"),
        ({"name": None}, "/name"),
    ],
)
def test_a_patch_is_checked_field_by_field(
    client: Api, name: str, patch: dict[str, object], pointer: str
) -> None:
    made = client.auditor()("POST", BASE, {"name": name})
    answer = client.auditor()("PATCH", _path(made), patch, if_match=made.etag)
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert client.get(_path(made)).json["version"] == 1
