"""Measures this project against the peer and the floor: docs/performance.md says what and why.

make bench                       all of it, into docs/performance.md, .json and .svg
make bench OPTIONS="--quick"     in two minutes, printed and written to .bench/ alone
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import scale
from bench.builds import KEPT, PEERS, ROOT, all_contenders
from bench.document import write_document, write_figures
from bench.environments import cpus, endpoints
from bench.measure import Bench, progress
from bench.profiling import profiles
from bench.report import on_terminal
from bench.results import (
    Calls,
    Results,
    Row,
    cold_rows,
    scale_rows,
    size_rows,
    warm_rows,
    without_tls_row,
)
from bench.stock import fill
from bench.work import ALL
from tests.emulator import Emulator

DOCS = ROOT / "docs"
LEAST_PAIRS = 15
ORDER = (
    *("cold", "cold, no TLS", "cold, CPU time", "warm, p50", "warm, p99", "warm, CPU time"),
    *("peak memory, cold", "peak memory, warm", "modules imported"),
)


class Part(StrEnum):
    REQUESTS = "requests"
    SIZES = "sizes"
    SCALE = "scale"


QUICK = (Part.REQUESTS, Part.SIZES)


@contextmanager
def on_cpu(number: int) -> Iterator[None]:
    """This process, and what it starts meanwhile, on that CPU alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {number})
    yield
    os.sched_setaffinity(0, before)


@contextmanager
def prepared(*, replays: bool) -> Iterator[Bench]:
    """The contenders, and a filled table behind the endpoint, which are on the other CPU."""
    ours, other = cpus()
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        progress("making the contenders")
        contenders = all_contenders(place)
        stack.enter_context(on_cpu(other))
        progress("filling the table")
        emulator = Emulator(place).start()
        stack.callback(emulator.stop)
        fill(emulator.url)
        stack.enter_context(before_all_others())
        both = stack.enter_context(endpoints(emulator.url, place, replays=replays))
        stack.enter_context(on_cpu(ours))
        yield Bench(contenders, *both, place, progress)


@contextmanager
def before_all_others() -> Iterator[None]:
    """This process and what it starts, where the machine allows it: others' work is noise in the figures."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    yield
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def measured_requests(bench: Bench, pairs: int, number: int) -> tuple[list[Row], list[Calls]]:
    rows: list[Row] = []
    calls = []
    for work in ALL:
        if work.method == "POST" and not bench.where.replays:
            continue  # a second project of the same name would be refused
        cold, warm = bench.cold(work, pairs), bench.warm(work, number)
        rows += [*cold_rows(work, cold), *warm_rows(work, warm)]
        if work.target:
            plain = replace(bench, where=bench.without_tls).cold(work, pairs)
            rows.append(without_tls_row(work, plain))
        in_all = [{one.contender: sum(one.calls.values()) for one in some} for some in (cold, warm)]
        calls.append(Calls(work.title, *in_all))
    return sorted(rows, key=lambda row: ORDER.index(row.group)), calls


def conditions(pairs: int, number: int, load: float, *, replays: bool) -> dict[str, Any]:
    """When, where and how. Of the machine only what any machine may say of itself."""
    peer = (PEERS / "fastapi_mangum/requirements.txt").read_text().splitlines()[1:]
    return {
        "on": f"{datetime.now(UTC):%d %B %Y}",
        "with Python": python_version(),
        "chalice": version("chalice"),
        "against": ", ".join(line.replace("==", " ") for line in peer),
        "pairs": pairs,
        "warm answers": number,
        "DynamoDB": "emulated, answers recorded" if replays else "emulated",
        "load of the machine": f"{load:.1f} before and {os.getloadavg()[0]:.1f} after, {os.cpu_count()} CPUs",
    }


def main(
    only: Annotated[list[Part] | None, typer.Option(help="a part alone; again for another")] = None,
    pairs: Annotated[int, typer.Option(min=2, help="cold starts of each")] = 21,
    warm: Annotated[int, typer.Option(min=100, help="later answers of each")] = 2_000,
    quick: Annotated[bool, typer.Option("--quick", help="few of everything, to try it")] = False,
    profile: Annotated[bool, typer.Option("--profile", help="show why, measure nothing")] = False,
    emulator: Annotated[
        bool, typer.Option("--emulator", help="reads alone, by the emulator itself")
    ] = False,
) -> None:
    """Measure cold starts, warm answers, memory, sizes, and reads at 100,000 projects."""
    parts = set(only or (QUICK if quick else Part))
    if quick:
        pairs, warm = 5, 200
    load = os.getloadavg()[0]
    if profile:
        show_profiles()
        return
    rows, calls = measured(parts, pairs, warm, replays=not emulator)
    made = conditions(pairs, warm, load, replays=not emulator)
    whole = parts == set(Part) and pairs >= LEAST_PAIRS and not emulator
    show(Results(made, rows, calls), whole=whole)


def measured(
    parts: set[Part], pairs: int, number: int, *, replays: bool
) -> tuple[list[Row], list[Calls]]:
    rows: list[Row] = []
    calls: list[Calls] = []
    if parts != {Part.SCALE}:
        with prepared(replays=replays) as bench:
            if Part.REQUESTS in parts:
                rows, calls = measured_requests(bench, pairs, number)
            if Part.SIZES in parts:
                rows += size_rows(bench.contenders)
    if Part.SCALE in parts:
        progress("building the stores of 1,000 and 100,000 projects")
        rows += scale_rows(scale.run())
    progress("")
    return rows, calls


def show(results: Results, *, whole: bool) -> None:
    """Prints the table; the documents get the figures of a whole run alone."""
    Console(width=None if os.isatty(1) else 160).print(on_terminal(results))
    write_figures(results, DOCS if whole else KEPT)
    if whole:
        write_document(results, DOCS / "performance.md")
    print(f"written to {'docs' if whole else KEPT.name}/performance.json and .svg")


def show_profiles() -> None:
    with prepared(replays=True) as bench:
        for work in ALL:
            bench.rehearse(work)
            for contender in ("ours", "fastapi"):
                print(profiles(bench, contender, work))


if __name__ == "__main__":
    typer.run(main)
