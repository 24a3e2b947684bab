"""Names, words, slugs and JSON: the forms of any text."""

import json
import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.errors import ConflictError, IdTakenError
from chalicelib.models.text import (
    as_json,
    begins_words,
    is_faithful,
    name_key,
    without_ignorable,
    words,
)
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


# The Default_Ignorable_Code_Point of Unicode 14.0.
IGNORABLE = [
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xFFF0, 0xFFF9),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xE0000, 0xE1000),
]


def test_what_nobody_sees_does_not_make_another_name_or_word() -> None:
    assert len(IGNORABLE) == 4174
    for sign in map(chr, IGNORABLE):
        assert name_key(f"{sign} Pyth{sign}on \t{sign}") == "python"
        assert words(f"Py{sign}thon", f"{sign}") == ("python",)
    kept = map(chr, set(range(0x110000)).difference(IGNORABLE))
    assert all(without_ignorable(sign) == sign for sign in kept)
    assert name_key("Cafe\u034f\u0301") == "caf\u00e9"


@given(TEXT, st.lists(st.sampled_from(IGNORABLE)))
def test_a_name_is_compared_without_what_nobody_sees(text: str, signs: list[int]) -> None:
    seen = without_ignorable(text)
    hidden = "".join(map(chr, signs)).join(seen) if seen else "".join(map(chr, signs))
    assert name_key(hidden) == name_key(seen)


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


@pytest.mark.parametrize(
    ("name", "record_id"),
    [
        *(("C#", "c-sharp"), ("C++", "c-plus-plus"), ("F# Tools", "f-sharp-tools")),
        *(("PL/SQL", "pl-sql"), ("SQL  Server", "sql-server"), ("Node.js", "node-js")),
        *(("python", "python"), ("Straße", "strasse"), ("snake_case", "snake-case")),
    ],
)
def test_an_id_is_faithful_to_a_name_of_which_nothing_was_dropped(
    name: str, record_id: str
) -> None:
    assert slug(name, "technology") == record_id
    assert is_faithful(record_id, name)


@pytest.mark.parametrize("name", ["F*", ".NET", "Épée", "-x", "x.", "日本", "🎉", "a" * 81, "#"])
def test_an_id_is_not_faithful_to_a_name_of_which_something_was_dropped(name: str) -> None:
    assert not is_faithful(slug(name, "technology"), name)
    assert not is_faithful("python-2", "Python")


def test_the_first_free_id_is_taken_and_after_five_tries_a_suffix_is_drawn() -> None:
    """Many records may share a slug: the next one still needs few tries."""
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


# Python 3.13 writes an embedded IPv4 address with dots. A browser's origin never has these.
@given(address=st.ip_addresses(v=6))
def test_every_ipv6_address_counts_as_one(address: IPv6Address) -> None:
    assume(not address.ipv4_mapped)
    assert all(re.fullmatch(IPV6, text) for text in (str(address), address.exploded))
