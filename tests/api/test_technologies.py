"""The life of a technology over HTTP, and the radar."""

import json

import pytest

from tests.support import Answer, Api

BASE = "/api/v1/technologies"


@pytest.fixture
def made(api: Api, name: str) -> Answer:
    body = {
        "name": name,
        "quadrant": "infrastructure",
        "tags": ["Data"],
        "aliases": [f"{name} AKA"],
    }
    return api.reviewer()("POST", BASE, body)


def _path(made: Answer) -> str:
    return f"{BASE}/{made.json['id']}"


def test_a_new_technology_is_in_review_by_its_author(api: Api, made: Answer) -> None:
    assert made.status == 201
    assert made.headers["location"] == _path(made)
    assert made.json["ring"] == "review"
    (move,) = made.json["moves"]
    assert (move["ring"], move["author"]) == ("review", "reviewer@example.org")
    assert api.get(_path(made)).json == made.json


def test_a_ring_on_post_is_the_first_move(api: Api, name: str) -> None:
    made = api.reviewer()("POST", BASE, {"name": name, "quadrant": "languages", "ring": "trial"})
    assert made.json["ring"] == "trial"
    assert len(made.json["moves"]) == 1
    assert name in [entry["title"] for entry in api.get("/api/v1/radar").json["entries"]]


@pytest.mark.parametrize(
    ("name", "technology_id"),
    [("C#", "c-sharp"), ("C++", "c-plus-plus"), ("PL/SQL", "pl-sql"), (".NET API", "net-api")],
)
def test_ids_are_readable(client: Api, name: str, technology_id: str) -> None:
    made = client.reviewer()("POST", BASE, {"name": name, "quadrant": "languages"})
    assert made.json["id"] == technology_id


def test_names_aliases_and_ids_are_one_name_space(api: Api, name: str, made: Answer) -> None:
    taken = (name.upper(), f"{name}  aka", made.json["id"])
    for other in taken:
        body = {"name": other, "quadrant": "languages"}
        assert api.reviewer()("POST", BASE, body).status == 409
        body = {"name": f"{name} 2", "quadrant": "languages", "aliases": [other]}
        assert api.reviewer()("POST", BASE, body).status == 409


def test_a_move_is_added_by_the_caller_and_nothing_is_rewritten(api: Api, made: Answer) -> None:
    moved = api.reviewer("second@example.org")(
        "POST", f"{_path(made)}/moves", {"ring": "adopt", "note": "It works"}
    )
    assert moved.status == 201
    assert moved.json["ring"] == "adopt"
    assert moved.json["moves"][0] == made.json["moves"][0]
    assert moved.json["moves"][1]["author"] == "second@example.org"
    assert moved.json["moves"][1]["note"] == "It works"
    assert moved.json["version"] == 2
    body = {"ring": "hold", "author": "forged@example.org", "at": "2020-01-01T00:00:00.000Z"}
    assert api.reviewer()("POST", f"{_path(made)}/moves", body).status == 422


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_history_cannot_be_rewritten(api: Api, name: str, made: Answer, method: str) -> None:
    body = {"name": name, "quadrant": "languages"}
    for field, value in (("moves", []), ("ring", "adopt"), ("project_count", 7), ("id", "other")):
        answer = api.radar_admin()(method, _path(made), {**body, field: value}, if_match=made.etag)
        assert answer.status == 422
        assert [error["pointer"] for error in answer.json["errors"]] == [f"/{field}"]


def test_what_was_read_can_be_edited_and_put_back(api: Api, made: Answer) -> None:
    edited = {**made.json, "description": "New", "tags": ["A", "a", "B"]}
    put = api.radar_admin()("PUT", _path(made), edited, if_match=made.etag)
    assert put.status == 200
    assert put.json["description"] == "New"
    assert put.json["tags"] == ["A", "B"]
    assert put.json["moves"] == made.json["moves"]


def test_a_project_that_came_meanwhile_does_not_spoil_an_edit(
    api: Api, name: str, made: Answer
) -> None:
    uses = [{"technology": name, "category": "infrastructure"}]
    api.auditor()("POST", "/api/v1/projects", {"name": name, "technologies": uses})
    assert api.get(_path(made), if_none_match=made.etag).status == 200  # the count has changed
    put = api.radar_admin()("PUT", _path(made), made.json, if_match=made.etag)
    assert put.status == 200
    assert put.json["project_count"] == 1
    forged = {**put.json, "project_count": 5}
    assert api.radar_admin()("PUT", _path(made), forged, if_match=put.etag).status == 422


def test_a_technology_in_use_is_not_deleted(api: Api, name: str, made: Answer) -> None:
    uses = [{"technology": name, "category": "infrastructure"}]
    project = api.auditor()("POST", "/api/v1/projects", {"name": name, "technologies": uses})
    refused = api.radar_admin()("DELETE", _path(made), if_match="*")
    assert refused.status == 409
    assert refused.json["type"].endswith(":in-use")
    api.audit_admin()("DELETE", f"/api/v1/projects/{project.json['id']}", if_match="*")
    assert api.radar_admin()("DELETE", _path(made), if_match=made.etag).status == 204
    assert api.get(_path(made)).status == 404
    assert api.get(f"{_path(made)}/projects").status == 404


def test_who_uses_it(api: Api, name: str, made: Answer) -> None:
    for n in range(3):
        uses = [{"technology": f"{name} aka", "category": "databases"}]
        body = {"name": f"{name} {n}", "technologies": uses}
        assert api.auditor()("POST", "/api/v1/projects", body).status == 201
    users = api.get(f"{_path(made)}/projects").json["items"]
    assert [user["name"] for user in users] == [f"{name} {n}" for n in range(3)]


@pytest.mark.parametrize(
    ("who", "method", "allowed"),
    [
        ("reviewer", "POST", True),
        ("reviewer", "PATCH", False),
        ("reviewer", "DELETE", False),
        ("viewer", "POST", False),
        ("admin", "PATCH", True),
        ("admin", "DELETE", True),
    ],
)
def test_groups_decide(
    api: Api, name: str, made: Answer, who: str, method: str, allowed: bool
) -> None:
    caller = api.reviewer("someone@example.org", who)
    path = f"{_path(made)}/moves" if method == "POST" else _path(made)
    body = {"POST": {"ring": "hold"}, "PATCH": {"tags": []}}.get(method)
    answer = caller(method, path, body, if_match="*")
    assert (answer.status < 300) == allowed
    if not allowed:
        assert answer.status == 403
        assert "group" in answer.json["detail"]


def test_the_tech_audit_tools_admin_is_nobody_on_the_radar(api: Api, made: Answer) -> None:
    for group in ("Admin", "admin", "reviewer"):
        auditor = api.auditor("a@example.org", group)
        answer = auditor("POST", f"{_path(made)}/moves", {"ring": "hold"})
        assert answer.status == 403
        assert "digital-landscape" in answer.json["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "x"}, "/quadrant"),
        ({"name": "x", "quadrant": "databases"}, "/quadrant"),
        ({"name": "x", "quadrant": "languages", "ring": "throw-away"}, "/ring"),
        ({"name": "x", "quadrant": "languages", "link": "#"}, "/link"),
        ({"name": "x", "quadrant": "languages", "aliases": [""]}, "/aliases/0"),
        ({"name": "x", "quadrant": "languages", "tags": "t"}, "/tags"),
        ({"name": "x", "quadrant": "languages", "moves": []}, "/moves"),
    ],
)
def test_bad_input_is_a_422_that_points_at_it(
    client: Api, body: dict[str, object], pointer: str
) -> None:
    answer = client.reviewer()("POST", BASE, body)
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_the_list_filters(client: Api) -> None:
    rows: tuple[tuple[str, str, str, list[str], list[str]], ...] = (
        ("Python", "languages", "adopt", ["data"], []),
        ("C#", "languages", "hold", [], ["CSharp"]),
        ("Node.js", "frameworks", "adopt", ["web"], []),
        ("Redis", "infrastructure", "trial", ["Data"], []),
    )
    for name, quadrant, ring, tags, aliases in rows:
        body = {"name": name, "quadrant": quadrant, "ring": ring, "tags": tags, "aliases": aliases}
        assert client.reviewer()("POST", BASE, body).status == 201

    def names(query: str) -> list[str]:
        return [item["name"] for item in client.get(f"{BASE}?{query}").json["items"]]

    assert names("") == ["C#", "Node.js", "Python", "Redis"]
    assert names("quadrant=languages") == ["C#", "Python"]
    assert names("ring=adopt&quadrant=frameworks") == ["Node.js"]
    assert names("tag=DATA") == ["Python", "Redis"]
    assert names("q=csh") == ["C#"]
    assert names("q=c%23") == ["C#"]
    assert names("q=node+js") == ["Node.js"]
    assert names("q=js&ring=hold") == []


def test_the_radar_holds_what_is_on_it(client: Api) -> None:
    for name, ring in (("In", "adopt"), ("Out", "ignore"), ("Unseen", "review")):
        body = {"name": name, "quadrant": "supporting-tools", "ring": ring}
        client.reviewer()("POST", BASE, body)
    client.reviewer()("POST", f"{BASE}/in/moves", {"ring": "hold", "note": "Enough"})
    radar = client.get("/api/v1/radar")
    assert [ring["id"] for ring in radar.json["rings"]] == ["adopt", "trial", "assess", "hold"]
    (entry,) = radar.json["entries"]
    assert (entry["id"], entry["title"], entry["quadrant"]) == ("in", "In", "3")
    assert [(step["ringId"], step["moved"]) for step in entry["timeline"]] == [
        ("adopt", 0),
        ("hold", -3),
    ]
    assert client.get("/api/v1/radar", if_none_match=radar.etag).status == 304


def test_times_may_come_back_in_another_spelling(client: Api) -> None:
    """A client that parses what it reads spells it anew: +00:00 for Z. Another time is another time."""
    admin = client.radar_admin()
    admin("POST", "/api/v1/technologies", {"name": "Go", "quadrant": "languages"})
    read = client.get("/api/v1/technologies/go").json
    spelled = json.loads(json.dumps(read).replace('Z"', '+00:00"'))
    assert spelled["moves"] != read["moves"]
    path = "/api/v1/technologies/go"
    assert admin("PUT", path, spelled, if_match="*").status == 200
    earlier = spelled["created_at"].replace("20", "19", 1)
    for other in (earlier, "yesterday", 7):
        answer = admin("PUT", path, {**spelled, "created_at": other}, if_match="*")
        assert "/created_at" in [flaw["pointer"] for flaw in answer.json["errors"]]
