"""Starts the endpoint on one CPU, and Lambda environments on the other; tells how long they took."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import botocore
import trustme

from bench.builds import ROOT, Contender
from bench.stock import credentials
from bench.work import Work

HARNESS = ROOT / "bench/lambda_process.py"
PYTHON = str(Path(sys.executable).resolve())


def cpus() -> tuple[int, int]:
    """The CPU that is measured on, and the one for all else; the same where there is one."""
    there = sorted(os.sched_getaffinity(0))
    return there[-1], there[0]


@dataclass(frozen=True)
class Endpoint:
    """Where DynamoDB is, and what trusts its certificate."""

    process: subprocess.Popen[str]
    url: str
    bundle: Path | None
    replays: bool

    def told(self) -> tuple[dict[str, int], int]:
        """The calls since the last time, by operation, and how many the emulator was asked."""
        said = exchange(self.process, "told\n")
        return said["calls"], said["asked"]

    @property
    def environment(self) -> dict[str, str]:
        trust = {"AWS_CA_BUNDLE": str(self.bundle), "SSL_CERT_FILE": str(self.bundle)}
        return {"AWS_ENDPOINT_URL": self.url, **(trust if self.bundle else {})}


@contextmanager
def endpoints(upstream: str, place: Path, *, replays: bool) -> Iterator[tuple[Endpoint, Endpoint]]:
    """What stands in for DynamoDB, in front of the emulator at `upstream`: with TLS and without."""
    bundle, certificate = make_certificate(place)
    options = ["--upstream", upstream, "--certificate", str(certificate)]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.endpoint", *options, *([] if replays else ["--pass-on"])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    secure, plain = (f"127.0.0.1:{lines(process).readline().strip()}" for _ in range(2))
    yield (
        Endpoint(process, f"https://{secure}", bundle, replays),
        Endpoint(process, f"http://{plain}", None, replays),
    )
    process.terminate()
    process.wait()


def make_certificate(place: Path) -> tuple[Path, Path]:
    """What botocore trusts with one authority more, and a certificate of that one.

    It bears Amazon's name, as the authorities behind the real DynamoDB do.
    """
    authority = trustme.CA(organization_name="Amazon Root CA", key_type=trustme.KeyType.RSA)
    bundle, certificate = place / "trusted.pem", place / "certificate.pem"
    bundle.write_bytes((Path(botocore.__file__).parent / "cacert.pem").read_bytes())
    with bundle.open("ab") as file:
        file.write(b"\n" + authority.cert_pem.bytes())
    issued = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
    certificate.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    return bundle, certificate


@dataclass(frozen=True)
class First:
    """An environment's first answer: seconds since before its process, of which CPU; bytes at most."""

    seconds: float
    cpu_seconds: float
    peak: int
    modules: int
    answer: Mapping[str, Any]


@dataclass(frozen=True)
class Round:
    """The seconds of some later answers, and the CPU seconds of one of them on average."""

    seconds: list[float]
    cpu_seconds: float


class Environment:
    """A process that has answered once, and goes on answering until it is stopped."""

    def __init__(
        self, contender: Contender, work: Work, where: Endpoint, place: Path, *flags: str
    ) -> None:
        event = place / f"{contender.name}-{work.name}.json"
        if not event.exists():
            event.write_text(json.dumps(work.event(contender.name)))
        environment = lambda_environment(contender, where)
        reading, writing = os.pipe()
        self._log = place / "stderr.txt"
        command = [PYTHON, "-S", "-P", *flags, str(HARNESS), contender.handler, str(event)]
        with self._log.open("wb") as log:
            begun = time.monotonic_ns()
            self._process = subprocess.Popen(
                [*command, str(writing)],
                env=environment,
                pass_fds=[writing],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        os.close(writing)
        self._told = os.fdopen(reading)
        said = self._next()
        seconds = (said["answered_ns"] - begun) / 1e9
        cpu = said["cpu_ns"] / 1e9
        self.first = First(seconds, cpu, said["peak"], said["modules"], said["answer"])
        self.peak = self.first.peak

    def again(self, number: int) -> "Round":
        """So many answers more."""
        stdin = self._process.stdin
        if stdin:
            stdin.write(f"{number}\n".encode())
            stdin.flush()
        said = self._next()
        self.peak = said["peak"]
        times = [nanoseconds / 1e9 for nanoseconds in said["times_ns"]]
        return Round(times, said["cpu_ns"] / 1e9 / number)

    def stop(self) -> str:
        """What it wrote on its standard error, of which only a profile is made."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        self._told.close()
        return self._log.read_text(errors="replace")

    def _next(self) -> dict[str, Any]:
        line = self._told.readline()
        if not line:
            raise RuntimeError(f"no answer:\n{self._log.read_text(errors='replace')[-3000:]}")
        found: dict[str, Any] = json.loads(line)
        return found


def lambda_environment(contender: Contender, where: Endpoint) -> dict[str, str]:
    """What Lambda sets, and the function's own settings."""
    return {
        "PATH": "/usr/local/bin:/usr/bin/:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": ":".join(map(str, contender.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(contender.path[0]),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": f"bench-{contender.name}",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "eu-west-2",
        **credentials(),
        "AWS_SESSION_TOKEN": "a-session-token-" * 20,
        **where.environment,
        **contender.environment,
    }


def exchange(process: subprocess.Popen[str], line: str) -> dict[str, Any]:
    if process.stdin:
        process.stdin.write(line)
        process.stdin.flush()
    found: dict[str, Any] = json.loads(lines(process).readline())
    return found


def lines(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise RuntimeError("a process without a pipe")
    return process.stdout
