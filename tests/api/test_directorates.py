"""Directorates, their rings and their radars."""

import pytest

from tests.support.api import Answer, Api, T

D = "/api/v1/directorates"
DIGITAL = {"id": 0, "name": "Digital", "colour": "#1f77b4", "enabled": True, "default": True}
CAMPUS = {"id": 1, "name": "Campus", "colour": "#ff7f0e", "enabled": True, "default": False}
CLOSED = {"id": 2, "name": "Closed", "colour": "#2ca02c", "enabled": False, "default": False}


def put(api: Api, *directorates: object, if_match: str = "*") -> Answer:
    return api.radar_admin()("PUT", D, {"directorates": directorates}, if_match=if_match)


@pytest.fixture
def organised(client: Api) -> Api:
    assert put(client, DIGITAL, CAMPUS, CLOSED).status == 200
    return client


def move(api: Api, name: str, ring: str, directorate: int | None = None) -> Answer:
    body = {"ring": ring, "directorate": directorate}
    return api.reviewer()("POST", f"{T}/{name}/moves", body)


def radar(api: Api, query: str = "") -> dict[str, list[str]]:
    entries = api.get(f"/api/v1/radar{query}").json["entries"]
    return {each["title"]: [step["ringId"] for step in each["timeline"]] for each in entries}


def test_there_are_none_until_an_admin_writes_them(client: Api) -> None:
    first = client.get(D)
    assert first.json == {"directorates": [], "version": 0, "updated_at": None}
    assert put(client, DIGITAL, CAMPUS, if_match=first.etag).json["version"] == 1
    read = client.get(D)
    assert read.json["directorates"] == [DIGITAL, CAMPUS]
    assert put(client, DIGITAL, if_match=first.etag).status == 412
    body = {"directorates": [DIGITAL]}
    assert client.reviewer()("PUT", D, body, if_match=read.etag).status == 403
    assert client.get(D, if_none_match=read.etag).status == 304


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [CAMPUS],
        [DIGITAL, {**CAMPUS, "default": True}],
        [{**DIGITAL, "enabled": False}],
        [DIGITAL, {**CAMPUS, "id": 0}],
        [DIGITAL, {**CAMPUS, "name": "DIGITAL"}],
    ],
)
def test_one_is_the_default_and_no_id_or_name_stands_twice(
    client: Api, wrong: list[object]
) -> None:
    assert put(client, *wrong).flaws == ["/directorates"]


def test_a_move_in_one_directorate_does_not_change_the_default_ring(organised: Api) -> None:
    organised.technology("R", ring="hold")
    moved = move(organised, "r", "adopt", 1)
    assert (moved.json["ring"], moved.json["rings"]) == ("hold", {"1": "adopt"})
    assert moved.json["moves"][-1]["directorate"] == 1
    move(organised, "r", "assess", 0)
    found = organised.get(f"{T}/r").json
    assert (found["ring"], found["rings"]) == ("assess", {"1": "adopt"})
    assert found["moves"][-1]["directorate"] is None
    assert [each["id"] for each in organised.get(f"{T}?ring=assess").json["items"]] == ["r"]


def test_fifty_moves_of_others_do_not_hide_the_default_ring(organised: Api) -> None:
    organised.technology("R", ring="hold")
    for _ in range(50):
        move(organised, "r", "adopt", 1)
    admin = organised.radar_admin()
    assert admin("PATCH", f"{T}/r", {"tags": ["x"]}, if_match="*").json["ring"] == "hold"
    assert organised.get(f"{T}/r").json["ring"] == "hold"


@pytest.mark.parametrize("unknown", [2, 7])
def test_a_directorate_that_is_not_there_or_not_enabled_has_no_moves(
    organised: Api, unknown: int
) -> None:
    organised.technology("R")
    assert move(organised, "r", "adopt", unknown).flaws == ["/directorate"]
    assert organised.get(f"/api/v1/radar?directorate={unknown}").flaws == ["/directorate"]


def test_each_directorate_has_its_radar_over_the_default_one(organised: Api) -> None:
    for name, ring in (("Both", "adopt"), ("Hidden", "review"), ("Own", "hold")):
        organised.technology(name, ring=ring)
    move(organised, "own", "trial", 1)
    move(organised, "hidden", "assess", 1)
    assert radar(organised) == {"Both": ["adopt"], "Own": ["hold", "trial"]}
    assert radar(organised, "?directorate=0") == radar(organised)
    campus = {"Both": ["adopt"], "Hidden": ["assess"], "Own": ["trial"]}
    assert radar(organised, "?directorate=1") == campus
    assert organised.get("/api/v1/radar?directorate=x").flaws == ["/directorate"]
    (own,) = (e for e in organised.get("/api/v1/radar").json["entries"] if e["title"] == "Own")
    assert [(s["moved"], s.get("directorate")) for s in own["timeline"]] == [(0, None), (2, 1)]


def test_a_whole_number_may_be_written_with_a_point(organised: Api) -> None:
    organised.technology("R", ring="hold")
    body = {"ring": "adopt", "directorate": 1.0}
    assert organised.reviewer()("POST", f"{T}/r/moves", body).json["rings"] == {"1": "adopt"}
    for wrong in (1.5, "1", True, -1, 10_000):
        body = {"ring": "adopt", "directorate": wrong}
        refused = organised.reviewer()("POST", f"{T}/r/moves", body)
        assert refused.flaws == ["/directorate"]


def test_a_merge_leaves_the_rings_of_the_second(organised: Api) -> None:
    for name, ring in (("One", "hold"), ("Two", "adopt")):
        organised.technology(name, ring=ring)
    move(organised, "two", "trial", 1)
    move(organised, "one", "assess", 1)
    done = organised.reviewer()("POST", f"{T}/one/merge", {"into": "two"})
    assert (done.status, done.json["left"]) == (200, 0)
    merged = organised.get(f"{T}/two").json
    assert (merged["ring"], merged["rings"]) == ("adopt", {"1": "trial"})
    assert merged["aliases"] == ["One"]
