"""Converts any JSON value to the expected text, list or object, and reports each change.

Nothing here raises an error for a value.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from chalicelib.errors import InvalidError
from chalicelib.models.text import without_ignorable
from chalicelib.routes.bodies.common import LONGEST_NAME, LONGEST_TEXT, Body, Url, parse
from chalicelib.routes.requests import UNFIT
from tools.load.report import Note, Report, printable

LONGEST_PART = 60
REPLACEMENT = "\ufffd"
KINDS = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
WITHOUT_SCHEME = r"www\.|(?:[\w-]+\.)+[a-z]{2,}/"
NEXT_LINK = re.compile(rf"(?<![;,\s])[;,\s]+(?=https?://|{WITHOUT_SCHEME})", re.IGNORECASE)
LINE_ENDS = re.compile(r"[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
# Spreadsheets and databases write these for a missing value: #NAME?, #DIV/0!, #N/A, NULL.
NO_VALUE = re.compile(r"#[A-Z0/]+[?!]|#N/A|NULL|null")
T = TypeVar("T")


class _Link(Body):
    url: Url


@dataclass(frozen=True, slots=True)
class Given:
    """Any JSON value of a document, with its place for the notes in the report."""

    report: Report
    record: str
    value: Any = None
    name: str = ""
    path: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> "Given":
        """A member of an object; null if it is missing."""
        return self.at(name).of(self.value.get(name))

    def of(self, value: object) -> "Given":
        """Another value at the same place."""
        return replace(self, value=value)

    def at(self, part: str | int) -> "Given":
        return replace(self, path=(*self.path, printable(str(part))[:LONGEST_PART]))

    def named(self, name: str) -> "Given":
        return replace(self, name=printable(name)[:LONGEST_PART])

    def correct(self, what: str, detail: str = "") -> None:
        """Reports a change. `detail`, which may differ between records, replaces `{}` in `what`."""
        self.report.corrections.append(self._note(what, detail))

    def leave_out(self, why: str, detail: str = "") -> None:
        self.report.left_out.append(self._note(why, detail))

    def _note(self, what: str, detail: str) -> Note:
        place = ", ".join(
            filter(None, (f"{self.record} {self.name}".rstrip(), "/".join(self.path)))
        )
        return Note(printable(place), printable(what), printable(detail)[:LONGEST_PART])

    def text(self) -> str:
        """The text, without white space around it and without forbidden characters."""
        value = self.value
        if value in (None, [], {}):
            return ""
        if isinstance(value, int | float) and not isinstance(value, bool):
            self.correct("a number where a string is expected: read as a string")
            value = str(value)
        if not isinstance(value, str):
            self.correct(f"{kind(value)} where a string is expected: dropped")
            return ""
        return self._plain(value).strip()

    def _plain(self, value: str) -> str:
        if NO_VALUE.fullmatch(value.strip()):
            self.correct("{} is not a value: read as empty", value.strip())
            return ""
        ended = LINE_ENDS.sub("\n", value)
        if ended != value:
            self.correct("vertical tabs, form feeds or similar characters replaced by line ends")
        fit = UNFIT.sub("", ended)
        if fit != ended:
            self.correct("control characters or unpaired surrogates removed")
        return fit

    def line(self, longest: int | None = LONGEST_NAME) -> str:
        """One line of at most `longest` characters."""
        found = without_ignorable(given := self.text())
        if found != given:
            self.correct("invisible characters removed")
        if re.search(r"[\t\n\r]", found):
            self.correct("tabs or line ends replaced by spaces")
        return self._cut(" ".join(found.split()), longest)

    def paragraphs(self, longest: int = LONGEST_TEXT) -> str:
        return self._cut(self.text(), longest)

    def items(self) -> list["Given"]:
        """The items of a list. A single value counts as a list of one."""
        if isinstance(self.value, list):
            return [self.at(n).of(item) for n, item in enumerate(self.value)]
        return [] if self.value in (None, "", {}) else [self]

    def members(self, *known: str, text_is: str = "") -> "Given":
        """The object: this value, the first item of a list, or an empty object.

        A string becomes an object with the member `text_is`. With `known` names, values of other
        members are counted as not loaded.
        """
        value = self.value
        if text_is and isinstance(value, str):
            return self.of({text_is: value})
        if isinstance(value, list) and value:
            if len(value) > 1:
                what = "a list of {} items where one object is expected: the first is used"
                self.correct(what, str(len(value)))
            value = value[0]
        if not isinstance(value, dict):
            if value not in (None, "", [], "{}"):
                self.correct(f"{kind(value)} where an object is expected: dropped")
            value = {}
        found = self.of(value)
        return found.counted(*known) if known else found

    def counted(self, *known: str) -> "Given":
        """This object. Counts the values of members that are not `known`."""
        for name, value in self.value.items():
            values = 0 if name in known else _values_in(value)
            if values:
                path = "/".join(part for part in self.at(name).path if not part.isdigit())
                self.report.not_carried[path] += values
        return self

    def split(self, separators: str = ";") -> list[str]:
        """The parts of a text, split at `separators`, or of the items of a list, split at `;`."""
        found = []
        for item in self.items():
            cuts = separators if item is self else ";"
            parts = [item.of(part).line(None) for part in re.split(cuts, item.text())]
            if len(parts) > 1 and not all(parts):
                item.correct("an empty item dropped")
            found += [part for part in parts if part]
        return found

    def link(self) -> str:
        """A URL that the API accepts, or an empty string."""
        given = self.text()
        found = given.strip(REPLACEMENT).strip()
        if found != given:
            self.correct("U+FFFD around a URL removed")
        if re.match(WITHOUT_SCHEME, found, re.IGNORECASE):
            self.correct("https:// added to a link")
            found = f"https://{found}"
        try:
            return parse(_Link, {"url": found}).url if found else ""
        except InvalidError as error:
            self.correct(f"link dropped: {error.flaws[0].detail}")
            return ""

    def links(self) -> list[str]:
        """The different URLs in a text or a list of texts."""
        found = [
            item.of(part).link() for item in self.items() for part in NEXT_LINK.split(item.text())
        ]
        return [url for url in dict.fromkeys(found) if url]

    def _cut(self, found: str, longest: int | None) -> str:
        if longest is None or len(found) <= longest:
            return found
        self.correct(f"{{}} characters: cut to {longest}", str(len(found)))
        return found[:longest].rstrip()


def kind(value: object) -> str:
    return KINDS.get(type(value), "a number")


def spelling(value: str) -> str:
    """The value without case, spaces and punctuation, to compare choices."""
    return re.sub(r"[\W_]+", "", value.casefold())


def first(items: list[T], most: int, where: Given) -> list[T]:
    """The first `most` items. Reports the loss of others."""
    if len(items) > most:
        where.correct(
            f"{{}} items, but at most {most} are stored: the rest dropped", str(len(items))
        )
    return items[:most]


def _values_in(value: object) -> int:
    """The number of values in `value`, at any depth."""
    if isinstance(value, dict):
        return sum(map(_values_in, value.values()))
    if isinstance(value, list):
        return sum(map(_values_in, value))
    if isinstance(value, str):
        return len([part for part in value.split(";") if part.strip()])
    return int(value is not None)
