"""Why a figure is what it is: what a new process imports, and where its later answers spend their time."""

import re
from collections import Counter
from io import StringIO
from pathlib import Path
from pstats import Stats

from bench.environments import Environment
from bench.measure import Bench
from bench.work import Work

MOST = 25
ANSWERS = 300
IMPORT_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| *(\S+)")
CALL_LINE = re.compile(
    r"/\S*/(?=\S+/\S+:\d+)"
)  # of a path, its last folder and its file tell enough


def imports(written: str) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """Of what `-X importtime` wrote: own milliseconds by top-level package and by module, the most first."""
    packages: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for own, name in IMPORT_LINE.findall(written):
        packages[name.partition(".")[0]] += int(own)
        modules[name] += int(own)
    return most(packages), most(modules)


def most(found: Counter[str]) -> list[tuple[str, float]]:
    return [(name, microseconds / 1000) for name, microseconds in found.most_common(MOST)]


def profiles(bench: Bench, contender: str, work: Work) -> str:
    """A contender's cold and warm way through one work, as two lists of text."""
    who = bench.contenders[contender]
    started = Environment(who, work, bench.where, bench.place, "-X", "importtime")
    packages, modules = imports(started.stop())
    lines = [f"\n{who.title}, {work.title}: own time of imports, ms, by package and by module"]
    for package, module in zip(packages, modules, strict=False):
        lines.append(f"{package[1]:8.1f} {package[0]:28}{module[1]:8.1f} {module[0]}")
    lines.append(f"\n{who.title}, {work.title}: calls of {ANSWERS} later answers and the first")
    return "\n".join([*lines, calls(bench, contender, work)])


def calls(bench: Bench, contender: str, work: Work) -> str:
    """cProfile makes small functions look dearer than they are."""
    output = bench.place / "profile"
    flags = ("-m", "cProfile", "-o", str(output))
    started = Environment(bench.contenders[contender], work, bench.where, bench.place, *flags)
    started.again(ANSWERS)
    started.stop()
    return told(output)


def told(path: Path) -> str:
    written = StringIO()
    Stats(str(path), stream=written).sort_stats("tottime").print_stats(MOST)
    return CALL_LINE.sub("", written.getvalue()).strip()
