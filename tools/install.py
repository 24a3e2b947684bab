"""Installs a file of locked requirements with pip and prints the progress. `make` calls it, before .venv has a package.

.venv/bin/python tools/install.py requirements/run.txt     # packages whose hashes the file lists
.venv/bin/python tools/install.py requirements/run.txt .   # and the project itself, as it stands
"""

import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable

EVERY = 20  # packages for a line of progress, if the output is not a terminal
AT_THE_END = 20  # lines of pip's, printed after a failure


def show(lines: Iterable[str], *, watched: bool) -> tuple[int, Iterable[str]]:
    """Prints pip's progress: if `watched`, on a terminal, in one line that is overwritten.

    Returns the number of installed packages, and the last lines.
    """
    found: set[str] = set()
    last: deque[str] = deque(maxlen=AT_THE_END)
    installed = 0
    for line in lines:
        last.append(line)
        what, _, rest = line.strip().partition(" ")
        if what == "Collecting":
            found.add(rest.partition(" ")[0])
            if watched or len(found) % EVERY == 0:
                tell(f"setup: {len(found)} packages found", watched=watched)
        elif line.startswith("WARNING: Retrying"):
            tell("setup: the package index does not answer, pip tries again", watched=watched)
        elif line.startswith("Installing collected packages:"):
            tell(f"setup: installing {line.count(',') + 1} packages", watched=watched)
        elif line.startswith("Successfully installed"):
            installed = len(rest.split()) - 1
    return installed, last


def tell(text: str, *, watched: bool) -> None:
    print(f"\r\033[K{text} …" if watched else text, end="" if watched else "\n", flush=True)


def main(requirements: str, *project: str) -> None:
    """Ends the program if pip fails, and prints the last lines of pip."""
    begun = time.monotonic()
    watched = sys.stdout.isatty()
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--progress-bar", "off"]
    try:
        with subprocess.Popen(
            [*command, "--require-hashes", "-r", requirements],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as pip:
            installed, last = show(pip.stdout or (), watched=watched)
    except KeyboardInterrupt:
        sys.exit("\nsetup: stopped. Run the same command to continue")
    clear = "\r\033[K" if watched else ""
    if pip.returncode:
        print(clear, *last, sep="", file=sys.stderr)
        sys.exit(
            f"setup: pip could not install {requirements}, see above. Check that this machine reaches"
            " pypi.org, or set PIP_INDEX_URL to your package index. Then run the same command again"
        )
    editable = ["--quiet", "--no-deps", "--no-build-isolation", "-e", *project]
    if project and subprocess.run([*command, *editable], check=False).returncode:
        sys.exit("setup: pip could not install the project, see above. Run the same command again")
    print(f"{clear}setup: {installed} packages installed in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
