"""The measuring itself: contenders in turn, each cold figure a new process."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.builds import Contender
from bench.environments import Endpoint, Environment
from bench.work import Work, require_alike, require_done

ROUNDS = 100
# Linux stops real-time processes (see before_all_others) for the rest of a second of which they
# have used 95 %: they had better leave more of it free themselves, in short rounds.
REST = 0.25
Tell = Callable[[str], None]


@dataclass
class Cold:
    """One contender's first answers to one work: seconds, CPU seconds, bytes."""

    work: str
    contender: str
    modules: int = 0
    calls: Mapping[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)


@dataclass
class Warm:
    """One contender's later answers: seconds by round, CPU seconds of one, bytes at most."""

    work: str
    contender: str
    calls: Mapping[str, int] = field(default_factory=dict)
    rounds: list[list[float]] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak: int = 0


@dataclass(frozen=True)
class Bench:
    """Who is measured, and where."""

    contenders: Mapping[str, Contender]
    where: Endpoint
    without_tls: Endpoint
    place: Path
    tell: Tell

    def environment(self, contender: str, work: Work) -> Environment:
        started = Environment(self.contenders[contender], work, self.where, self.place)
        require_done(work, contender, started.first.answer)
        return started

    def rehearse(self, work: Work) -> dict[str, Mapping[str, int]]:
        """One unmeasured start each: the endpoint learns its answers, which are compared; gives the calls."""
        answers: dict[str, Mapping[str, Any]] = {}
        calls: dict[str, Mapping[str, int]] = {}
        for name in self.contenders:
            for _ in range(2):  # the first may read the files from the disk
                self.where.told()
                started = self.environment(name, work)
                answers[name] = started.first.answer
                started.stop()
                calls[name] = self.where.told()[0]
        require_alike(work, answers)
        return calls

    def cold(self, work: Work, pairs: int) -> list[Cold]:
        calls = self.rehearse(work)
        found = {name: Cold(work.name, name, calls=calls[name]) for name in self.contenders}
        with self.nothing_new():
            for turn in range(pairs):
                self.tell(f"cold {work.title}: pair {turn + 1} of {pairs}")
                for name, cold in found.items():
                    started = self.environment(name, work)
                    started.stop()
                    first = started.first
                    time.sleep(first.seconds * REST)
                    cold.modules = first.modules
                    cold.seconds.append(first.seconds)
                    cold.cpu_seconds.append(first.cpu_seconds)
                    cold.peaks.append(first.peak)
        return list(found.values())

    def warm(self, work: Work, number: int) -> list[Warm]:
        """`number` answers of each, in rounds by turns; the first round is not counted."""
        self.rehearse(work)
        running = {name: self.environment(name, work) for name in self.contenders}
        found = {name: Warm(work.name, name) for name in running}
        at_once = max(1, number // ROUNDS)
        for name, environment in running.items():
            environment.again(at_once)
            self.where.told()
            environment.again(1)
            found[name].calls = self.where.told()[0]
        with self.nothing_new():
            for turn in range(ROUNDS):
                self.tell(f"warm {work.title}: round {turn + 1} of {ROUNDS}")
                for name, environment in running.items():
                    done = environment.again(at_once)
                    time.sleep(sum(done.seconds) * REST)
                    found[name].rounds.append(done.seconds)
                    found[name].cpu_seconds.append(done.cpu_seconds)
        for name, environment in running.items():
            found[name].peak = environment.peak
            environment.stop()
        return list(found.values())

    @contextmanager
    def nothing_new(self) -> Iterator[None]:
        """Raises RuntimeError where the emulator was asked meanwhile: its time would be in the figures."""
        self.where.told()
        yield
        _, asked = self.where.told()
        if asked and self.where.replays:
            raise RuntimeError(f"{asked} calls were not answered from the recording")


def progress(line: str) -> None:
    """On one line of a terminal; nowhere else."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{line}")
        sys.stderr.flush()


def all_times(warm: Warm) -> Sequence[float]:
    return [seconds for some in warm.rounds for seconds in some]
