"""Compares the output of commands at 80 columns with the files of tests/transcripts/.

UPDATE_TRANSCRIPTS=1 writes the files again. Read the diff before you commit it.
"""

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "transcripts"
# The environment of a command whose output is compared.
EIGHTY_COLUMNS = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


def hold(name: str, text: str, *differ: tuple[str, str]) -> None:
    """Compares `text` with tests/transcripts/`name`.txt.

    `differ` has regular expressions with replacements, for ids, times, ports and folders that
    differ between runs.
    """
    for pattern, replacement in differ:
        text = re.sub(pattern, replacement, text)
    text = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        path.write_text(text)
    assert text == path.read_text(), f"{path.name} differs; UPDATE_TRANSCRIPTS=1 writes it again"
