"""Names, words and slugs: what any text is turned into."""

import json
import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import ConflictError, IdTakenError
from chalicelib.models.text import as_json, begins_words, name_key, words
from chalicelib.routes.bodies.common import IPV6
from chalicelib.services.ids import add_under_free_id, slug

TEXT = st.text(max_size=200)


@given(TEXT)
def test_case_and_blanks_do_not_make_another_name(text: str) -> None:
    assert name_key(f"  {text}\t ") == name_key(text)
    assert name_key(name_key(text)) == name_key(text) or not text.isascii()
    if text.isascii():
        assert name_key(text.upper()) == name_key(text.lower()) == name_key(text)


def test_what_reads_the_same_is_the_same() -> None:
    assert name_key("Survey  Data\u00a0Exchange") == name_key("survey data exchange")
    assert name_key("Caf\u00e9") == name_key("CAFE\u0301")
    assert name_key("Straße") == name_key("STRASSE")
    assert name_key("\uff21pi") == name_key("api")


@given(TEXT)
def test_words_are_clean_and_stand_once_and_a_text_is_found_by_its_own(text: str) -> None:
    found = words(text)
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[\w#+]+", word) for word in found)
    assert words(" ".join(found)) == found
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
        *(("C#", "c-sharp"), ("C++", "c-plus-plus"), ("C", "c"), ("F# Tools", "f-sharp-tools")),
        *(("PL/SQL", "pl-sql"), (".NET API", "net-api"), ("AngularJS 1.x", "angularjs-1-x")),
        *(("Straße über Ähren", "strasse-uber-ahren"), ("日本", "ri-ben")),
        *(("Survey Data Exchange", "survey-data-exchange"), ("🎉", "project"), ("---", "project")),
    ],
)
def test_slugs_are_readable(name: str, expected: str) -> None:
    assert slug(name, "project") == expected


def test_the_first_free_id_is_taken_and_after_five_tries_a_suffix_is_drawn() -> None:
    """However many records share a slug, the next one takes a few tries."""
    ids: list[str] = []

    def add(free: str) -> str:
        if free in ids:
            raise IdTakenError
        return free

    for _ in range(105):
        ids.append(add_under_free_id("a", add))
    assert ids[:5] == ["a", "a-2", "a-3", "a-4", "a-5"]
    assert all(re.fullmatch(r"a-[a-z0-9]{5}", each) for each in ids[5:])


def test_a_slug_that_never_is_free_ends_in_a_conflict() -> None:
    def add(_: str) -> str:
        raise IdTakenError

    with pytest.raises(ConflictError):
        add_under_free_id("a", add)


@given(st.text(st.characters(exclude_categories=()), max_size=50))
def test_json_is_utf_8_and_halves_of_surrogate_pairs_do_no_harm(text: str) -> None:
    assert json.loads(as_json([text]).encode()) == json.loads(json.dumps([text]))


def test_json_says_letters_as_they_are() -> None:
    assert as_json({"é": "\N{SNAKE}"}) == '{"é":"\N{SNAKE}"}'
    assert as_json("\ud800") == r'"\ud800"'


@given(host=st.from_regex(rf"\A({IPV6})\Z", alphabet=st.characters(codec="ascii")))
def test_what_counts_as_an_ipv6_address_is_one(host: str) -> None:
    assert ip_address(host).version == 6
    assert urlsplit(f"https://[{host}]/").hostname == host.lower()


@given(address=st.ip_addresses(v=6))
def test_every_ipv6_address_counts_as_one(address: IPv6Address) -> None:
    assert all(re.fullmatch(IPV6, text) for text in (str(address), address.exploded))
