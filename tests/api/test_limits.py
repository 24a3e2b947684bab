"""What cannot grow: projects, notes, what a technology shows of its moves, the radar."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.bootstrap import open_store
from chalicelib.models.caller import DIGITAL_LANDSCAPE, Caller
from chalicelib.models.technology import Technology
from chalicelib.services.technologies import Technologies
from chalicelib.stores.port import Store
from tests.support import Api, next_link

P = "/api/v1/projects"
T = "/api/v1/technologies"
OF_JSON = {"Content-Type": "application/json"}
ZIG = {"name": "Zig", "quadrant": "languages", "ring": "adopt"}
SNAKES = "\N{SNAKE}" * 500


def texts(bytes_each: int, number: int) -> list[dict[str, str]]:
    return [{"type": "other", "description": "x" * bytes_each}] * number


def test_a_project_has_at_most_64_kb(client: Api, name: str) -> None:
    fitting = {"name": name, "repositories": texts(5_000, 12)}
    made = client.auditor()("POST", P, fitting)
    assert made.status == 201
    path = f"{P}/{made.json['id']}"
    for method, body in (("PUT", {**fitting, "repositories": texts(5_000, 13)}),
                         ("PATCH", {"description": "\N{SNAKE}" * 1_500})):  # fmt: skip
        refused = client.auditor()(method, path, body, if_match="*")
        assert refused.status == 422
        (flaw,) = refused.json["errors"]
        assert flaw["pointer"] == ""
        assert "at most 65536" in flaw["detail"]
    assert client.get(path).json == made.json


def test_its_contacts_count(client: Api, name: str) -> None:
    made = client.auditor()("POST", P, {"name": name, "repositories": texts(5_000, 12)})
    path = f"{P}/{made.json['id']}/contacts"
    roles = ["r" * 190 + str(n) for n in range(10)]
    contacts = [{"email": f"c{n}@example.org", "roles": roles} for n in range(3)]
    assert client.auditor()("PUT", path, {"contacts": contacts}, if_match="*").status == 422
    assert client.auditor()("PUT", path, {"contacts": contacts[:1]}, if_match="*").status == 200


@pytest.fixture
def moved(client: Api) -> Api:
    """With a technology that has 131 moves."""
    client.reviewer()("POST", T, ZIG)
    for n in range(130):
        body = {"ring": ("hold", "trial")[n % 2], "note": f"{n} {SNAKES}"[:500]}
        assert client.reviewer()("POST", f"{T}/zig/moves", body).status == 201
    return client


def walk(api: Api, path: str) -> list[dict[str, Any]]:
    items = []
    link: str | None = path
    while link:
        answer = api.get(link)
        assert answer.status == 200
        items += answer.json["items"]
        link = next_link(answer)
    return items


def test_a_note_has_at_most_500_characters(client: Api) -> None:
    client.reviewer()("POST", T, ZIG)
    path = f"{T}/zig/moves"
    refused = client.reviewer()("POST", path, {"ring": "hold", "note": f"{SNAKES}x"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/note")
    assert client.reviewer()("POST", path, {"ring": "hold", "note": SNAKES}).status == 201


def test_a_technology_shows_its_last_fifty_moves_and_the_list_has_them_all(moved: Api) -> None:
    shown = moved.get(f"{T}/zig").json
    assert (len(shown["moves"]), shown["move_count"], shown["version"]) == (50, 131, 131)
    assert (shown["ring"], shown["moves"][-1]["note"][:4]) == ("trial", "129 ")
    every = walk(moved, f"{T}/zig/moves?limit=40")
    assert [move["note"].partition(" ")[0] for move in every] == [
        *map(str, range(129, -1, -1)),
        "",
    ]
    assert every[:50] == shown["moves"][::-1]
    assert moved.get(f"{T}?q=zig").json["items"] == [shown]


def test_a_technology_is_never_frozen(moved: Api) -> None:
    """However often it was moved it can be moved, edited and deleted."""
    admin = moved.radar_admin()
    read = moved.get(f"{T}/zig")
    edited = json.dumps({**read.json, "link": "https://ziglang.org"}, ensure_ascii=False)
    put = admin("PUT", f"{T}/zig", edited.encode(), OF_JSON, if_match=read.etag)
    assert (put.status, put.json["move_count"]) == (200, 131)
    refused = admin("PATCH", f"{T}/zig", {"move_count": 7}, if_match=put.etag)
    assert [flaw["pointer"] for flaw in refused.json["errors"]] == ["/move_count"]
    again = admin("POST", f"{T}/zig/moves", {"ring": "assess"})
    assert (len(again.json["moves"]), again.json["move_count"]) == (50, 132)
    assert again.json == moved.get(f"{T}/zig").json
    assert admin("DELETE", f"{T}/zig", if_match=again.etag).status == 204
    assert moved.get(f"{T}/zig/moves").status == 404


def test_the_moves_of_an_unknown_technology_are_a_404(client: Api) -> None:
    for path in (f"{T}/none/moves", f"{T}/N%20ne/moves"):
        answer = client.get(path)
        assert (answer.status, answer.json["detail"]) == (
            404,
            "There is no technology with this id",
        )


def test_a_move_stands_behind_all_others_whatever_the_clocks_say(client: Api) -> None:
    store = open_store(client.settings)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    technologies = Technologies(store.technologies, lambda: now)
    rita = Caller(DIGITAL_LANDSCAPE, "rita@example.org")
    client.reviewer()("POST", T, ZIG)
    technologies.move("zig", "hold", "", rita)
    now -= timedelta(days=1)
    moved = technologies.move("zig", "trial", "", rita)
    assert [move.at for move in moved.moves[1:]] == ["2030-01-01T00:00:00.000Z"] * 2


def fill(store: Store, count: int, moves: int) -> None:
    """Technologies on the radar, each as large as it can be; `moves` each."""
    technologies = Technologies(store.technologies, lambda: datetime.now(UTC))
    rita = Caller(DIGITAL_LANDSCAPE, "rita@example.org")
    first = technologies.first_move("adopt", rita)
    history = tuple(replace(first, note=SNAKES) for _ in range(moves))
    for n in range(count):
        technologies.create(Technology(f"Tool {n:03}", "languages", history), rita)


def test_the_radar_never_ends(client: Api) -> None:
    """Lambda refuses an answer of more than 6 MB."""
    fill(open_store(client.settings), 70, 60)
    radar = client.get("/api/v1/radar")
    assert radar.status == 200
    assert 2_500_000 < len(radar.body) <= 5_000_000
    entries = radar.json["entries"]
    assert len(entries) == 70
    assert {len(entry["timeline"]) for entry in entries} == {25}
    assert radar.json["left_out"] == {"moves": 70 * 35, "entries": 0}
    assert client.get("/api/v1/radar", if_none_match=radar.etag).status == 304


def test_a_radar_that_is_whole_says_so(client: Api) -> None:
    client.reviewer()("POST", T, ZIG)
    assert client.get("/api/v1/radar").json["left_out"] == {"moves": 0, "entries": 0}
