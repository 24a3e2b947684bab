"""Ten thousand entries: the calls and the seconds to add, list and align them."""

import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import pytest

from chalicelib.services.clock import utc_now
from chalicelib.stores.dynamodb.boto import BotoTransport
from tests.support.allowlisting import Stage, stage_of
from tests.support.emulator import Emulator
from tests.support.faults import Recording

pytestmark = pytest.mark.soak

MANY = 10_000
PACE = ("--pace", "1")  # AWS's limit: the fake refuses faster calls


@pytest.fixture
def stage(emulator: Emulator, tmp_path: Path) -> Iterator[Stage]:
    with stage_of(emulator, tmp_path) as stage:
        stage.make_sets()
        stage.waf.enforce_rates = True
        (tmp_path / "hosts.txt").write_text("\n".join(hosts()))
        yield stage


def hosts() -> list[str]:
    return [f"8.{n // 250}.{n % 250}.1" for n in range(MANY)]


def timed(stage: Stage, what: str, act: Callable[[], object]) -> list[str]:
    """The writes to WAF that `act` makes. Prints the calls and the seconds."""
    stage.waf.forget()
    begun = perf_counter()
    act()
    seconds = perf_counter() - begun
    sys.stdout.write(f"\n{what}: {seconds:.1f} s, {dict(Counter(stage.waf.calls))}")
    assert stage.waf.calls == stage.waf.done  # no call was throttled
    return stage.waf.writes


def test_ten_thousand_are_added_listed_and_brought_in_line(stage: Stage) -> None:
    add = ("add", "--file", "hosts.txt", "--owner", "an office", *PACE)
    assert timed(stage, "add", lambda: stage.said(*add)) == ["UpdateIPSet"]
    assert len(stage.sets()["allow"]) == MANY
    assert timed(stage, "add again", lambda: stage.said(*add)) == []
    assert timed(stage, "list", lambda: stage.said("list", *PACE)) == []
    listed = stage.json("list", *PACE)["entries"]
    assert {each["state"] for each in listed} == {"in force"}
    assert len(listed) == MANY
    assert "would hold 10,001 ranges" in stage.refused("add", "9.9.9.9", *PACE)

    recording = Recording(BotoTransport())
    lists = stage.lists(utc_now, transport=recording, pace=1)
    assert timed(stage, "align, nothing to do", lists.align) == []
    sys.stdout.write(f", {dict(Counter(recording.operations))}")
    for item in stage.waf.ip_sets.values():
        item.held["Addresses"] = item.held["Addresses"][: MANY // 2]
    assert timed(stage, "align, half is missing", lists.align) == ["UpdateIPSet"]
    assert len(stage.sets()["allow"]) == MANY

    flush = ("flush", "--yes", *PACE)
    assert timed(stage, "flush", lambda: stage.said(*flush)) == ["UpdateIPSet"]
    assert stage.sets()["allow"] == set()
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    sys.stdout.write(f"\nlargest process: {largest:.0f} MB, {len(listed):,} entries\n")
