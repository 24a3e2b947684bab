"""The merge of two technologies over HTTP."""

import pytest

from tests.support.api import Answer, Api, P, T


def merge(api: Api, first: str, into: object) -> Answer:
    return api.reviewer()("POST", f"{T}/{first}/merge", {"into": into})


def kind(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["type"].rpartition(":")[2]


def test_a_merge_makes_one_of_two(api: Api, name: str) -> None:
    second = api.technology(name, ring="trial").json["id"]
    first = api.technology(f"{name} 3", aliases=[f"{name} Three"], ring="adopt").json["id"]
    used = api.project(name, f"{name} three")
    merged = merge(api, first, second)
    assert (merged.status, merged.json) == (200, {"into": second, "moved": 1, "left": 0})
    found = api.get(f"{T}/{second}").json
    assert found == found | {
        "aliases": [f"{name} 3", f"{name} Three", first],
        "categories": ["languages"],
        "project_count": 1,
        "ring": "trial",
        "version": 2,
    }
    assert [move["ring"] for move in found["moves"]] == ["trial", "adopt", "trial"]
    last = api.auditor().get(f"{T}/{second}/authors").json["items"][0]
    assert (last["author"], last["note"]) == ("reviewer@example.org", f"Merged with {name} 3")
    assert api.get(f"{T}/{first}").status == 404
    project = api.get(used.location).json
    assert [(use["technology"], use["name"]) for use in project["technologies"]] == [(second, name)]
    assert project["version"] == 2
    for reference in (first, f"{name} THREE", f"{name} 3", second):
        again = api.get(f"{P}?technology={reference.replace(' ', '+')}")
        assert [each["id"] for each in again.json["items"]] == [project["id"]]
    assert merge(api, first, second).json == {"into": second, "moved": 0, "left": 0}


def test_a_call_changes_a_hundred_projects(client: Api) -> None:
    for each in ("Go", "Golang"):
        client.technology(each)
    for n in range(250):
        client.project(f"p{n}", "Golang")
    told = [merge(client, "golang", "go").json for _ in range(4)]
    assert [(each["moved"], each["left"]) for each in told] == [
        *((100, 150), (100, 50), (50, 0), (0, 0))
    ]
    assert client.get(f"{T}/go").json["project_count"] == 250
    assert len(client.get(f"{P}?technology=golang&limit=100").json["items"]) == 100


def test_what_is_named_while_a_merge_goes_on_is_changed_too(client: Api) -> None:
    for each in ("Go", "Golang"):
        client.technology(each)
    for n in range(101):
        client.project(f"p{n}", "Golang")
    assert merge(client, "golang", "go").json["left"] == 1
    client.project("late", "Golang")
    assert merge(client, "golang", "go").json == {"into": "go", "moved": 2, "left": 0}
    late = client.project("later", "Golang").json
    assert [use["technology"] for use in late["technologies"]] == ["go"]


def test_a_technology_is_not_merged_into_itself(client: Api) -> None:
    client.technology("Go")
    assert merge(client, "go", "go").flaws == ["/into"]


@pytest.mark.parametrize(("first", "into"), [("no", "go"), ("-", "-x")])
def test_an_unknown_technology_is_not_found(client: Api, first: str, into: str) -> None:
    client.technology("Go")
    assert kind(merge(client, first, into)) == (404, "not-found")


@pytest.mark.parametrize("into", ["no", "No such"])
def test_a_body_that_names_an_unknown_technology_is_invalid(client: Api, into: str) -> None:
    client.technology("Go")
    answer = merge(client, "go", into)
    assert (answer.status, answer.flaws) == (422, ["/into"])


@pytest.mark.parametrize("body", [{}, {"into": 1}, {"into": ""}, {"into": "go", "more": 1}])
def test_a_body_names_the_second_and_nothing_else(client: Api, body: object) -> None:
    answer = client.reviewer()("POST", f"{T}/go/merge", body)
    assert answer.flaws == ["/more" if answer.json["errors"][0]["pointer"] == "/more" else "/into"]


def test_names_that_do_not_fit_are_refused_before_anything_is_changed(client: Api) -> None:
    client.technology("Go", aliases=[f"g{n}" for n in range(19)])
    client.technology("Golang", aliases=["Go language"])
    used = client.project("p", "Golang")
    refused = merge(client, "golang", "go")
    assert kind(refused) == (409, "conflict")
    assert "1 aliases more than the 20" in refused.json["detail"]
    assert client.get(used.location).json == used.json
    admin = client.radar_admin()
    admin("PATCH", f"{T}/golang", {"aliases": []}, if_match="*")
    assert merge(client, "golang", "go").json["left"] == 0
    assert len(client.get(f"{T}/go").json["aliases"]) == 20


def test_reviewers_and_admins_merge(client: Api) -> None:
    for each in ("Go", "Golang"):
        client.technology(each)
    path, body = f"{T}/golang/merge", {"into": "go"}
    assert client("POST", path, body).status == 401
    for refused in (client.reviewer("a@example.org", "viewer"), client.audit_admin()):
        assert kind(refused("POST", path, body)) == (403, "forbidden")
    assert client.radar_admin()("POST", path, body).status == 200


def test_a_merge_that_is_done_is_told_both_ways(client: Api) -> None:
    """So the second of two opposite requests also succeeds."""
    for each in ("Go", "Golang"):
        client.technology(each)
    merge(client, "golang", "go")
    for first, into in (("golang", "go"), ("go", "golang")):
        assert merge(client, first, into).json == {"into": "go", "moved": 0, "left": 0}
