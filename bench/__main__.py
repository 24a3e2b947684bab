"""Compares this project with FastAPI behind Mangum and on uvicorn (docs/performance.md).

    make bench                            all except the steady load, into docs/performance.md
    make bench OPTIONS="--quick"          few measurements, only printed
    make bench OPTIONS="--only steady"    the container under steady load, 41 minutes, into the page

Run it on Linux, on an idle machine with two CPUs.
"""

import fcntl
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench import contenders, scale, steady
from bench.chart import chart
from bench.contenders import KEPT, PEER, ROOT
from bench.figures import BEGIN, END, Row, markdown, write_between_markers
from bench.measure import ORDER, Bench, Endpoint
from bench.servers import UVICORN
from bench.work import ALL
from tests.support.emulator import Emulator

Part = StrEnum("Part", ["network", "size", "scale", "steady"])
WHOLE = {
    Part.network,
    Part.size,
    Part.scale,
}  # the parts of one table; the steady load has its own table


def measured(parts: set[Part], pairs: int, later: int) -> Iterator[Row]:
    """Measures the parts. The contenders use the last CPU, the endpoint and the emulator the first."""
    cpus = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        if parts != {Part.scale}:
            place = Path(stack.enter_context(TemporaryDirectory(dir=KEPT)))
            both = contenders.ours(place), contenders.peer(place)
        if Part.size in parts:
            yield contenders.size(*both)
        if Part.network in parts:
            os.sched_setaffinity(0, {cpus[0]})
            stack.callback(os.sched_setaffinity, 0, cpus)
            emulator = Emulator(place).start()
            stack.callback(emulator.stop)
            contenders.fill_tables(emulator.url, place)
            # With priority over processes that would disturb the figures, if the machine allows it.
            with suppress(PermissionError):
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
                stack.callback(os.sched_setscheduler, 0, os.SCHED_OTHER, os.sched_param(0))
            endpoint = Endpoint(emulator.url, place)
            stack.callback(endpoint.stop)
            os.sched_setaffinity(0, {cpus[-1]})
            for work in ALL:
                yield from Bench(both, endpoint, place).rows(work, pairs, later)
    if Part.scale in parts:
        yield from scale.rows()


def in_order(rows: Iterable[Row]) -> Iterator[Row]:
    yield from sorted(rows, key=lambda row: ORDER.index(row.group))


def report(rows: Iterable[Row], peer: Path, how: str, markers: tuple[str, str] | None) -> None:
    """Measures and prints. With `markers`, writes the table between them in docs/performance.md."""
    load = os.getloadavg()[0]
    found = list(rows)
    requirements = (peer / "requirements.txt").read_text().splitlines()[1:]
    against = ", ".join(line.replace("==", " ") for line in requirements)
    # Only public facts about the machine.
    made = (
        f"on {datetime.now(UTC):%d %B %Y}, with Python {python_version()}, chalice {version('chalice')}."
        f" Peer: {against}. {how}. DynamoDB emulated, answers recorded. Load of the machine:"
        f" {load:.1f} before and {os.getloadavg()[0]:.1f} after, {os.cpu_count()} CPUs"
    )
    text = markdown(made, found)
    sys.stdout.write(f"{text}\n")
    if markers:
        write_between_markers(ROOT / "docs/performance.md", text, *markers)
        if markers == (BEGIN, END):
            (ROOT / "docs/drawings/performance.svg").write_text(chart(text))


def main(
    only: Annotated[
        list[Part] | None, typer.Option(help="measure only this part; repeat it for others")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="few measurements, as a trial")] = False,
    seconds: Annotated[
        int, typer.Option(min=0, help="steady load on each server and store; default 600, quick 10")
    ] = 0,
) -> None:
    """Measure first and later answers (calls of 0, 4 and 10 ms), memory, size, and 100,000 projects.

    The steady load on the container is measured only with --only steady.
    """
    parts = set(only or ([Part.network, Part.size] if quick else WHOLE))
    pairs, later = (3, 20) if quick else (21, 500)
    seconds = seconds or (10 if quick else steady.LONGEST)
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once would disturb each other
        if others := parts - {Part.steady}:
            markers = (BEGIN, END) if others == WHOLE and not quick else None
            how = f"First answers: {pairs}, later answers: {later}"
            report(in_order(measured(others, pairs, later)), PEER, how, markers)
        if Part.steady in parts:
            markers = (steady.BEGIN, steady.END) if seconds >= steady.LONGEST else None
            report(steady.rows(seconds), UVICORN, steady.how(seconds), markers)


if __name__ == "__main__":
    typer.run(main)
