"""Names, words and slugs: what any text is turned into."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import ConflictError, IdTakenError
from chalicelib.models.text import begins_words, name_key, words
from chalicelib.services.ids import add_under_free_id, slug

TEXT = st.text(max_size=200)


@given(TEXT)
def test_case_and_blanks_do_not_make_another_name(text: str) -> None:
    assert name_key(f"  {text}\t ") == name_key(text)
    assert name_key(name_key(text)) == name_key(text) or not text.isascii()
    if text.isascii():
        assert name_key(text.upper()) == name_key(text.lower()) == name_key(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Survey  Data\u00a0Exchange", "survey data exchange"),
        ("Caf\u00e9", "CAFE\u0301"),
        ("Straße", "STRASSE"),
        ("\uff21pi", "api"),
    ],
)
def test_what_reads_the_same_is_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@given(TEXT)
def test_words_are_clean_and_stand_once(text: str) -> None:
    found = words(text)
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[\w#+]+", word) for word in found)
    assert words(" ".join(found)) == found


@given(TEXT)
def test_a_text_is_found_by_its_own_words(text: str) -> None:
    found = words(text)
    assert begins_words(found, found)
    assert begins_words(tuple(word[:1] for word in found), found)


def test_signs_that_carry_meaning_are_part_of_a_word() -> None:
    assert words("C#, C++ & PL/SQL (.NET)", "R") == ("c#", "c++", "pl", "sql", "net", "r")
    assert words("Crème-Brûlée") == ("creme", "brulee")
    assert not begins_words(("c#",), words("C, Collections"))


@given(TEXT)
def test_every_name_has_a_slug(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(text, "project"))
    assert len(slug(text, "project")) <= 80


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Survey Data Exchange", "survey-data-exchange"),
        ("C#", "c-sharp"),
        ("C++", "c-plus-plus"),
        ("C", "c"),
        ("F# Tools", "f-sharp-tools"),
        ("PL/SQL", "pl-sql"),
        (".NET API", "net-api"),
        ("AngularJS 1.x", "angularjs-1-x"),
        ("Straße über Ähren", "strasse-uber-ahren"),
        ("日本", "ri-ben"),
        ("🎉", "project"),
        ("---", "project"),
    ],
)
def test_slugs_are_readable(name: str, expected: str) -> None:
    assert slug(name, "project") == expected


@given(st.integers(min_value=0, max_value=20))
def test_the_first_free_id_is_taken(taken: int) -> None:
    ids = {"a", *(f"a-{n}" for n in range(2, taken + 1))} if taken else set[str]()

    def add(free: str) -> str:
        if free in ids:
            raise IdTakenError
        return free

    assert add_under_free_id("a", add) == ("a" if not taken else f"a-{max(taken, 1) + 1}")


def test_a_slug_that_never_is_free_ends_in_a_conflict() -> None:
    def add(_: str) -> str:
        raise IdTakenError

    with pytest.raises(ConflictError):
        add_under_free_id("a", add)
