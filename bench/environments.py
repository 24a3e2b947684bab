"""The processes of a run: the endpoint, and Lambda environments, which tell how long they took."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import botocore
import trustme

from bench.builds import CREDENTIALS, ROOT, Contender


class Child:
    """A Python process that says something once it is ready, and answers each line; in JSON."""

    def __init__(self, *command: str, environment: Mapping[str, str] | None = None) -> None:
        self.begun = time.monotonic_ns()
        self._process = subprocess.Popen(
            [str(Path(sys.executable).resolve()), *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def hear(self) -> Any:
        """Raises RuntimeError where it has ended; why, it said itself on the standard error."""
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise RuntimeError(f"{self._process.args!r} has ended")
        return json.loads(line)

    def ask(self, number: int) -> Any:
        if self._process.stdin:
            self._process.stdin.write(f"{number}\n".encode())
            self._process.stdin.flush()
        return self.hear()

    def stop(self) -> None:
        """Both kinds end where nobody can ask any more."""
        self._process.communicate()


class Endpoint:
    """What stands in for DynamoDB, in front of the emulator at `upstream`: see endpoint.py."""

    def __init__(self, upstream: str, place: Path) -> None:
        bundle, certificate = make_certificate(place)
        self._child = Child("-m", "bench.endpoint", upstream, str(certificate))
        url = f"https://127.0.0.1:{self._child.hear()}"
        trusted = {"AWS_CA_BUNDLE": str(bundle), "SSL_CERT_FILE": str(bundle)}
        self.environment = {"AWS_ENDPOINT_URL": url, **trusted}
        self.stop = self._child.stop

    def calls(self) -> int:
        """How many there were since the last time; none of the next takes any time."""
        calls: int = self._child.ask(0)["calls"]
        return calls

    @contextmanager
    def recorded(self, delay: int) -> Iterator[None]:
        """Calls take `delay` milliseconds meanwhile.

        Raises RuntimeError where the emulator was asked: its time would be in the figures.
        """
        self._child.ask(delay)
        yield
        if asked := self._child.ask(0)["asked"]:
            raise RuntimeError(f"{asked} calls were not answered from the recording")


def make_certificate(place: Path) -> tuple[Path, Path]:
    """What botocore trusts with one authority more, and a certificate of that one.

    It bears Amazon's name, as the authorities behind the real DynamoDB do.
    """
    authority = trustme.CA(organization_name="Amazon Root CA", key_type=trustme.KeyType.RSA)
    bundle, certificate = place / "trusted.pem", place / "certificate.pem"
    trusted = (Path(botocore.__file__).parent / "cacert.pem").read_bytes()
    bundle.write_bytes(trusted + b"\n" + authority.cert_pem.bytes())
    issued = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
    certificate.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    return bundle, certificate


class Environment:
    """A process that has answered once, and goes on answering until it is stopped.

    `seconds` are those of the first answer, from before the process began, `cpu_seconds` of CPU
    among them; `peak` is the most bytes that were resident, once it has answered again.
    """

    def __init__(self, contender: Contender, event: Path, endpoint: Endpoint) -> None:
        command = ("-S", "-P", str(ROOT / "bench/lambda_process.py"), contender.handler, str(event))
        self._child = Child(*command, environment=lambda_environment(contender, endpoint))
        said = self._child.hear()
        self.seconds = (said["answered_ns"] - self._child.begun) / 1e9
        self.cpu_seconds = said["cpu_ns"] / 1e9
        self.answer = said["answer"]
        self.peak = 0
        self.stop = self._child.stop

    def again(self, number: int) -> tuple[float, float]:
        """Answers so many times more: the median's seconds, and the CPU seconds of one on average."""
        said = self._child.ask(number)
        self.peak = said["peak"]
        return median(said["times_ns"]) / 1e9, said["cpu_ns"] / 1e9 / number


def lambda_environment(contender: Contender, endpoint: Endpoint) -> dict[str, str]:
    """What Lambda sets, and the function's own settings."""
    return {
        "PATH": "/usr/local/bin:/usr/bin/:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": ":".join(map(str, contender.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # not Lambda's: sets in an order in which the recording knows them
        "LAMBDA_TASK_ROOT": str(contender.path[0]),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "eu-west-2",
        **CREDENTIALS,
        "AWS_SESSION_TOKEN": "a-session-token-" * 20,
        **endpoint.environment,
        **contender.environment,
    }
