"""Limits of size: of projects, notes, a technology's moves, pages and errors."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.bootstrap import open_store
from chalicelib.models.caller import DIGITAL_LANDSCAPE, Caller
from chalicelib.services.technologies import Technologies
from tests.support.api import Api, P, T, next_link, public

ZIG = f"{T}/zig"
SNAKES = "\N{SNAKE}" * 500


def texts(number: int, text: str = "x" * 5_000) -> list[dict[str, str]]:
    return [{"type": "other", "description": text}] * number


def walk(api: Api, path: str) -> Iterator[list[dict[str, Any]]]:
    link: str | None = path
    while link:
        answer = api.get(link)
        assert answer.status == 200
        yield answer.json["items"]
        link = next_link(answer)


def test_a_project_has_at_most_64_kb(client: Api, name: str) -> None:
    made = client.project(name, repositories=texts(12))
    assert made.status == 201
    for method, body in (
        ("PUT", {"name": name, "repositories": texts(13)}),
        ("PATCH", {"description": "\N{SNAKE}" * 1_500}),
    ):
        refused = client.auditor()(method, made.location, body, if_match="*")
        assert refused.flaws == [""]
        assert "at most 65536" in refused.json["errors"][0]["detail"]
    assert client.get(made.location).json == made.json


def test_its_contacts_count(client: Api, name: str) -> None:
    path = f"{client.project(name, repositories=texts(12)).location}/contacts"
    roles = ["r" * 190 + str(n) for n in range(10)]
    contacts = [{"email": f"c{n}@example.org", "roles": roles} for n in range(3)]
    for number, status in ((3, 422), (1, 200)):
        body = {"contacts": contacts[:number]}
        assert client.auditor()("PUT", path, body, if_match="*").status == status


def test_a_note_has_at_most_500_characters(client: Api) -> None:
    client.technology("Zig")
    move = {"ring": "hold", "note": SNAKES}
    refused = client.reviewer()("POST", f"{ZIG}/moves", {**move, "note": f"{SNAKES}x"})
    assert refused.flaws == ["/note"]
    assert client.reviewer()("POST", f"{ZIG}/moves", move).status == 201


def test_a_technology_shows_its_last_fifty_moves_and_is_never_frozen(client: Api) -> None:
    """After any number of moves it can be moved, edited and deleted. A list has all its moves."""
    client.technology("Zig")
    for n in range(130):
        body = {"ring": ("hold", "trial")[n % 2], "note": f"{n} {SNAKES}"[:500]}
        assert client.reviewer()("POST", f"{ZIG}/moves", body).status == 201
    read = client.get(ZIG)
    shown = read.json
    assert (len(shown["moves"]), shown["move_count"], shown["version"]) == (50, 131, 131)
    assert shown["ring"] == "trial"
    every = [move for page in walk(client, f"{ZIG}/moves?limit=40") for move in page]
    notes = [move["note"].partition(" ")[0] for move in every]
    assert notes == [*map(str, range(129, -1, -1)), ""]
    assert every[:50] == shown["moves"][::-1]
    assert client.get(f"{T}?q=zig").json["items"] == [shown]
    admin = client.radar_admin()
    edited = json.dumps({**shown, "link": "https://ziglang.org"}, ensure_ascii=False).encode()
    of_json = {"Content-Type": "application/json"}
    put = admin("PUT", ZIG, edited, of_json, if_match=read.etag)
    assert (put.status, put.json["move_count"]) == (200, 131)
    again = admin("POST", f"{ZIG}/moves", {"ring": "assess"})
    assert (len(again.json["moves"]), again.json["move_count"]) == (50, 132)
    assert public(again.json) == client.get(ZIG).json
    assert admin("DELETE", ZIG, if_match=again.etag).status == 204


def test_a_move_stands_behind_all_others_whatever_the_clocks_say(client: Api) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    technologies = Technologies(open_store(client.settings).technologies, lambda: now)
    rita = Caller(DIGITAL_LANDSCAPE, "rita@example.org")
    client.technology("Zig")
    technologies.move("zig", "hold", "", rita)
    now -= timedelta(days=1)
    moved = technologies.move("zig", "trial", "", rita)
    assert [move.at for move in moved.moves[1:]] == ["2030-01-01T00:00:00.000Z"] * 2


def test_a_page_is_never_too_large_for_lambda(client: Api) -> None:
    """Lambda refuses an answer of more than 6 MB. A page ends at about 1 MB, and another follows."""
    text = "\u00e9" * 5000
    for n in range(60):
        made = client.project(f"Large {n:02}", description=text, repositories=texts(4, text))
        assert made.status == 201
    answer = client.get(f"{P}?limit=100")
    assert len(answer.body) < 1_100_000
    assert 1 < len(answer.json["items"]) < 60
    assert sum(map(len, walk(client, f"{P}?limit=100"))) == 60


@pytest.mark.parametrize(
    "body",
    [
        {"a": ["\u0001"] * 20_000},
        {"a": {"k" * 100: {"k" * 100: {"k" * 100: ["\u0001"] * 5000}}}},
        {f"unknown {n}": n for n in range(10_000)},
        {"technologies": [7] * 40_000},
    ],
    ids=["flat", "nested", "unknown", "wrong"],
)
def test_an_answer_does_not_grow_with_what_is_wrong(client: Api, body: object) -> None:
    answer = client.auditor()("POST", P, body)
    assert 1 <= len(answer.flaws) <= 50
    assert len(answer.body) < 50_000


def test_nor_with_what_is_wrong_in_a_query(client: Api) -> None:
    answer = client.get(f"{P}?" + "&".join(f"{n}=" for n in range(9_000)))
    assert answer.status == 422
    assert len(answer.body) < 50_000
