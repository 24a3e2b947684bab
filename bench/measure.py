"""The measuring itself: the contenders in turn, each first answer a new process's."""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.builds import Contender
from bench.environments import Endpoint, Environment
from bench.figures import Row, Spread, compared, exactly
from bench.work import Work, require_alike, require_done

DELAYS = (0, 4, 10)  # milliseconds that a call to DynamoDB takes
ROUNDS = 100
# Linux stops real-time processes for the rest of a second of which they have used 95 %: they had
# better leave more of it free themselves, in short rounds.
REST = 0.25
UNITS = {"memory": "MB"}
ORDER = (
    *(f"{kind}, {delay} ms a call" for kind in ("later", "first") for delay in DELAYS),
    *("calls, later", "calls, first", "CPU, later", "CPU, first", "memory"),
)

# By kind of figure and contender, its values in turn.
Values = Mapping[str, Mapping[str, list[float]]]


@dataclass(frozen=True)
class Bench:
    """Who is measured, ours and then the peer, and where."""

    contenders: Mapping[str, Contender]
    endpoint: Endpoint
    place: Path

    def rows(self, work: Work, pairs: int, later: int) -> list[Row]:
        """`pairs` first answers and about `later` later ones of each, at each of DELAYS."""
        rows = self._rehearse(work)
        for delay in DELAYS:
            progress(f"{work.title}, {delay} ms a call")
            with self.endpoint.recorded(delay):
                found = {**self._firsts(work, pairs), **self._laters(work, later)}
            for kind, values in found.items():
                if delay == 0 or kind in ("first", "later"):
                    rows.append(_row(kind, delay, work, values))
        return rows

    def _rehearse(self, work: Work) -> list[Row]:
        """Two unmeasured starts of each: the endpoint learns its answers, which are compared; gives the calls."""
        answers = {}
        calls: dict[str, list[Spread]] = {"first": [], "later": []}
        for name in self.contenders:
            self._environment(name, work).stop()  # which may read the files from the disk
            self.endpoint.calls()
            started = self._environment(name, work)
            calls["first"].append(exactly(self.endpoint.calls()))
            started.again(1)
            calls["later"].append(exactly(self.endpoint.calls()))
            answers[name] = started.answer
            started.stop()
        require_alike(work, answers)
        return [
            Row(f"calls, {kind}", work.title, "", ours, peers)
            for kind, (ours, peers) in calls.items()
        ]

    def _firsts(self, work: Work, pairs: int) -> Values:
        found: Values = {"first": defaultdict(list), "CPU, first": defaultdict(list)}
        for _ in range(pairs):
            for name in self.contenders:
                started = self._environment(name, work)
                started.stop()
                time.sleep(started.seconds * REST)
                found["first"][name].append(started.seconds * 1e3)
                found["CPU, first"][name].append(started.cpu_seconds * 1e3)
        return found

    def _laters(self, work: Work, number: int) -> Values:
        """In rounds by turns, of which the first is not counted: each gives its median."""
        kinds = ("later", "CPU, later", "memory")
        found: Values = {kind: defaultdict(list) for kind in kinds}
        running = {name: self._environment(name, work) for name in self.contenders}
        at_once = max(1, number // ROUNDS)
        for turn in range(min(ROUNDS, number) + 1):
            for name, started in running.items():
                seconds, cpu_seconds = started.again(at_once)
                time.sleep(seconds * at_once * REST)
                if turn:
                    found["later"][name].append(seconds * 1e3)
                    found["CPU, later"][name].append(cpu_seconds * 1e3)
        for name, started in running.items():
            found["memory"][name].append(started.peak / 1e6)
            started.stop()
        return found

    def _environment(self, name: str, work: Work) -> Environment:
        event = self.place / f"{name}-{work.name}.json"
        if not event.exists():
            event.write_text(json.dumps(work.event(name)))
        started = Environment(self.contenders[name], event, self.endpoint)
        require_done(work, name, started.answer)
        return started


def _row(kind: str, delay: int, work: Work, values: Mapping[str, list[float]]) -> Row:
    group = f"{kind}, {delay} ms a call" if kind in ("first", "later") else kind
    ours, peers = values.values()
    target = work.targets.get((kind, delay))
    return compared(group, work.title, UNITS.get(kind, "ms"), (ours, peers), target)


def progress(line: str) -> None:
    """On one line of a terminal; nowhere else."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{line}")
        sys.stderr.flush()
