"""The radar's document: at most 5 MB, and it counts the moves and entries that it leaves out."""

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
    """An endless sequence of technologies."""
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


def titles(document: dict[str, Any]) -> list[str]:
    return [entry["title"] for entry in document["entries"]]


def test_everything_is_in_it_where_it_fits() -> None:
    document = drawn(some(100, tools(3)))
    assert document["left_out"] == {"moves": 0, "entries": 0}
    (timeline,) = {json.dumps(entry["timeline"]) for entry in document["entries"]}
    assert [step["moved"] for step in json.loads(timeline)] == [0, 2, -2]


@pytest.mark.parametrize(
    ("number", "shown", "first"),
    [(40, 50, ("hold", 0)), (60, 25, ("trial", 2)), (110, 12, ("hold", -2))],
)
def test_older_moves_go_first_and_the_first_that_is_shown_tells_where_from(
    number: int, shown: int, first: tuple[str, int]
) -> None:
    document = drawn(some(number, tools(60, SNAKES)))
    assert titles(document) == [f"Tool {n:05}" for n in range(number)]
    timelines = [entry["timeline"] for entry in document["entries"]]
    assert {len(timeline) for timeline in timelines} == {shown}
    assert {(timeline[0]["ringId"], timeline[0]["moved"]) for timeline in timelines} == {first}
    assert document["left_out"] == {"moves": number * (60 - shown), "entries": 0}


def test_then_the_end_of_the_order_by_name() -> None:
    document = drawn(some(3_000, tools(1, SNAKES)))
    shown = titles(document)
    assert shown == [f"Tool {n:05}" for n in range(len(shown))]
    assert 2_000 < len(shown) < 3_000
    assert document["left_out"] == {"moves": 0, "entries": 1}


@pytest.mark.parametrize(("moves", "note"), [(1, ""), (50, ""), (50, SNAKES), (1, SNAKES)])
def test_no_more_is_read_than_can_be_served(moves: int, note: str) -> None:
    """For an endless sequence of technologies."""
    read = 0

    def watched() -> Iterator[Technology]:
        nonlocal read
        for technology in tools(moves, note):
            read += len(note.encode()) * moves
            yield technology

    document = drawn(watched())
    assert document["left_out"]["entries"] == 1
    assert read < 1.1 * READ_AT_MOST
