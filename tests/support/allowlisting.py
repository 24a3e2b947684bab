"""A stage for tests of the lists: its table in the emulated AWS, and its IP sets in the fake WAF."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from select import select
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.firewall.calls import Waf
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.names import KINDS, SCOPE, Kind, Names, SetKind
from chalicelib.firewall.sets import set_keys
from chalicelib.services.clock import timestamp, utc_now
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client
from chalicelib.stores.dynamodb.transport import Transport
from ops.table.create import create_table
from tests.contract.places import emulated
from tests.support.commands import invoke, program_of
from tests.support.emulator import Emulator, write_stage
from tests.support.fake_waf import FakeWaf
from waf.lists import Lists

NAMES = Names("x", "dev")
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AGAIN_SECONDS = 5.0
Sets = dict[Kind, set[str]]


@dataclass(frozen=True)
class Stage:
    """A checkout whose stage dev keeps its entries in `table` and its IP sets in `waf`."""

    path: Path
    table: str
    emulator: Emulator
    waf: FakeWaf
    environment: dict[str, str] = field(default_factory=dict)
    client: Any = None
    transport: Transport | None = None

    def make_sets(self, **addresses: list[str]) -> None:
        """Creates the IP sets. `allow` has IPv4 addresses that were added by hand."""
        for kind, version in set_keys():
            self.client.create_ip_set(
                Name=NAMES.ip_set(kind, version),
                Scope=SCOPE,
                IPAddressVersion=version,
                Addresses=addresses.get(kind, []) if version == "IPV4" else [],
            )

    def sets(self) -> Sets:
        """The addresses in the IP sets of both lists, in our spelling."""
        return {kind: self.set_of(kind) for kind in KINDS}

    def set_of(self, kind: SetKind) -> set[str]:
        """The addresses in the IP sets of this kind, in our spelling."""
        items = [item for item in self.waf.ip_sets.values() if f"-{kind}-" in item.name]
        return {str(ip_network(each)) for item in items for each in item.held["Addresses"]}

    def lists(
        self,
        now: Callable[[], datetime] = lambda: NOW,
        client: Any = None,
        transport: Transport | None = None,
        pace: float = 0,
    ) -> Lists:
        """Lists that never wait, unless `pace` sets a wait."""
        waf = Waf(client or self.client, pace=pace)
        transport = transport or self.transport or BotoTransport()
        ledger = Ledger(Client(transport, self.table, sleep=lambda _: None))
        return Lists(waf, NAMES, ledger, now)

    def live(self, now: datetime = NOW) -> Sets:
        """The unexpired entries in the table."""
        ledger = self.lists().ledger
        return {k: {e.cidr for e in ledger.entries(k) if e.is_live(now)} for k in KINDS}

    def start(self, *arguments: str, terminal: int | None = None) -> subprocess.Popen[str]:
        """Starts `landscape allow` in another process, without pauses, at a `terminal` if given."""
        return subprocess.Popen(
            [*program_of("allow"), *self._complete(arguments)],
            cwd=self.path,
            env={**os.environ, **self.environment, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL if terminal is None else terminal,
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.PIPE if terminal is None else terminal,
            text=True,
        )

    def run(self, *arguments: str, piped: str = "") -> subprocess.CompletedProcess[str]:
        there = {"COLUMNS": "200", **self.environment}
        arguments = tuple(self._complete(arguments))
        return invoke("allow", *arguments, cwd=self.path, environment=there, piped=piped)

    def _complete(self, arguments: Sequence[str]) -> list[str]:
        command, *options = arguments
        stage = [] if "--stage" in options else ["--stage", "dev"]
        return [command, "--pace", "0", *stage, *options]

    def said(self, *arguments: str) -> str:
        """The output of a command. Asserts that it succeeds."""
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str) -> str:
        """The error of a refused command. Asserts that stdout is empty."""
        done = self.run(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert "Traceback" not in done.stderr
        return done.stderr


def entry(cidr: str, kind: Kind = "allow", hours: float | None = 12, now: datetime = NOW) -> Entry:
    """An entry that expires `hours` after `now`, or never for None. Negative hours: it has expired."""
    expires_at = None if hours is None else timestamp(now + timedelta(hours=hours))
    return Entry(kind, str(ip_network(cidr)), "somebody", "", timestamp(now), expires_at)


def lasting(*cidrs: str) -> list[Entry]:
    """Entries that are valid now by the real clock, which commands use."""
    return [entry(cidr, now=utc_now()) for cidr in cidrs]


@contextmanager
def stage_of(emulator: Emulator, path: Path, **of_waf: Any) -> Iterator[Stage]:
    """A stage without IP sets. The environment names both servers. `of_waf` goes to FakeWaf."""
    table = f"table-{uuid4().hex}"
    write_stage(path, "x", table)
    create_table(emulator.client("dynamodb"), table, "dev")
    with FakeWaf(**of_waf) as waf, pytest.MonkeyPatch.context() as patched:
        environment = {**emulated(emulator.url), "AWS_ENDPOINT_URL_WAFV2": waf.url}
        for name, value in environment.items():
            patched.setenv(name, value)
        yield Stage(path, table, emulator, waf, environment, waf.client(), BotoTransport())


def at_a_terminal(stage: Stage, typed: bytes, *arguments: str) -> tuple[int, str]:
    """The exit code and the output. Types `typed` at the question; b"" is Ctrl-C."""
    ours, terminal = pty.openpty()
    process = stage.start(*arguments, terminal=terminal)
    os.close(terminal)
    seen, asked = b"", False
    with suppress(OSError):  # the command has closed its end
        while True:
            if asked and not select([ours], [], [], AGAIN_SECONDS)[0]:
                asked = False  # the command did not listen yet: type it again, as a person does
            elif asked or b"[y/N]" not in seen:
                some = os.read(ours, 4096)
                if not some:
                    break
                seen += some
            else:
                asked = True
                os.write(ours, typed) if typed else process.send_signal(signal.SIGINT)
    os.close(ours)
    return process.wait(), seen.decode()
