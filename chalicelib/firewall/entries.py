"""An entry: one range that is let in or shut out, who asked for it, and until when."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from chalicelib.firewall.cidrs import CidrError, accepted, parse, version_of
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import Kind, Version
from chalicelib.services.clock import timestamp

DURATION = re.compile(r"(\d{1,6})\s*([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST_DAYS = 30
LONGEST_TEXT = 300  # characters of an owner or a note
MOST_FLAWS = 50


class EntryError(FirewallError):
    """Everything that is wrong with what was asked for: one thing a line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`cidr` is in the one spelling of cidrs.py, times are RFC 3339 in UTC, `mark` is another for every write."""

    kind: Kind
    cidr: str
    owner: str
    note: str
    created_at: str
    expires_at: str | None
    removed_at: str | None = None
    mark: str = field(default_factory=lambda: uuid4().hex, compare=False)

    @property
    def version(self) -> Version:
        return version_of(self.cidr)

    @property
    def ends_at(self) -> str | None:
        """When it stops to count, or stopped: None is never."""
        return min((at for at in (self.removed_at, self.expires_at) if at), default=None)

    def is_live(self, now: datetime) -> bool:
        return self.ends_at is None or (self.removed_at is None and self.ends_at > timestamp(now))


@dataclass(frozen=True, slots=True)
class Asked:
    """A range as somebody wrote it, and where: `hosts.txt:12`, or nothing for an argument."""

    text: str
    where: str = ""


def accept_all(asked: Iterable[Asked], *, wide: bool = False, force: bool = False) -> list[str]:
    """Their one spelling, each once. Raises EntryError, which names all that are refused, and where."""
    return _each(asked, lambda text: accepted(text, wide=wide, force=force))


def spell_all(asked: Iterable[Asked]) -> list[str]:
    """The same of ranges that need not be fit to be let in: to be taken out."""
    return _each(asked, lambda text: str(parse(text)))


def _each(asked: Iterable[Asked], read: Callable[[str], str]) -> list[str]:
    found: dict[str, None] = {}
    flaws: list[str] = []
    for each in asked:
        try:
            found[read(each.text)] = None
        except CidrError as error:
            flaws.append(f"{each.where}: {error}" if each.where else str(error))
    if flaws:
        more = [f"and {len(flaws) - MOST_FLAWS} more"] if len(flaws) > MOST_FLAWS else []
        raise EntryError("\n".join([*flaws[:MOST_FLAWS], *more]))
    return list(found)


def lines_of(text: str, name: str) -> list[Asked]:
    """The ranges of a file: one a line, `#` begins a remark."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [Asked(line, f"{name}:{number}") for number, line in enumerate(lines, 1) if line]


def duration(text: str) -> timedelta:
    """`30m`, `12h`, `7d`. Raises EntryError."""
    found = DURATION.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise EntryError(f"{text!r} is no duration like 30m, 12h or 7d")
    length = timedelta(**{UNITS[found[2]]: int(found[1])})
    if length > timedelta(days=LONGEST_DAYS):
        raise EntryError(
            f"{text} is longer than {LONGEST_DAYS}d: what is to stay longer wants --permanent"
        )
    return length


def plain(text: str, what: str) -> str:
    """An owner or a note as it is kept. Raises EntryError where it cannot be shown on a line."""
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise EntryError(f"the {what} has {len(text)} characters, more than {LONGEST_TEXT}")
    if not text.isprintable():
        raise EntryError(f"the {what} holds characters that cannot be shown on a line")
    return text
