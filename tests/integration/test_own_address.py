"""The smoke check of a deploy lists this machine's own address, and only for the check's duration."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.firewall.entries import Entry
from chalicelib.services.clock import timestamp
from ops.smoke import UnprovenError
from tests.support.allowlisting import NOW, Stage, entry, stage_of
from tests.support.emulator import Emulator
from tests.support.loopback import AnyMethod, Loopback
from waf.own_address import NOTE, let_in, prove
from waf.ranges import InputError

OURS, CIDR = "8.8.8.8", "8.8.8.8/32"
HAND = "9.9.9.9/32"


@pytest.fixture
def stage(emulator: Emulator, tmp_path: Path) -> Iterator[Stage]:
    """A stage whose IP sets have one address, added by hand."""
    with stage_of(emulator, tmp_path) as stage:
        stage.make_sets(allow=[HAND])
        yield stage


def entries(stage: Stage) -> list[Entry]:
    return list(stage.lists().ledger.entries("allow"))


def check(stage: Stage, *addresses: str) -> list[str]:
    """The addresses in the allow sets during the smoke check."""
    with let_in(stage.lists(), addresses or [OURS], "somebody", lambda _: None):
        return sorted(stage.sets()["allow"])


def test_it_is_in_for_ten_minutes_at_most_and_out_after_the_check(stage: Stage) -> None:
    told: list[str] = []
    with let_in(stage.lists(), [OURS, "2a00:1450::1"], "somebody", told.append):
        assert stage.sets()["allow"] == {HAND, CIDR, "2a00:1450::1/128"}
        listed = [each for each in entries(stage) if each.is_live(NOW)]
        ends = timestamp(NOW + timedelta(minutes=10))
        assert {(e.owner, e.note, e.expires_at) for e in listed} == {("somebody", NOTE, ends)}
    assert stage.sets()["allow"] == {HAND}
    assert stage.live()["allow"] == set()
    assert told == [
        "8.8.8.8/32, 2a00:1450::1/128 allowed for 10 minutes, and removed after this check"
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt, UnprovenError, OSError])
def test_it_is_out_after_a_check_that_ends_otherwise(
    stage: Stage, error: type[BaseException]
) -> None:
    with pytest.raises(error), let_in(stage.lists(), [OURS], "somebody", lambda _: None):
        raise error
    assert stage.sets()["allow"] == {HAND}


@pytest.mark.parametrize(
    "listed", [entry(CIDR), entry(CIDR, hours=None), entry("8.8.8.0/24", hours=0.01)]
)
def test_an_entry_that_is_there_already_is_left_as_it_is(stage: Stage, listed: Entry) -> None:
    stage.lists().add([listed])
    before = [(each, each.mark) for each in entries(stage)]
    assert check(stage) == sorted([listed.cidr, HAND])
    assert [(each, each.mark) for each in entries(stage)] == before
    assert stage.sets()["allow"] == {listed.cidr, HAND}


def test_what_is_in_the_ip_set_by_hand_stays_there(stage: Stage) -> None:
    assert check(stage, "9.9.9.9") == [HAND]
    assert (stage.sets()["allow"], entries(stage)) == ({HAND}, [])


def test_an_entry_made_at_the_same_moment_is_neither_shortened_nor_removed(stage: Stage) -> None:
    ledger = stage.lists().ledger
    ours = Entry("allow", CIDR, "somebody", NOTE, timestamp(NOW), timestamp(NOW))
    for others in (entry(CIDR), entry(CIDR, hours=None)):
        ledger.put([others])
        ledger.put_unless_listed(ours, NOW)
        assert entries(stage) == [others]
    with let_in(stage.lists(), ["8.8.4.4"], "somebody", lambda _: None):
        stage.lists().add([entry("8.8.4.4/32", hours=None)])
    assert stage.sets()["allow"] == {CIDR, "8.8.4.4/32", HAND}


@pytest.mark.parametrize("ended", [entry(CIDR, hours=-0.1), "removed"])
def test_an_entry_that_is_over_is_in_nobodys_way(stage: Stage, ended: Entry | str) -> None:
    lists = stage.lists()
    if isinstance(ended, Entry):
        lists.ledger.put([ended])
    else:
        lists.add([entry(CIDR)])
        lists.remove([CIDR], None)
    assert check(stage) == [CIDR, HAND]
    assert stage.sets()["allow"] == {HAND}


def test_what_a_killed_check_left_behind_is_renewed_and_taken_out(stage: Stage) -> None:
    left = Entry("allow", CIDR, "somebody", NOTE, timestamp(NOW), entry(CIDR, hours=0.1).expires_at)
    stage.lists().add([left])
    assert check(stage) == [CIDR, HAND]
    assert stage.sets()["allow"] == {HAND}


def test_a_denied_address_is_not_listed_and_the_entry_is_named(stage: Stage) -> None:
    stage.lists().add([entry("8.8.8.0/24", "deny")])
    with pytest.raises(
        InputError, match=r"8\.8\.8\.8/32 is denied: remove 8\.8\.8\.0/24 from the deny list"
    ):
        check(stage)
    assert entries(stage) == []


def test_what_cannot_be_taken_out_is_said_to_expire(stage: Stage) -> None:
    told: list[str] = []
    with let_in(stage.lists(), [OURS], "somebody", told.append):
        stage.waf.fail("ListIPSets", "WAFInvalidOperationException")
    assert told[1].startswith("8.8.8.8/32 could not be removed: ")
    assert told[1].endswith("It expires by itself")


class Front(AnyMethod):
    """An API that refuses every request, and a service that answers with the caller's address."""

    def answer(self) -> None:
        if self.path == "/checkip":
            self.reply(200, [], OURS.encode())
        else:
            self.reply(403, [], b'{"type": "urn:landscape-api:problem:not-listed"}')


@pytest.mark.parametrize(
    ("checkip", "refused", "why"),
    [("/checkip", "WAFInvalidOperationException", "UpdateIPSet"), ("/health", "", "no IPv4 addr")],
)
def test_a_check_that_cannot_list_it_is_unproven_at_once_and_says_why(
    stage: Stage, checkip: str, refused: str, why: str
) -> None:
    if refused:
        stage.waf.fail("UpdateIPSet", refused)
    with Loopback(Front) as front, pytest.raises(UnprovenError, match=f"own 403.*{why}"):
        prove(front.url, stage.lists(), front.url + checkip, "somebody", lambda _: None)
    assert stage.sets()["allow"] == {HAND}
