"""Measures this project beside FastAPI behind Mangum: docs/performance.md says what and why.

make bench                       all of it, into docs/performance.md and .json
make bench OPTIONS="--quick"     few of everything, printed and written to .bench/ alone
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Annotated

import typer

from bench import scale
from bench.builds import KEPT, PEER, ROOT, both_contenders, size_rows
from bench.document import markdown, write_document, write_figures
from bench.environments import Endpoint
from bench.figures import Row
from bench.measure import ORDER, Bench, progress
from bench.stock import fill
from bench.work import ALL
from tests.emulator import Emulator


class Part(StrEnum):
    NETWORK = "network"
    SIZE = "size"
    SCALE = "scale"


@contextmanager
def prepared() -> Iterator[Bench]:
    """The contenders on the last CPU, and on the first one what they ask."""
    cpus = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        KEPT.mkdir(exist_ok=True)
        lock = stack.enter_context((KEPT / "lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs beside each other would measure each other
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        progress("making the contenders")
        contenders = both_contenders(place)
        progress("filling the tables")
        os.sched_setaffinity(0, {cpus[0]})
        stack.callback(os.sched_setaffinity, 0, cpus)
        emulator = Emulator(place).start()
        stack.callback(emulator.stop)
        fill(emulator.url)
        with suppress(PermissionError):  # before all others' work, which is noise in the figures
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
            stack.callback(os.sched_setscheduler, 0, os.SCHED_OTHER, os.sched_param(0))
        endpoint = Endpoint(emulator.url, place)
        stack.callback(endpoint.stop)
        os.sched_setaffinity(0, {cpus[-1]})
        yield Bench(contenders, endpoint, place)


def measured(parts: set[Part], pairs: int, later: int) -> list[Row]:
    rows: list[Row] = []
    if parts != {Part.SCALE}:
        with prepared() as bench:
            if Part.NETWORK in parts:
                rows = [row for work in ALL for row in bench.rows(work, pairs, later)]
                rows.sort(key=lambda row: ORDER.index(row.group))
            if Part.SIZE in parts:
                rows += size_rows(bench.contenders)
    if Part.SCALE in parts:
        progress("building the stores of 1,000 and 100,000 projects")
        rows += scale.rows(scale.run())
    progress("")
    return rows


def conditions(pairs: int, later: int, load: float) -> dict[str, str]:
    """When, where and how. Of the machine only what any machine may say of itself."""
    requirements = (PEER / "requirements.txt").read_text().splitlines()[1:]
    return {
        "on": f"{datetime.now(UTC):%d %B %Y}",
        "with Python": python_version(),
        "chalice": version("chalice"),
        "against": ", ".join(line.replace("==", " ") for line in requirements),
        "first answers": str(pairs),
        "later answers": str(later),
        "DynamoDB": "emulated, answers recorded",
        "load of the machine": f"{load:.1f} before and {os.getloadavg()[0]:.1f} after, {os.cpu_count()} CPUs",
    }


def main(
    only: Annotated[list[Part] | None, typer.Option(help="a part alone; again for another")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="few of everything, to try it")] = False,
) -> None:
    """Measure first and later answers with calls of 0, 4 and 10 ms, memory, size, and 100,000 projects."""
    parts = set(only or ((Part.NETWORK, Part.SIZE) if quick else Part))
    pairs, later = (3, 20) if quick else (21, 500)
    load = os.getloadavg()[0]
    rows = measured(parts, pairs, later)
    made = conditions(pairs, later, load)
    whole = parts == set(Part) and not quick
    print(markdown(made, rows))
    write_figures(made, rows, ROOT / "docs" if whole else KEPT)
    if whole:
        write_document(made, rows, ROOT / "docs/performance.md")


if __name__ == "__main__":
    typer.run(main)
