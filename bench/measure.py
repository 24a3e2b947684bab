"""The measuring itself: the contenders in turn, each first answer a new process's."""

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
DELAYS = (0, 4, 10)  # milliseconds that a call to DynamoDB takes
ROUNDS = 100
# Linux stops real-time processes for the rest of a second of which they have used 95 %: they had
# better leave more of it free themselves, in short rounds.
REST = 0.25
ORDER = (
    *(f"{kind}, {delay} ms a call" for kind in ("later", "first") for delay in DELAYS),
    *("memory", "package", scale.GROUP),
)
# Of each group of figures ours and the peer's, in turn.
Found = dict[str, tuple[list[float], list[float]]]


class Endpoint:
    """The process that stands in for DynamoDB, in front of the emulator at `upstream`: see endpoint.py."""

    def __init__(self, upstream: str, place: Path) -> None:
        # What botocore trusts, and one authority more. It bears Amazon's name, as the real DynamoDB's do.
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
        other.close()  # so that it is heard where the process has ended
        self.stop = process.terminate
        url = f"https://127.0.0.1:{self._pipe.recv()}"
        self.environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }

    def asked(self, delay: int = 0) -> int:
        """How many calls the emulator answered since the last time. The next take `delay` milliseconds."""
        self._pipe.send(delay)
        asked: int = self._pipe.recv()
        return asked

    @contextmanager
    def recorded(self, delay: int) -> Iterator[None]:
        """Raises RuntimeError where the emulator was asked meanwhile: its time would be in the figures."""
        self.asked(delay)
        yield
        if asked := self.asked():
            raise RuntimeError(f"{asked} calls were not answered from the recording")


class Environment:
    """A process that gave its first `answer`, `first` milliseconds after it began, and gives more until it is stopped."""

    def __init__(self, contender: Contender, event: Path, endpoint: Endpoint) -> None:
        environment = {
            **GIVEN["environment"],
            **GIVEN["credentials"],
            "AWS_SESSION_TOKEN": "a-session-token-" * 20,
            "PYTHONPATH": ":".join(map(str, contender.path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",  # not Lambda's: sets in an order in which the recording knows them
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
        """Answers so often: the median's milliseconds, and the most megabytes so far."""
        said = self._ask(f"{number}\n")
        return median(said["times_ns"]) / 1e6, said["peak"] / 1e6

    def stop(self) -> None:
        """It ends where nobody can ask any more."""
        self._process.communicate()

    def _ask(self, line: str) -> Any:
        """Raises ValueError where it has ended; why, it said itself on the standard error."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line)
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@dataclass(frozen=True)
class Bench:
    """Who is measured, ours and then the peer, and where."""

    contenders: Sequence[Contender]
    endpoint: Endpoint
    place: Path

    def rows(self, work: Work, pairs: int, later: int) -> Iterator[Row]:
        """`pairs` first answers and about `later` later ones of each, at each of DELAYS."""
        found: Found = defaultdict(lambda: ([], []))
        told = [self._rehearse(work, who) for who in (0, 1)]
        if told[0] != told[1]:
            raise ValueError(f"not both answered {work.title} alike: {told}")
        for delay in DELAYS:
            with self.endpoint.recorded(delay):
                self._firsts(work, pairs, delay, found)
                self._laters(work, later, delay, found)
        for group, (ours, peers) in found.items():
            unit, ratios = "MB" if group == "memory" else "ms", ratios_of(ours, peers)
            yield Row(group, work.title, unit, ours, peers, ratios, work.targets.get(group))

    def _rehearse(self, work: Work, who: int) -> Any:
        """Unmeasured, so that the endpoint learns its answers, at 0 ms a call. What was told."""
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
        """In rounds by turns, of which the first is not counted: each gives its median."""
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
