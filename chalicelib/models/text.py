"""The one way to compare names, to divide text into words and to write JSON."""

import json
import re
from typing import Any

WORD = re.compile(r"[\w#+]+")
# Unicode 14.0, DerivedCoreProperties.txt: Default_Ignorable_Code_Point. They are invisible.
# A text: re compiles it for the first name that is not ASCII, not in the cold start.
IGNORABLE = (
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# The contract has these patterns too, so they use only syntax that all dialects of regular expressions
# share. They have no \w, \s or \p, and no character beyond U+FFFF.
SPACES = r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
LINE_ENDS = r"\t\n\r"
# No text may hold these, as in routes.requests.UNFIT. JSON Schema cannot express half a surrogate pair.
UNFIT = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069"
# Invisible by themselves: joiners, fillers, selectors, accents, private use.
INVISIBLE = (
    r"\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u200b-\u200f\u2060-\u206f\u20d0-\u20ff\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufe20-\ufe2f"
    r"\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
)
NO_LETTER = (
    r"\u0000-\u002c\u002e\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u00a0\u202a-\u202e"
    + SPACES.lstrip()
    + INVISIBLE
)
LABEL = rf"[^{NO_LETTER}\u002d]([^{NO_LETTER}]*[^{NO_LETTER}\u002d])?"
# `#` and `+` matter in names of technologies. Every other sign may become a hyphen in an id.
SPELLED_OUT = (("#", "-sharp "), ("+", "-plus "))

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def as_json(value: Any) -> str:
    """Compact JSON in UTF-8. UTF-8 cannot hold half a surrogate pair, which stays escaped."""
    return _encode(value).encode(errors="backslashreplace").decode()


def without_ignorable(text: str) -> str:
    """The text without invisible characters."""
    return text if text.isascii() else re.sub(IGNORABLE, "", text)


def name_key(name: str) -> str:
    """The form in which names are compared: NFKC_Casefold, with single spaces."""
    name = " ".join(without_ignorable(name).split())
    if not name.isascii():
        from unicodedata import normalize  # plain names do not need its tables

        name = normalize("NFKC", normalize("NFKC", name).casefold())
    return name.casefold()


def is_faithful(record_id: str, name: str) -> bool:
    """Whether the id keeps every sign of the name: c-sharp does for `C#`, and f does not for `F*`."""
    spelled = name_key(name)
    for sign, spelling in SPELLED_OUT:
        spelled = spelled.replace(sign, spelling)
    return re.sub(r"[\s_./-]+", "-", spelled.rstrip()) == record_id


def words(*texts: str) -> tuple[str, ...]:
    """The words of `texts`, folded, each once, in order; `C#` and `C++` are words.

    A word is a run of letters, digits, `_`, `#` and `+`, without accents.
    """
    folded = name_key(" ".join(texts))
    if not folded.isascii():
        from unicodedata import combining, normalize

        folded = "".join(c for c in normalize("NFKD", folded) if not combining(c))
    return tuple(dict.fromkeys(WORD.findall(folded)))


def begins_words(wanted: tuple[str, ...], present: tuple[str, ...]) -> bool:
    """Whether every wanted word is the beginning of a present one, as for `q`."""
    return all(any(word.startswith(part) for word in present) for part in wanted)
