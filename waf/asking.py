"""What an operator asks for: ranges on the command line or in a file, for how long, on whose behalf."""

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
    """A range as somebody wrote it, and where: `hosts.txt:12`, or nothing for an argument."""

    text: str
    where: str = ""


def read_ranges(cidrs: list[str] | None, file: Path | None) -> list[WrittenRange]:
    """Raises InputError where the file cannot be read."""
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
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from None


def ranges_in(text: str, name: str) -> list[WrittenRange]:
    """The ranges of a file: one a line, `#` begins a remark."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [WrittenRange(line, f"{name}:{number}") for number, line in enumerate(lines, 1) if line]


def accept_all(
    written: Iterable[WrittenRange], *, wide: bool = False, force: bool = False
) -> list[str]:
    """Their one spelling, each once. Raises InputError, which names all that are refused, and where."""
    return _each(written, lambda text: accepted(text, wide=wide, force=force))


def spell_all(written: Iterable[WrittenRange]) -> list[str]:
    """The same of ranges that need not be fit to be let in: to be taken out."""
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
        raise InputError(f"{text!r} is no duration like 30m, 12h or 7d")
    length = timedelta(**{UNITS[found[2]]: int(found[1])})
    if length > timedelta(days=LONGEST_DAYS):
        raise InputError(
            f"{text} is longer than {LONGEST_DAYS}d: what is to stay longer wants --permanent"
        )
    return length


def one_line(text: str, what: str) -> str:
    """An owner or a note as it is kept. Raises InputError where it cannot be shown on a line."""
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise InputError(f"the {what} has {len(text)} characters, more than {LONGEST_TEXT}")
    if not text.isprintable():
        raise InputError(f"the {what} holds characters that cannot be shown on a line")
    return text
