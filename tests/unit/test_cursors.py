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


@given(POSITION, st.text(max_size=50), st.text(max_size=20), st.data())
def test_a_cursor_opens_unchanged_under_its_own_binding_alone(
    position: tuple[str | float, ...], binding: str, other: str, data: st.DataObject
) -> None:
    cursor = CURSORS.seal(position, binding)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert CURSORS.open(cursor, binding) == position
    at = data.draw(st.integers(0, len(cursor) - 2))
    sign = data.draw(st.sampled_from("ABab01-_").filter(lambda sign: sign != cursor[at]))
    wrong = [(cursor[:at] + sign + cursor[at + 1 :], binding)]
    if other != binding:
        wrong.append((cursor, other))
    for each in wrong:
        with pytest.raises(MalformedError):
            CURSORS.open(*each)


@given(st.text(max_size=200))
def test_no_made_up_text_opens(text: str) -> None:
    with pytest.raises(MalformedError):
        CURSORS.open(text, "")


def test_another_stores_cursor_is_refused() -> None:
    with pytest.raises(MalformedError):
        Cursors(lambda: b"another secret").open(CURSORS.seal(("a",), "list"), "list")


def test_the_key_is_asked_for_once_and_only_when_it_is_needed() -> None:
    keys = [b"k"]
    cursors = Cursors(keys.pop)
    assert keys == [b"k"]
    cursors.open(cursors.seal(("a",), ""), "")
    assert keys == []
