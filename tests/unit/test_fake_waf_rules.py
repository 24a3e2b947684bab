"""The fake WAFv2 decides requests as the real one does."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.fake_waf import FakeWaf
from tests.support.fake_waf_rules import Decision
from tests.support.faults import Clock
from tests.support.waf_examples import (
    STAGE,
    acl,
    allow_rule,
    block_rule,
    count_rule,
    listed,
    managed_rule,
    rate,
)

BAD_INPUTS = "AWSManagedRulesKnownBadInputsRuleSet"


class Door:
    """A stage behind a web ACL."""

    def __init__(self, waf: FakeWaf, clock: Clock) -> None:
        self.waf = waf
        self.clock = clock
        self.allowed = [self._set("allow-4", "IPV4", "192.0.2.0/24", "198.51.100.7/32")]
        self.six = [self._set("allow-6", "IPV6", "2001:db8::/32")]

    def put(self, *rules: dict[str, Any], **more: Any) -> None:
        made = self.waf.client().create_web_acl(**(acl(*rules) | more))["Summary"]
        self.waf.client().associate_web_acl(WebACLArn=made["ARN"], ResourceArn=STAGE)

    def ask(self, ip: str = "192.0.2.1", *managed: str, **headers: str) -> Decision:
        return self.waf.decide(STAGE, ip, headers, managed=frozenset(managed))

    def actions(self, times: int, ip: str = "192.0.2.1") -> str:
        return "".join(self.ask(ip).action[0] for _ in range(times))

    def _set(self, name: str, version: str, *addresses: str) -> str:
        made = self.waf.client().create_ip_set(
            Name=name, Scope="REGIONAL", IPAddressVersion=version, Addresses=list(addresses)
        )
        return str(made["Summary"]["ARN"])


@pytest.fixture
def door() -> Iterator[Door]:
    clock = Clock()
    with FakeWaf(clock=clock) as waf:
        yield Door(waf, clock)


def test_without_an_acl_everything_passes_as_it_was_sent(door: Door) -> None:
    found = door.ask("203.0.113.1", **{"X-Amzn-Waf-Key": "forged"})
    assert (found.action, found.rule) == ("ALLOW", None)
    assert found.headers_in == {"X-Amzn-Waf-Key": "forged"}


def test_a_listed_address_passes_with_the_inserted_header_in_place_of_a_forged_one(
    door: Door,
) -> None:
    door.put(allow_rule(listed(*door.allowed, *door.six)))
    for ip in ("192.0.2.1", "198.51.100.7", "2001:db8::1"):
        found = door.ask(ip, **{"X-Amzn-Waf-KEY": "forged", "Accept": "text/csv"})
        assert (found.action, found.rule, found.status) == ("ALLOW", "allow", None)
        assert found.headers_in == {"Accept": "text/csv", "x-amzn-waf-key": "secret"}


def test_an_address_that_is_not_listed_gets_the_default_answer(door: Door) -> None:
    door.put(allow_rule(listed(*door.allowed, *door.six)))
    for ip in ("203.0.113.1", "198.51.100.8", "2001:db9::1"):
        found = door.ask(ip)
        assert (found.action, found.rule) == ("BLOCK", "Default_Action")
        assert (found.status, found.body) == (403, '{"status": 403}')
        assert found.headers == {
            "Content-Type": "application/json",
            "Access-Control-Allow-Origin": "*",
        }


def test_a_counting_rule_adds_its_header_and_goes_on(door: Door) -> None:
    door.put(count_rule(listed(*door.allowed)), allow_rule(listed(*door.allowed)))
    found = door.ask()
    assert (found.rule, found.counted) == ("allow", ("count",))
    assert found.headers_in == {"x-amzn-waf-counted": "yes", "x-amzn-waf-key": "secret"}


def test_a_managed_group_blocks_what_it_matches_before_the_allow_rule_or_counts_it(
    door: Door,
) -> None:
    other = "AWSManagedRulesAmazonIpReputationList"
    groups = managed_rule(BAD_INPUTS), managed_rule(other, 6, override="Count")
    door.put(allow_rule(listed(*door.allowed)), *groups)
    found = door.ask("192.0.2.1", BAD_INPUTS)
    assert (found.rule, found.status, found.body) == (BAD_INPUTS, 403, '{"message":"Forbidden"}')
    found = door.ask("192.0.2.1", other)
    assert (found.action, found.counted) == ("ALLOW", (other,))


def test_a_rate_rule_stops_an_address_until_its_window_has_passed(door: Door) -> None:
    door.put(block_rule(rate(EvaluationWindowSec=60)), allow_rule(listed(*door.allowed)))
    assert door.actions(12) == "A" * 10 + "BB"
    assert door.actions(1, "192.0.2.2") == "A"
    door.clock.sleep(60)
    assert door.actions(1) == "A"


def test_what_is_not_evaluated_here_says_so(door: Door) -> None:
    door.put(block_rule(rate(CustomKeys=[{"HTTPMethod": {}}], AggregateKeyType="CUSTOM_KEYS")))
    with pytest.raises(NotImplementedError, match="CustomKeys"):
        door.ask()


def test_a_rate_is_counted_among_those_alone_that_its_scope_fits(door: Door) -> None:
    inside = listed(*door.allowed)
    door.put(
        block_rule(rate(ScopeDownStatement={"NotStatement": {"Statement": inside}}), "others"),
        block_rule(rate(ScopeDownStatement=inside, Limit=12), "inside", priority=2),
    )
    assert [door.ask("192.0.2.1").rule for _ in range(13)][11:] == ["Default_Action", "inside"]
    assert [door.ask("203.0.113.1").rule for _ in range(11)][9:] == ["Default_Action", "others"]
