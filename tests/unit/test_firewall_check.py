"""The rule that decides about an address, from the sets, and its differences from the table."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.firewall.align import View
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.names import Kind
from chalicelib.services.clock import timestamp
from waf.check import NOT_PREDICTED, decide, parse_address
from waf.ranges import InputError

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
# Few enough that they often contain one another.
RANGES = st.frozensets(
    st.builds(
        lambda low, length: str(IPv4Network((8 << 24 | low, length), strict=False)),
        st.integers(0, 15),
        st.integers(27, 32),
    ),
    max_size=4,
)


def view(kind: Kind, addresses: frozenset[str] | None, *listed: str, hours: float = 1) -> View:
    ends = timestamp(NOW + timedelta(hours=hours))
    entries = {cidr: Entry(kind, cidr, "o", "", timestamp(NOW), ends) for cidr in listed}
    return View(kind, "IPV4", addresses, entries, NOW)


@given(RANGES, RANGES, st.integers(0, 15))
def test_the_deny_set_comes_first_and_then_the_allow_set(
    denied: frozenset[str], allowed: frozenset[str], low: int
) -> None:
    address = IPv4Address(8 << 24 | low)

    def holds(cidrs: frozenset[str]) -> bool:
        return any(address in IPv4Network(cidr) for cidr in cidrs)

    found = decide(parse_address(str(address)), [view("allow", allowed), view("deny", denied)])
    assert found.rule == ("deny" if holds(denied) else "allow" if holds(allowed) else "default")
    assert found.let_in == (found.rule == "allow")
    assert all(address in IPv4Network(cidr) for cidr in found.cidrs)


def test_what_is_pending_will_be_let_in_and_is_not_yet() -> None:
    views = [view("allow", frozenset(), "8.8.8.0/24"), view("deny", frozenset())]
    found = decide(parse_address("8.8.8.8"), views)
    assert (found.rule, found.by_table, found.after_sync) == ("default", "allow", "allow")


def test_what_is_in_a_set_by_hand_counts_and_stays() -> None:
    views = [view("allow", frozenset({"8.8.8.0/24"})), view("deny", frozenset())]
    found = decide(parse_address("8.8.8.8"), views)
    assert (found.rule, found.by_table, found.after_sync) == ("allow", "default", "allow")
    assert found.remarks == [NOT_PREDICTED, "8.8.8.0/24 was added to the set by hand"]


def test_what_has_expired_counts_until_it_leaves_the_set() -> None:
    views = [
        view("allow", frozenset({"8.8.8.8/32"}), "8.8.8.8/32", hours=-1),
        view("deny", frozenset()),
    ]
    found = decide(parse_address("8.8.8.8"), views)
    assert (found.rule, found.by_table, found.after_sync) == ("allow", "default", "default")
    assert "8.8.8.8/32 has expired or was removed, and is still in the set" in found.remarks


def test_without_sets_nobody_is_let_in_whatever_the_table_says() -> None:
    views = [view("allow", None, "8.8.8.8/32"), view("deny", None)]
    found = decide(parse_address("8.8.8.8"), views)
    assert (found.rule, found.sets, found.let_in) == ("allow", False, False)


def test_a_private_address_is_remarked_upon() -> None:
    found = decide(
        parse_address("10.0.0.1"), [view("allow", frozenset()), view("deny", frozenset())]
    )
    assert found.remarks == [
        "10.0.0.1 is in 10.0.0.0/8, private: AWS WAF sees public addresses only"
    ]


def test_a_range_is_no_address() -> None:
    with pytest.raises(InputError, match="pass one address"):
        parse_address("8.8.8.0/24")
