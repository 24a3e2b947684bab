"""An operator's input: ranges from the command line or a file, durations, owners and notes."""

import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from waf.ranges import InputError, accepted, parse

DURATION = re.compile(r"(\d{1,6})\s*([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST_DAYS = 30
LONGEST_TEXT = 300  # characters of an owner or a note
MOST_FLAWS = 50


@dataclass(frozen=True, slots=True)
class WrittenRange:
    """A range as it was written, and its place: `hosts.txt:12`, or nothing for an argument."""

    text: str
    where: str = ""


def read_ranges(cidrs: list[str] | None, file: Path | None) -> list[WrittenRange]:
    """Raises InputError if the file cannot be read."""
    written = [WrittenRange(cidr) for cidr in cidrs or []]
    if file is None:
        return written
    try:
        content = file.read_bytes()
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content:
            raise InputError(f"{file} is UTF-16: save it as UTF-8")
        return written + ranges_in(content.decode("utf-8-sig"), str(file))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file}:{line} is not UTF-8: save the file as UTF-8") from None
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror or error}. Check the path"
        ) from None


def ranges_in(text: str, name: str) -> list[WrittenRange]:
    """The ranges of a file: one a line, `#` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [WrittenRange(line, f"{name}:{number}") for number, line in enumerate(lines, 1) if line]


def accept_all(
    written: Iterable[WrittenRange], *, wide: bool = False, force: bool = False
) -> list[str]:
    """Each range once, in its one spelling. Raises InputError, which lists every refused one and its place."""
    return _each(written, lambda text: accepted(text, wide=wide, force=force))


def spell_all(written: Iterable[WrittenRange]) -> list[str]:
    """The same for ranges to remove: these may be ranges that `accepted` refuses."""
    return _each(written, lambda text: str(parse(text)))


def _each(written: Iterable[WrittenRange], read: Callable[[str], str]) -> list[str]:
    found: dict[str, None] = {}
    flaws: list[str] = []
    for each in written:
        try:
            found[read(each.text)] = None
        except InputError as error:
            flaws.append(f"{each.where}: {error}" if each.where else str(error))
    if flaws:
        more = [f"and {len(flaws) - MOST_FLAWS} more"] if len(flaws) > MOST_FLAWS else []
        raise InputError("\n".join([*flaws[:MOST_FLAWS], *more]))
    return list(found)


def duration(text: str) -> timedelta:
    """`30m`, `12h`, `7d`. Raises InputError."""
    found = DURATION.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise InputError(f"{text!r} is not a duration: write it like 30m, 12h or 7d")
    length = timedelta(**{UNITS[found[2]]: int(found[1])})
    if length > timedelta(days=LONGEST_DAYS):
        raise InputError(
            f"{text} is longer than {LONGEST_DAYS}d: pass a shorter time, or --permanent"
        )
    return length


def one_line(text: str, what: str) -> str:
    """An owner or a note without surrounding blanks. Raises InputError if it does not fit on one line."""
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise InputError(f"the {what} has {len(text)} characters: shorten it to {LONGEST_TEXT}")
    if not text.isprintable():
        raise InputError(f"the {what} has an invisible character or a line break: remove it")
    return text
