"""The radar's document: within 5 MB whatever is on it, and it says what it leaves out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from chalicelib.models.technology import Move, Technology
from chalicelib.services.radar import LARGEST, READ_AT_MOST, radar

NOW = "2026-01-02T03:04:05.678Z"
SNAKES = "\N{SNAKE}" * 500


def tools(moves: int, note: str = "", **more: Any) -> Iterator[Technology]:
    """Without end."""
    history = tuple(Move(("hold", "trial")[n % 2], NOW, None, note) for n in range(min(moves, 50)))
    plain = Technology("", "languages", history, move_count=moves, **more)
    for number in count():
        yield replace(plain, name=f"Tool {number:05}", id=f"tool-{number}")


def some(number: int, tools: Iterator[Technology]) -> list[Technology]:
    return [next(tools) for _ in range(number)]


def drawn(technologies: Any) -> dict[str, Any]:
    text = radar(technologies, "Radar")
    assert len(text.encode()) <= LARGEST
    document: dict[str, Any] = json.loads(text)
    return document


def test_everything_is_in_it_where_it_fits() -> None:
    document = drawn(some(100, tools(3)))
    assert document["left_out"] == {"moves": 0, "entries": 0}
    (timeline,) = {json.dumps(entry["timeline"]) for entry in document["entries"]}
    assert [step["moved"] for step in json.loads(timeline)] == [0, 2, -2]


@pytest.mark.parametrize(("number", "shown"), [(40, 50), (60, 25), (110, 12)])
def test_older_moves_go_first(number: int, shown: int) -> None:
    document = drawn(some(number, tools(60, SNAKES)))
    assert [entry["title"] for entry in document["entries"]] == [
        f"Tool {n:05}" for n in range(number)
    ]
    assert {len(entry["timeline"]) for entry in document["entries"]} == {shown}
    assert document["left_out"] == {"moves": number * (60 - shown), "entries": 0}


def test_the_first_move_that_is_shown_tells_where_from() -> None:
    document = drawn(some(60, tools(60, SNAKES)))
    first = document["entries"][0]["timeline"][0]
    assert (first["ringId"], first["moved"]) == ("trial", 2)


def test_then_the_end_of_the_order_by_name() -> None:
    document = drawn(some(3_000, tools(1, SNAKES)))
    titles = [entry["title"] for entry in document["entries"]]
    assert titles == [f"Tool {n:05}" for n in range(len(titles))]
    assert 2_000 < len(titles) < 3_000
    assert document["left_out"] == {"moves": 0, "entries": 1}


@pytest.mark.parametrize(("moves", "note"), [(1, ""), (50, ""), (50, SNAKES), (1, SNAKES)])
def test_no_more_is_read_than_can_be_served(moves: int, note: str) -> None:
    """However many there are."""
    read = 0

    def watched() -> Iterator[Technology]:
        nonlocal read
        for technology in tools(moves, note):
            read += len(note.encode()) * moves
            yield technology

    document = drawn(watched())
    assert document["left_out"]["entries"] == 1
    assert read < 1.1 * READ_AT_MOST
