"""Measures the contenders in turn. Each first answer is that of a new process."""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen
from typing import Any

import botocore
import trustme

from bench import scale
from bench.contenders import ROOT, Contender
from bench.endpoint import serve
from bench.figures import Row, ratios_of
from bench.work import GIVEN, Work

PYTHON = (str(Path(sys.executable).resolve()), "-S", "-P", f"{ROOT}/bench/lambda_process.py")
DELAYS = (0, 4, 10)  # milliseconds for each call to DynamoDB
ROUNDS = 100
# Linux stops real-time processes after 95 % of each second. So each process pauses after its work, in
# short rounds.
REST = 0.25
ORDER = (
    *(f"{kind}, {delay} ms a call" for kind in ("later", "first") for delay in DELAYS),
    *("memory", "package", scale.GROUP),
)
# Our values and the peer's, for each group of figures.
Found = dict[str, tuple[list[float], list[float]]]


class Endpoint:
    """The process of endpoint.py, in front of the emulator at `upstream`."""

    def __init__(self, upstream: str, place: Path) -> None:
        # The authorities that botocore trusts, and ours, with a name like those of the real DynamoDB.
        authority = trustme.CA(organization_name="Amazon Root CA", key_type=trustme.KeyType.RSA)
        issued = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
        bundle, certificate = str(place / "trusted.pem"), str(place / "certificate.pem")
        issued.private_key_and_cert_chain_pem.write_to_path(certificate)
        Path(bundle).write_bytes((Path(botocore.__file__).parent / "cacert.pem").read_bytes())
        authority.cert_pem.write_to_path(bundle, append=True)
        processes = get_context("spawn")
        self._pipe, other = processes.Pipe()
        process = processes.Process(target=serve, args=(upstream, certificate, other), daemon=True)
        process.start()
        other.close()  # so that recv() fails if the process has ended
        self.stop = process.terminate
        url = f"https://127.0.0.1:{self._pipe.recv()}"
        self.environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }

    def asked(self, delay: int = 0) -> int:
        """The emulator's calls since the last time. Each further call takes `delay` milliseconds."""
        self._pipe.send(delay)
        asked: int = self._pipe.recv()
        return asked

    @contextmanager
    def recorded(self, delay: int) -> Iterator[None]:
        """Raises RuntimeError if a call reached the emulator, whose time would be in the figures."""
        self.asked(delay)
        yield
        if asked := self.asked():
            raise RuntimeError(
                f"{asked} calls reached the emulator, because no answer was recorded for them"
            )


class Environment:
    """A Lambda process. Its first `answer` came `first` milliseconds after its start."""

    def __init__(self, contender: Contender, event: Path, endpoint: Endpoint) -> None:
        environment = {
            **GIVEN["environment"],
            **GIVEN["credentials"],
            "AWS_SESSION_TOKEN": "a-session-token-" * 20,
            "PYTHONPATH": ":".join(map(str, contender.path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",  # not as on Lambda: a fixed order of sets, as in the recording
            "LAMBDA_TASK_ROOT": str(contender.path[0]),
            **endpoint.environment,
            **contender.environment,
        }
        command, begun = [*PYTHON, contender.handler, str(event)], time.monotonic_ns()
        self._process = Popen(command, env=environment, stdin=PIPE, stdout=PIPE, text=True)
        said = self._ask("")
        self.first = (said["answered_ns"] - begun) / 1e6
        self.answer = said["answer"]

    def again(self, number: int) -> tuple[float, float]:
        """Requests `number` answers: their median in milliseconds, and the peak memory in megabytes."""
        said = self._ask(f"{number}\n")
        return median(said["times_ns"]) / 1e6, said["peak"] / 1e6

    def stop(self) -> None:
        """Closes the standard input, which ends the process."""
        self._process.communicate()

    def _ask(self, line: str) -> Any:
        """Raises ValueError if the process has ended. Its own error is on the standard error."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line)
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@dataclass(frozen=True)
class Bench:
    """The contenders, ours first, with their endpoint and their folder."""

    contenders: Sequence[Contender]
    endpoint: Endpoint
    place: Path

    def rows(self, work: Work, pairs: int, later: int) -> Iterator[Row]:
        """`pairs` first answers and about `later` later ones of each, at each of DELAYS."""
        found: Found = defaultdict(lambda: ([], []))
        told = [self._rehearse(work, who) for who in (0, 1)]
        if told[0] != told[1]:
            raise ValueError(f"the contenders' answers to {work.title} differ: {told}")
        for delay in DELAYS:
            with self.endpoint.recorded(delay):
                self._firsts(work, pairs, delay, found)
                self._laters(work, later, delay, found)
        for group, (ours, peers) in found.items():
            unit, ratios = "MB" if group == "memory" else "ms", ratios_of(ours, peers)
            yield Row(group, work.title, unit, ours, peers, ratios, work.targets.get(group))

    def _rehearse(self, work: Work, who: int) -> Any:
        """An answer without measurement, so that the endpoint records its calls. Returns its content."""
        started = self._start(work, who)
        started.again(1)
        started.stop()
        return work.told(started.answer)

    def _firsts(self, work: Work, pairs: int, delay: int, found: Found) -> None:
        for turn in range(2 * pairs):
            started = self._start(work, turn % 2)
            started.stop()
            time.sleep(started.first / 1e3 * REST)
            found[f"first, {delay} ms a call"][turn % 2].append(started.first)

    def _laters(self, work: Work, number: int, delay: int, found: Found) -> None:
        """Measures in rounds, by turns. Each round gives a median. The first round does not count."""
        running = [self._start(work, who) for who in (0, 1)]
        at_once = max(1, number // ROUNDS)
        peaks = [0.0, 0.0]
        for turn in range(2 * min(ROUNDS, number) + 2):
            taken, peaks[turn % 2] = running[turn % 2].again(at_once)
            time.sleep(taken / 1e3 * at_once * REST)
            if turn > 1:
                found[f"later, {delay} ms a call"][turn % 2].append(taken)
        for who, started in enumerate(running):
            started.stop()
            if delay == 0:
                found["memory"][who].append(peaks[who])

    def _start(self, work: Work, who: int) -> Environment:
        event = self.place / f"{who}.json"
        event.write_text(json.dumps(work.event(f"{who}")))
        started = Environment(self.contenders[who], event, self.endpoint)
        work.told(started.answer)
        return started
