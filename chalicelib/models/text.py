"""How names are compared, text is cut into words and JSON is written: the same everywhere."""

import json
import re
from typing import Any

WORD = re.compile(r"[\w#+]+")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def as_json(value: Any) -> str:
    """Compact JSON in UTF-8, which cannot hold half a surrogate pair: that one stays escaped."""
    return _encode(value).encode(errors="backslashreplace").decode()


def name_key(name: str) -> str:
    """What makes two names the same: no regard to case, runs of white space or Unicode form."""
    name = " ".join(name.split())
    if not name.isascii():
        from unicodedata import normalize  # a read of plain names does not pay for its tables

        name = normalize("NFKC", normalize("NFKC", name).casefold())
    return name.casefold()


def words(*texts: str) -> tuple[str, ...]:
    """The words of `texts`, folded, each once, in order; `C#` and `C++` are words.

    A word is a run of letters, digits, `_`, `#` and `+`; accents do not count.
    """
    folded = name_key(" ".join(texts))
    if not folded.isascii():
        from unicodedata import combining, normalize

        folded = "".join(c for c in normalize("NFKD", folded) if not combining(c))
    return tuple(dict.fromkeys(WORD.findall(folded)))


def begins_words(wanted: tuple[str, ...], present: tuple[str, ...]) -> bool:
    """Whether every wanted word is the beginning of a present one: what `q` means."""
    return all(any(word.startswith(part) for word in present) for part in wanted)
