"""Decodes the bytes of a file: detects the encoding, and rejects files that are not text."""

import codecs
import re

from tools.load.cleaning import Given
from tools.load.report import Report

SAVE_AS = "save it as CSV in UTF-8, or as JSON"
# The first bytes of unsupported files. A workbook is a zip archive.
SIGNATURES = {
    b"PK\x03\x04": "is a zip archive or an Excel workbook (.xlsx)",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook (.xls)",
    b"\x1f\x8b": "is a gzip archive",
    b"%PDF": "is a PDF file",
    b"<": "is HTML or XML",
}
# UTF-32 is first, because its byte order mark begins with that of UTF-16.
ENCODINGS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
BYTE_ORDER_MARK = "\ufeff"
ESCAPED = re.compile("[\udc80-\udcff]")
WINDOWS_1252 = {0xDC00 + n: bytes([n]).decode("cp1252", "replace") for n in range(0x80, 0x100)}


class UnreadableError(Exception):
    """The file cannot be loaded. The text gives the reason, without the file's name."""


def text_of(content: bytes, report: Report) -> str:
    """The decoded text. Raises UnreadableError."""
    for beginning, what in SIGNATURES.items():
        if content.removeprefix(codecs.BOM_UTF8).lstrip().startswith(beginning):
            raise UnreadableError(f"{what}: {SAVE_AS}")
    found = _decoded(content, report)
    if "\0" in found:
        raise UnreadableError(f"is not text, or is UTF-16 and has no byte order mark: {SAVE_AS}")
    if not found.strip():
        raise UnreadableError("is empty: name a file with records")
    return found


def _decoded(content: bytes, report: Report) -> str:
    for mark, encoding in ENCODINGS.items():
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                what = f"begins as {encoding.upper()}, but contains invalid bytes: {SAVE_AS}"
                raise UnreadableError(what) from None
    lines = content.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)
    return "".join(_line(line, Given(report, f"line {n}")) for n, line in enumerate(lines, 1))


def _line(content: bytes, where: Given) -> str:
    """Decodes valid UTF-8 sequences as UTF-8, and every other byte as Windows-1252."""
    found = content.decode("utf-8", "surrogateescape")
    if ESCAPED.search(found):
        where.correct("bytes that are not UTF-8: read as Windows-1252")
        found = found.translate(WINDOWS_1252)
    if BYTE_ORDER_MARK in found:
        where.correct("a byte order mark inside the file removed")
        found = found.replace(BYTE_ORDER_MARK, "")
    return found
