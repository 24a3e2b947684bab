"""The IP sets follow the table, also beside other writers. Every removal is printed."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chalicelib.firewall.align import MOST_IN_A_SET, align
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.expiry import expire
from chalicelib.stores.dynamodb.boto import BotoTransport
from tests.support.allowlisting import NAMES, NOW, Stage, entry, stage_of
from tests.support.emulator import Emulator
from waf.lists import Lists


@pytest.fixture
def bare(emulator: Emulator, tmp_path: Path) -> Iterator[Stage]:
    """A stage without IP sets."""
    with stage_of(emulator, tmp_path) as stage:
        yield stage


@pytest.fixture
def stage(bare: Stage) -> Stage:
    bare.make_sets(allow=["9.9.9.9/32"])
    return bare


def expire_at(lists: Lists, hours: float) -> dict[str, object]:
    return expire(lists.waf, NAMES, lists.ledger, NOW + timedelta(hours=hours))


def test_what_expired_is_taken_out_and_what_somebody_put_there_stays(stage: Stage) -> None:
    lists = stage.lists()
    lists.add([entry("8.8.8.8/32", hours=1), entry("8.8.4.4/32", hours=3)])
    lists.add([entry("2a00:1450::1/128", "deny", hours=1)])
    assert expire_at(lists, 2) == {
        "sets": "changed",
        "removed": 2,
        "added": 0,
        "unknown": 1,
        "removed_from": {
            "x-dev-deny-ipv6": ["2a00:1450::1/128"],
            "x-dev-allow-ipv4": ["8.8.8.8/32"],
        },
    }
    assert stage.sets() == {"allow": {"8.8.4.4/32", "9.9.9.9/32"}, "deny": set()}


def test_the_schedule_writes_nothing_where_nothing_changed(stage: Stage) -> None:
    lists = stage.lists()
    lists.add([entry("8.8.8.8/32")])
    stage.waf.forget()
    assert expire_at(lists, 1) == {"sets": "unchanged", "removed": 0, "added": 0, "unknown": 1}
    assert stage.waf.writes == []


def test_without_ip_sets_the_schedule_says_so(bare: Stage) -> None:
    assert expire_at(bare.lists(), 0)["sets"] == "missing"


def test_where_an_older_release_made_the_firewall_the_two_lists_are_kept_all_the_same(
    stage: Stage,
) -> None:
    servers = [arn for arn, item in stage.waf.ip_sets.items() if "-servers-" in item.name]
    for arn in servers:
        del stage.waf.ip_sets[arn]
    lists = stage.lists()
    lists.add([entry("8.8.8.8/32", hours=None), entry("8.8.4.4/32", hours=1)])
    assert expire_at(lists, 2)["removed"] == 1
    assert stage.sets()["allow"] == {"8.8.8.8/32", "9.9.9.9/32"}


def test_the_servers_are_the_permanent_entries_and_nothing_that_is_there_by_hand(
    stage: Stage,
) -> None:
    (four,) = (i for i in stage.waf.ip_sets.values() if i.name == "x-dev-servers-ipv4")
    four.held["Addresses"] = ["9.9.9.9/32", "8.8.4.4/32"]
    lists = stage.lists()
    lists.add([entry("8.8.8.8/32", hours=None), entry("8.8.4.4/32"), entry("8.8.1.1/32")])
    lists.add([entry("8.8.2.2/32", "deny", hours=None)])
    assert stage.set_of("servers") == {"8.8.8.8/32"}


def test_an_entry_is_forgotten_an_hour_after_its_end_and_not_before(stage: Stage) -> None:
    lists = stage.lists()
    lists.add([entry("8.8.8.8/32", hours=1), entry("8.8.4.4/32", hours=None)])
    lists.remove(["8.8.4.4/32"], None)
    expire_at(lists, 0.9)
    assert {each.cidr for each in lists.ledger.entries("allow")} == {"8.8.8.8/32", "8.8.4.4/32"}
    expire_at(lists, 1.9)
    assert {each.cidr for each in lists.ledger.entries("allow")} == {"8.8.8.8/32"}
    expire_at(lists, 2.1)
    assert [*lists.ledger.entries("allow")] == []


def test_what_was_added_anew_is_not_forgotten(stage: Stage) -> None:
    lists = stage.lists()
    lists.add([entry("8.8.8.8/32", hours=1)])
    seen = [*lists.ledger.entries("allow")]
    lists.ledger.put([entry("8.8.8.8/32", hours=9)])
    lists.ledger.forget(seen)
    assert stage.live()["allow"] == {"8.8.8.8/32"}


def test_a_removal_loses_to_nobody_and_a_flush_to_who_renews_meanwhile(stage: Stage) -> None:
    lists = stage.lists()
    lists.add([entry(f"8.8.8.{n}/32") for n in range(150)])
    seen = lists.live(["allow"])
    lists.ledger.put([entry("8.8.8.7/32", hours=24), entry("8.8.8.120/32", hours=24)])
    outcome = lists.flush(seen)
    assert stage.live()["allow"] == {"8.8.8.7/32", "8.8.8.120/32"}
    assert stage.sets()["allow"] == {"8.8.8.7/32", "8.8.8.120/32", "9.9.9.9/32"}
    assert "8.8.8.7/32 was renewed meanwhile, and stays" in outcome.remarks
    assert len(outcome.entries) == 148


class Meanwhile:
    """A transport to DynamoDB that runs `act` once, after the read for the IPv4 allow set."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._inner, self._act = BotoTransport(), act
        self._left = 3  # the two deny sets come first

    def __call__(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        answer = self._inner(operation, parameters)
        if operation == "Query":
            self._left -= 1
            if self._left == 0:
                self._act()
        return answer


def test_who_adds_between_reading_and_writing_is_not_overwritten(stage: Stage) -> None:
    others = stage.lists()
    meanwhile = Meanwhile(lambda: others.add([entry("8.8.4.4/32")]))
    lists = stage.lists(transport=meanwhile)
    lists.ledger.put([entry("8.8.8.8/32")])
    lists.align()
    assert stage.sets()["allow"] == {"8.8.8.8/32", "8.8.4.4/32", "9.9.9.9/32"}


def test_who_is_removed_while_being_put_in_leaves_nothing_open(stage: Stage) -> None:
    """One command reads the entry, another removes it, and then the first writes the set."""
    minutes = count(1)
    others = stage.lists(lambda: NOW + timedelta(minutes=next(minutes)))
    meanwhile = Meanwhile(lambda: others.remove(["8.8.8.8/32"], None))
    lists = stage.lists(transport=meanwhile)
    lists.ledger.put([entry("8.8.8.8/32")])
    lists.align()
    assert stage.sets()["allow"] == {"9.9.9.9/32"}


def test_who_was_removed_is_never_back_for_a_moment(stage: Stage) -> None:
    others = stage.lists()
    others.add([entry("8.8.8.8/32")])
    states: list[set[str]] = []

    def remove() -> None:
        others.remove(["8.8.8.8/32"], None)
        stage.waf.watch = lambda *_: states.append(stage.sets()["allow"])

    lists = stage.lists(transport=Meanwhile(remove))
    lists.ledger.put([entry("8.8.4.4/32")])
    lists.align()
    assert states
    assert not any("8.8.8.8/32" in state for state in states)
    assert stage.sets()["allow"] == {"8.8.4.4/32", "9.9.9.9/32"}


def test_more_than_a_set_takes_is_refused_before_anything_is_written(stage: Stage) -> None:
    lists = stage.lists()
    many = [entry(f"8.{n >> 16}.{n >> 8 & 255}.{n & 255}/32") for n in range(MOST_IN_A_SET)]
    stage.waf.forget()
    with pytest.raises(FirewallError, match=r"x-dev-allow-ipv4 would hold 10,001 ranges"):
        lists.add(many)  # one more is there by hand
    assert stage.waf.writes == []
    assert stage.live()["allow"] == set()


def test_one_overfull_set_keeps_none_of_the_others_as_it_was(stage: Stage) -> None:
    lists = stage.lists()
    many = [entry(f"8.{n >> 16}.{n >> 8 & 255}.{n & 255}/32") for n in range(MOST_IN_A_SET)]
    lists.ledger.put([*many, entry("9.9.9.9/32", "deny"), entry("2a00:1450::1/128")])
    with pytest.raises(FirewallError, match=r"x-dev-allow-ipv4"):
        align(lists.waf, NAMES, lists.ledger, NOW)
    assert stage.sets() == {"allow": {"9.9.9.9/32", "2a00:1450::1/128"}, "deny": {"9.9.9.9/32"}}
