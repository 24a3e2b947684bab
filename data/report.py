"""What happened to a file's records: counted, and each mend and each loss with its place."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from chalicelib.routes.requests import UNFIT

ADDRESS = re.compile(r"[^\s@]*@[^\s@]+")
LONGEST_PART = 60


def printable(text: str) -> str:
    """One line, fit for any terminal; an e-mail address is personal data and never shown."""
    return ADDRESS.sub("(e-mail address)", " ".join(UNFIT.sub("", text).split()))


@dataclass(frozen=True, slots=True)
class Note:
    place: str
    what: str


@dataclass(slots=True)
class Report:
    """`left_out` holds records that did not get in; `mends` what got in differently than it was said."""

    file: str
    kind: str = ""
    read: int = 0
    added: int = 0
    changed: int = 0
    already_there: int = 0
    mends: list[Note] = field(default_factory=list)
    left_out: list[Note] = field(default_factory=list)
    not_carried: Counter[str] = field(default_factory=Counter)
    born: dict[str, None] = field(default_factory=dict)
    failure: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether all that the file holds is in the register now."""
        return not self.failure and not self.left_out


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file, which notes are taken of: the record, and the path within it."""

    report: Report
    record: str
    name: str = ""
    path: tuple[str, ...] = ()

    def at(self, *parts: str | int) -> "Place":
        return replace(self, path=(*self.path, *(str(part)[:LONGEST_PART] for part in parts)))

    def named(self, name: str) -> "Place":
        return replace(self, name=name[:LONGEST_PART])

    def mend(self, what: str) -> None:
        self.report.mends.append(self.note(what))

    def leave_out(self, why: str) -> None:
        self.report.left_out.append(self.note(why))

    def not_carry(self, values: int) -> None:
        """Counts values that the register has no field for, by the names on their path."""
        if values:
            named = (part for part in self.path if not part.isdigit())
            self.report.not_carried["/".join(named)] += values

    def note(self, what: str) -> Note:
        named = f"{self.record} {self.name}".rstrip()
        path = "/".join(self.path)
        return Note(printable(f"{named}, {path}" if path else named), printable(what))
