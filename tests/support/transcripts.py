"""What a person sees of a command at 80 columns, held against the files of tests/transcripts/.

UPDATE_TRANSCRIPTS=1 writes the files anew. Read what changed before you commit it.
"""

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "transcripts"
# For the environment of a command whose output is held.
EIGHTY_COLUMNS = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


def hold(name: str, text: str, *differ: tuple[str, str]) -> None:
    """Compares `text` with tests/transcripts/`name`.txt.

    `differ` are pairs of a regular expression and what stands in its place: ids, times, ports and
    folders, which no two runs have alike.
    """
    for pattern, replacement in differ:
        text = re.sub(pattern, replacement, text)
    text = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        path.write_text(text)
    assert text == path.read_text(), f"{path.name} differs; UPDATE_TRANSCRIPTS=1 writes it anew"
