"""A command that dies after any call, or whose calls temporarily fail, ends in the same state."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chalicelib.services.clock import utc_now
from tests.support.allowlisting import Sets, Stage, entry, lasting, stage_of
from tests.support.emulator import Emulator
from tests.support.fake_waf_faults import LOST, errors_of
from waf.lists import Lists

HAND = "9.9.9.9/32"
KEPT = "8.8.4.4/32"
END: dict[str, Sets] = {
    "add": {"allow": {HAND, KEPT, "8.8.8.8/32", "2a00:1450::1/128"}, "deny": set()},
    "remove": {"allow": {HAND}, "deny": set()},
    "flush": {"allow": {HAND}, "deny": set()},
    "flush unknown": {"allow": {KEPT}, "deny": set()},
}
COMMANDS: dict[str, Callable[[Lists], object]] = {
    "add": lambda lists: lists.add([entry("8.8.8.8/32"), entry("2a00:1450::1/128")]),
    "remove": lambda lists: lists.remove([KEPT], None),
    "flush": lambda lists: lists.flush(lists.live(["allow"])),
    "flush unknown": lambda lists: lists.flush_unknown(lists.unknown(["allow"])),
}
PASSING = (
    "WAFOptimisticLockException",
    "WAFInternalErrorException",
    "WAFNonexistentItemException",
    "WAFUnavailableEntityException",
    "ThrottlingException",
    "ServiceUnavailable",
    LOST,
)


@pytest.fixture
def stage(emulator: Emulator, tmp_path: Path) -> Iterator[Stage]:
    """A stage with a valid entry, an expired one, and an address that was added by hand."""
    with stage_of(emulator, tmp_path) as stage:
        stage.make_sets(allow=[HAND])
        reset(stage)
        yield stage


def reset(stage: Stage) -> None:
    """Restores the state that every command starts from."""
    stage.waf.watch = None
    lists = stage.lists()
    for item in stage.waf.ip_sets.values():
        there = [HAND, KEPT, "8.8.1.1/32"] if item.name == "x-dev-allow-ipv4" else []
        item.held["Addresses"] = there
    lists.ledger.forget([*lists.ledger.entries("allow")])
    lists.ledger.put([entry(KEPT), entry("8.8.1.1/32", hours=-0.5)])


class Death(BaseException):
    """The same as a kill, because no handler of ours catches it. It needs no process."""


class Mortal:
    """A transport to DynamoDB and a client of WAF that carry out call number `last`, then die."""

    def __init__(self, stage: Stage, last: int) -> None:
        assert stage.transport
        self._transport, self._client = stage.transport, stage.client
        self._numbers, self._last = count(1), last

    def transport(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        answer = self._transport(operation, parameters)
        self._die()
        return answer

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            answer = getattr(self._client, operation)(**parameters)
            self._die()
            return answer

        return call

    def _die(self) -> None:
        if next(self._numbers) == self._last:
            raise Death


@pytest.mark.parametrize("command", COMMANDS)
def test_dead_after_any_call_and_run_again(stage: Stage, command: str) -> None:
    for last in count(1):
        reset(stage)
        mortal = Mortal(stage, last)
        try:
            COMMANDS[command](stage.lists(client=mortal, transport=mortal.transport))
            break
        except Death:
            assert_nothing_is_open_without_an_entry(stage)
        COMMANDS[command](stage.lists())
        assert stage.sets() == END[command], f"dead after call {last}"
    assert last > 10
    assert stage.sets() == END[command]


def assert_nothing_is_open_without_an_entry(stage: Stage) -> None:
    entries = {each.cidr for each in stage.lists().ledger.entries("allow")}
    assert stage.sets()["allow"] <= entries | {HAND}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("code", PASSING)
def test_each_call_fails_once_in_passing(stage: Stage, code: str, after: bool) -> None:
    for command, carry_out in COMMANDS.items():
        for operation in ("ListIPSets", "GetIPSet", "UpdateIPSet"):
            if code.startswith("WAF") and code not in errors_of(operation):
                continue
            reset(stage)
            stage.waf.fail(operation, code, after=after)
            carry_out(stage.lists())
            assert stage.sets() == END[command], (command, operation)
            reset(stage)


def killed(stage: Stage, signal_number: int, last: int) -> tuple[int, str]:
    """(exit code, stderr) of a real command that gets a signal after WAF's call number `last`."""
    stage.waf.forget()
    process = stage.start("add", "8.8.8.8", "2a00:1450::1")

    def kill(number: int, operation: str) -> None:
        if number == last:
            os.kill(process.pid, signal_number)

    stage.waf.watch = kill
    _, err = process.communicate()
    stage.waf.watch = None
    return process.returncode, err


def test_a_real_command_killed_after_any_call_to_waf_and_run_again(stage: Stage) -> None:
    for last in count(1):
        reset(stage)
        stage.lists().ledger.put(lasting(KEPT))
        code, _ = killed(stage, signal.SIGKILL, last)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        COMMANDS["add"](stage.lists(utc_now))
        stage.lists(utc_now).add(lasting("8.8.8.8/32", "2a00:1450::1/128"))
        assert stage.sets() == END["add"], f"killed after call {last}"
    assert last > 8


def test_ctrl_c_says_one_line_and_the_same_command_goes_on(stage: Stage) -> None:
    stage.lists().ledger.put(lasting(KEPT))
    code, err = killed(stage, signal.SIGINT, 9)
    assert (code, err) == (130, "allowlist: stopped. Run the same command again to continue\n")
    stage.said("add", "8.8.8.8", "2a00:1450::1")
    assert stage.sets() == END["add"]
    assert stage.live(utc_now())["allow"] == END["add"]["allow"] - {HAND}


def test_an_aws_that_stays_away_is_given_up_in_time(stage: Stage) -> None:
    stage.waf.fail("UpdateIPSet", "WAFInternalErrorException", times=10_000)
    why = stage.refused("add", "8.8.8.8", "--timeout", "1")
    assert "did not finish within 1 seconds. Its last error: WAFInternalErrorException" in why
    assert "8.8.8.8/32" in stage.live(utc_now())["allow"]
