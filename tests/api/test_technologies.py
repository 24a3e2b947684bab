"""The life of a technology over HTTP, and the radar."""

import pytest

from tests.support.api import Answer, Api, T, public


@pytest.fixture
def made(client: Api, name: str) -> Answer:
    return client.technology(name)


def test_a_new_technology_is_in_review_by_its_author(api: Api, name: str) -> None:
    made = api.technology(name)
    assert (made.status, made.location) == (201, f"{T}/{made.json['id']}")
    (move,) = made.json["moves"]
    assert (made.json["ring"], move["ring"]) == ("review", "review")
    assert move["author"] == "reviewer@example.org"
    assert api.get(made.location).json == public(made.json)


def test_a_ring_on_post_is_the_first_move(client: Api) -> None:
    made = client.technology("C#", ring="trial")
    assert (made.json["id"], made.json["ring"], len(made.json["moves"])) == ("c-sharp", "trial", 1)
    assert [entry["title"] for entry in client.get("/api/v1/radar").json["entries"]] == ["C#"]


def test_tags_stand_once(client: Api) -> None:
    assert client.technology("Go", tags=["A", "a", "B"]).json["tags"] == ["A", "B"]


def test_a_move_is_added_by_the_caller_and_nothing_is_rewritten(client: Api, made: Answer) -> None:
    moves = f"{made.location}/moves"
    body = {"ring": "adopt", "note": "It works"}
    moved = client.reviewer("second@example.org")("POST", moves, body)
    assert (moved.status, moved.json["ring"], moved.json["version"]) == (201, "adopt", 2)
    first, second = moved.json["moves"]
    assert [first] == made.json["moves"]
    assert (second["author"], second["note"]) == ("second@example.org", "It works")
    forged = {"author": "forged@example.org", "at": "2020-01-01T00:00:00.000Z"}
    flaws = client.reviewer()("POST", moves, {"ring": "hold", **forged}).flaws
    assert set(flaws) == {"/author", "/at"}


def test_a_project_that_came_meanwhile_does_not_spoil_an_edit(
    client: Api, name: str, made: Answer
) -> None:
    client.project(name, name)
    changed = client.get(made.location, if_none_match=made.etag)
    assert (changed.status, changed.json["project_count"]) == (200, 1)
    admin = client.radar_admin()
    put = admin("PUT", made.location, made.json, if_match=made.etag)
    assert (put.status, put.json["project_count"]) == (200, 1)
    forged = {**put.json, "project_count": 5}
    assert admin("PUT", made.location, forged, if_match=put.etag).flaws == ["/project_count"]


def test_a_technology_in_use_is_not_deleted(api: Api, name: str) -> None:
    made = api.technology(name, aliases=[f"{name} AKA"])
    used = [api.project(f"{name} {n}", f"{name} aka").location for n in range(3)]
    users = api.get(f"{made.location}/projects").json["items"]
    assert [user["name"] for user in users] == [f"{name} {n}" for n in range(3)]
    refused = api.radar_admin()("DELETE", made.location, if_match="*")
    assert (refused.status, refused.json["type"].rpartition(":")[2]) == (409, "in-use")
    for path in used:
        api.audit_admin()("DELETE", path, if_match="*")
    assert api.radar_admin()("DELETE", made.location, if_match=made.etag).status == 204
    for path in (made.location, f"{made.location}/projects", f"{made.location}/moves"):
        assert api.get(path).status == 404


def test_groups_decide(client: Api, made: Answer) -> None:
    for group, method, tail, body in (
        ("viewer", "POST", "/moves", {"ring": "hold"}),
        ("viewer", "PATCH", "", {"tags": []}),
        ("reviewer", "PUT", "", {"name": "A", "quadrant": "languages"}),
        ("reviewer", "DELETE", "", None),
    ):
        caller = client.reviewer("someone@example.org", group)
        refused = caller(method, made.location + tail, body, if_match="*")
        assert refused.status == 403
        assert "group" in refused.json["detail"]
    admin = client.radar_admin()
    assert admin("POST", f"{made.location}/moves", {"ring": "hold"}).status == 201
    assert admin("PATCH", made.location, {"tags": []}, if_match="*").status == 200
    assert admin("DELETE", made.location, if_match="*").status == 204


def test_a_reviewer_changes_name_quadrant_tags_and_categories_alone(client: Api) -> None:
    made = client.technology("Zig", description="Small")
    reviewer = client.reviewer()
    for body in ({"aliases": ["Ziglang"]}, {"link": "https://ziglang.org", "tags": ["systems"]}):
        refused = reviewer("PATCH", made.location, body, if_match=made.etag)
        assert (refused.status, "needs the group admin to change" in refused.json["detail"]) == (
            403,
            True,
        )
    new = {"name": "Zig lang", "quadrant": "frameworks", "tags": ["x"], "categories": ["cicd"]}
    changed = reviewer("PATCH", made.location, new, if_match=made.etag)
    assert changed.json == changed.json | new | {"description": "Small", "version": 2}
    whole = changed.json | {"name": "Zig"}  # all that was read
    assert reviewer("PATCH", made.location, whole, if_match=changed.etag).json["name"] == "Zig"


def test_the_radar_holds_what_is_on_it(client: Api) -> None:
    for name, ring in (("In", "adopt"), ("Out", "ignore"), ("Unseen", "review")):
        client.technology(name, quadrant="supporting-tools", ring=ring)
    client.reviewer()("POST", f"{T}/in/moves", {"ring": "hold", "note": "Enough"})
    radar = client.get("/api/v1/radar")
    assert [ring["id"] for ring in radar.json["rings"]] == ["adopt", "trial", "assess", "hold"]
    assert radar.json["left_out"] == {"moves": 0, "entries": 0}
    (entry,) = radar.json["entries"]
    assert (entry["id"], entry["title"], entry["quadrant"]) == ("in", "In", "3")
    steps = [(step["ringId"], step["moved"]) for step in entry["timeline"]]
    assert steps == [("adopt", 0), ("hold", -3)]
    assert client.get("/api/v1/radar", if_none_match=radar.etag).status == 304
    shown = client.get("/api/v1/radar?rings=all").json["entries"]
    assert [entry["title"] for entry in shown] == ["In", "Out", "Unseen"]


def test_the_radar_tells_the_tags(client: Api) -> None:
    client.technology("In", ring="adopt", tags=["Data"])
    (entry,) = client.get("/api/v1/radar").json["entries"]
    assert entry["tags"] == ["Data"]
