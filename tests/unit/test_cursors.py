"""Cursors: opaque, signed, bound to their list."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import MalformedError
from chalicelib.services.cursors import Cursors

POSITION = st.lists(
    st.text(max_size=20) | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=3
).map(tuple)
CURSORS = Cursors(lambda: b"a secret of the store")


@given(POSITION, st.text(max_size=50))
def test_what_was_sealed_opens_under_its_binding(
    position: tuple[str | float, ...], binding: str
) -> None:
    cursor = CURSORS.seal(position, binding)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert CURSORS.open(cursor, binding) == position


@given(POSITION, st.text(max_size=20), st.text(max_size=20))
def test_another_binding_refuses_it(
    position: tuple[str | float, ...], one: str, other: str
) -> None:
    if one != other:
        with pytest.raises(MalformedError):
            CURSORS.open(CURSORS.seal(position, one), other)


@given(st.text(max_size=200))
def test_no_made_up_text_opens(text: str) -> None:
    with pytest.raises(MalformedError):
        CURSORS.open(text, "")


@given(POSITION, st.data())
def test_no_changed_cursor_opens(position: tuple[str | float, ...], data: st.DataObject) -> None:
    cursor = CURSORS.seal(position, "list")
    at = data.draw(st.integers(0, len(cursor) - 2))
    other = data.draw(st.sampled_from("ABab01-_").filter(lambda sign: sign != cursor[at]))
    with pytest.raises(MalformedError):
        CURSORS.open(cursor[:at] + other + cursor[at + 1 :], "list")


def test_another_stores_cursor_is_refused() -> None:
    with pytest.raises(MalformedError):
        Cursors(lambda: b"another secret").open(CURSORS.seal(("a",), "list"), "list")


def test_the_key_is_asked_for_once_and_only_when_it_is_needed() -> None:
    asked: list[int] = []

    def key() -> bytes:
        asked.append(1)
        return b"k"

    cursors = Cursors(key)
    assert asked == []
    cursors.open(cursors.seal(("a",), ""), "")
    assert asked == [1]
