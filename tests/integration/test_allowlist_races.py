"""Several processes add, remove and flush at once. Afterwards the sets equal the table.

A history has the start and end of each addition and removal. An address must be there if one of its
additions began after all its removals had ended. It must be absent if a removal began after all
additions had ended. If they overlap, both are right.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from chalicelib.firewall.calls import Waf, waf_client
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.expiry import expire
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.names import KINDS, Kind
from chalicelib.services.clock import utc_now
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client
from tests.support.allowlisting import NAMES, Sets, Stage, entry, stage_of
from tests.support.emulator import Emulator
from waf.lists import Lists
from waf.ranges import InputError

PROCESSES, RUNS_EACH, COMMANDS = 4, 50, 6
DEEDS = ("add", "add", "add", "add", "remove", "remove", "short", "flush", "expire")
HAND = "9.9.9.9/32"
SHORT = "8.9."  # entries that expire during the test


@dataclass(frozen=True)
class Row:
    """One addition or removal. `began` and `ended` are from a clock that all processes share."""

    kind: Kind
    cidr: str
    added: bool
    began: float
    ended: float


class Worker:
    """Runs random commands one after another, and stores their changes."""

    def __init__(self, table: str, seed: int) -> None:
        self.random = Random(seed)
        self.client, self.transport, self.table = waf_client(), BotoTransport(), table
        self.seed = seed
        self.rows: list[Row] = []

    def run(self, number: int) -> None:
        ledger = Ledger(Client(self.transport, self.table))
        lists = Lists(Waf(self.client, pace=0.01), NAMES, ledger, utc_now)
        began = monotonic()
        added, removed = self._carry_out(lists, self.random.choice(DEEDS), number)
        ended = monotonic()
        self.rows += [Row(e.kind, e.cidr, True, began, ended) for e in added]
        self.rows += [Row(e.kind, e.cidr, False, began, ended) for e in removed]

    def _carry_out(self, lists: Lists, deed: str, number: int) -> tuple[list[Entry], list[Entry]]:
        """Returns the entries that were added and removed."""
        kind = self.random.choice((*KINDS, "allow"))
        if deed == "add":
            own = f"8.8.{self.seed}.{number}/32"  # no other worker adds it
            wanted = {own, self._shared(), f"2a00:1450::{self.seed}:{number}/128"}
            return list(
                lists.add([entry(each, kind, now=utc_now()) for each in wanted]).entries
            ), []
        if deed == "short":
            lists.add([entry(f"{SHORT}{self.seed}.{number}/32", kind, 1 / 3600, utc_now())])
        elif deed == "expire":
            expire(lists.waf, NAMES, lists.ledger, utc_now())
        elif deed == "flush":
            return [], list(lists.flush(lists.live([kind])).entries)
        else:
            try:
                return [], list(lists.remove([self._shared()], kind).entries)
            except InputError:  # no such entry
                pass
        return [], []

    def _shared(self) -> str:
        return f"8.7.0.{self.random.randrange(12)}/32"


def work(table: str, seed: int) -> list[Row]:
    worker = Worker(table, seed)
    for number in range(RUNS_EACH):
        worker.run(number)
    return worker.rows


@pytest.fixture
def stage(emulator: Emulator, tmp_path: Path) -> Iterator[Stage]:
    with stage_of(emulator, tmp_path) as stage:
        stage.make_sets(allow=[HAND])
        yield stage


def commands(stage: Stage) -> list[Row]:
    """Runs real commands at the same time."""
    began = monotonic()
    cidrs = [f"8.6.0.{n}/32" for n in range(COMMANDS)]
    for process in [stage.start("add", cidr) for cidr in cidrs]:
        _, err = process.communicate()
        assert process.returncode == 0, err
    return [Row("allow", cidr, True, began, monotonic()) for cidr in cidrs]


def must_be(rows: list[Row]) -> bool | None:
    """Whether the history requires the address. None if it allows both."""
    added = [row for row in rows if row.added]
    removed = [row for row in rows if not row.added]
    if any(a.began > max((r.ended for r in removed), default=0) for a in added):
        return True
    if any(r.began > max((a.ended for a in added), default=0) for r in removed):
        return False
    return None


def lasting(sets: Sets) -> Sets:
    return {k: {c for c in cidrs if not c.startswith(SHORT)} for k, cidrs in sets.items()}


def test_in_the_end_the_sets_equal_the_table_and_no_entry_is_lost(stage: Stage) -> None:
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        working = [pool.submit(work, stage.table, seed) for seed in range(PROCESSES)]
        rows = commands(stage)
        for each in working:
            rows += each.result()
    there = stage.live(utc_now())
    wanted = lasting({**there, "allow": there["allow"] | {HAND}})
    assert lasting(stage.sets()) == wanted
    decided = 0
    for kind, cidr in {(row.kind, row.cidr) for row in rows}:
        known = must_be([row for row in rows if (row.kind, row.cidr) == (kind, cidr)])
        decided += known is not None
        assert known in (None, cidr in there[kind]), (kind, cidr)
    assert decided > 100
    # The next scheduled run removes what has expired meanwhile, and nothing else.
    later = utc_now() + timedelta(seconds=10)
    expire(stage.lists().waf, NAMES, stage.lists().ledger, later)
    assert stage.sets() == wanted
