"""Entries: the addresses and ranges that are accepted, their spelling and their expiry."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.firewall.cidrs import spelled
from chalicelib.firewall.entries import Entry
from waf.asking import WrittenRange, accept_all, duration, one_line, ranges_in
from waf.ranges import InputError, Ranges, accepted, parse

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
V4 = st.builds(
    lambda address, length: IPv4Network((address, length), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(1, 32),
)
V6 = st.builds(
    lambda address, length: IPv6Network((address, length), strict=False),
    st.integers(2**48, 2**128 - 1),
    st.integers(1, 128),
).filter(lambda network: int(network.network_address) >= 2**48)


@pytest.mark.parametrize(
    ("text", "cidr"),
    [
        ("8.8.8.8", "8.8.8.8/32"),
        (" 8.8.8.8/32 ", "8.8.8.8/32"),
        ("8.8.0.0/16", "8.8.0.0/16"),
        ("2A00:1450:0000::1", "2a00:1450::1/128"),
        ("2a00:1450::/32", "2a00:1450::/32"),
        ("2001:4860:4860::8888", "2001:4860:4860::8888/128"),
    ],
)
def test_public_addresses_have_one_spelling(text: str, cidr: str) -> None:
    assert accepted(text) == cidr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not an IP address or a range"),
        ("localhost", "is not an IP address or a range"),
        ("8.8.8.8/33", "is not an IP address or a range"),
        ("8.8.8.0/255.255.255.0", "is not an IP address or a range"),
        ("8.8.8", "is not an IP address or a range"),
        ("08.8.8.8", "is not an IP address or a range"),
        ("8.8.8.8-9", "is not an IP address or a range"),
        ("٨.8.8.8", "is not an IP address or a range"),
        ("8.8.8.8/", "is not an IP address or a range"),
        ("0.0.0.0/0", "every address, which AWS WAF refuses: pass narrower ranges"),
        ("::/0", "every address"),
        ("8.8.8.8/0", "every address, which AWS WAF refuses: pass 8.8.8.8 alone, or narrower"),
        ("2a00:1450::1/0", "every address, which AWS WAF refuses: pass 2a00:1450::1 alone"),
        ("8.8.8.8/24", "bits set beyond its prefix: pass 8.8.8.0/24, or 8.8.8.8 alone"),
        ("2a00:1450::1/64", "bits set beyond its prefix: pass 2a00:1450::/64"),
        ("fe80::1%eth0", "zone"),
        ("::ffff:8.8.8.8", "written as IPv6"),
        ("::ffff:808:808", "written as IPv6"),
        ("10.1.2.3", "in 10.0.0.0/8, private"),
        ("172.16.0.0/12", "in 172.16.0.0/12, private"),
        ("192.168.1.1", "private"),
        ("127.0.0.1", "loopback"),
        ("169.254.169.254", "link-local"),
        ("100.64.0.1", "carriers' NAT"),
        ("0.1.2.3", "this network"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("198.18.0.1", "benchmarks"),
        ("192.0.2.1", "documentation"),
        ("::1", "loopback"),
        ("::", "unspecified"),
        ("fc00::1", "private"),
        ("fe80::1", "link-local"),
        ("ff02::1", "multicast"),
        ("2001:db8::1", "documentation"),
        ("2001::1", "reserved"),
        ("64:ff9b::808:808", "translator"),
        ("4000::1", "reserved: public IPv6 addresses are in 2000::/3"),
        ("8.0.0.0/15", "wider than a /16"),
        ("2a00::/31", "wider than a /32"),
    ],
)
def test_what_is_refused_says_why(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why.replace("(", r"\(")):
        accepted(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("96.0.0.0/3", "contains 100.64.0.0/10"),
        ("192.0.0.0/8", "contains 192.0.0.0/24"),
        ("2000::/4", "contains 2001::/23"),
        ("f000::/4", "contains fc00::/7"),
    ],
)
def test_a_wide_range_that_holds_what_is_not_public_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        accepted(text, wide=True, force=True)


def test_wide_and_forced_ranges_are_taken_when_that_is_said() -> None:
    assert accepted("8.0.0.0/8", wide=True) == "8.0.0.0/8"
    assert accepted("203.0.113.0/24", force=True) == "203.0.113.0/24"
    assert accepted("203.0.0.0/16", force=True) == "203.0.0.0/16"
    assert accepted("2001:db8::/32", force=True) == "2001:db8::/32"
    with pytest.raises(InputError, match="private"):
        accepted("10.0.0.1", force=True, wide=True)
    with pytest.raises(InputError, match="--force accepts it"):
        accepted("203.0.0.0/16")


@given(st.one_of(V4, V6))
def test_however_a_range_is_written_it_is_the_same(network: IPv4Network | IPv6Network) -> None:
    spellings = (str(network), network.exploded, network.exploded.upper(), f" {network} ")
    assert {str(parse(each)) for each in spellings} == {str(network)}
    assert {spelled(network.exploded), spelled(str(network))} == {str(network)}


@given(st.lists(V4, max_size=20), V4)
def test_the_ranges_that_hold_another_are_found(
    known: list[IPv4Network], wanted: IPv4Network
) -> None:
    holding = {each for each in known if wanted.subnet_of(each)}
    narrowest_first = sorted(holding, key=lambda each: -each.prefixlen)
    assert Ranges(map(str, known)).holding(str(wanted)) == [str(each) for each in narrowest_first]


def test_every_refused_range_of_a_file_is_named_with_its_line() -> None:
    asked = ranges_in(
        "# an office\n8.8.8.8\n\n10.0.0.1 # at home\nnonsense\n8.8.8.8/32\n", "hosts.txt"
    )
    with pytest.raises(InputError) as refused:
        accept_all(asked)
    first, second = str(refused.value).splitlines()
    assert first.startswith("hosts.txt:4: 10.0.0.1/32 is in 10.0.0.0/8")
    assert second.startswith("hosts.txt:5: 'nonsense' is not an IP address")


def test_a_range_that_is_said_twice_is_listed_once() -> None:
    assert accept_all([WrittenRange("8.8.8.8"), WrittenRange("8.8.8.8/32")]) == ["8.8.8.8/32"]


def test_a_long_list_of_flaws_is_cut() -> None:
    with pytest.raises(InputError, match="and 50 more"):
        accept_all([WrittenRange("nonsense")] * 100)


@pytest.mark.parametrize(
    ("text", "length"),
    [("30m", timedelta(minutes=30)), (" 12h ", timedelta(hours=12)), ("30d", timedelta(days=30))],
)
def test_durations(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "12", "h", "0h", "-1h", "1.5h", "1w", "31d", "999999d", "1h30m"]
)
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        duration(text)


def test_a_note_is_one_line_and_not_endless() -> None:
    assert one_line(" for the café ", "note") == "for the café"
    for text in ("a\nb", "\x1b[31mred", "x" * 301):
        with pytest.raises(InputError, match="the note"):
            one_line(text, "note")


@pytest.mark.parametrize(
    ("expires_at", "removed_at", "is_live"),
    [
        (None, None, True),
        ("2026-01-01T12:00:00.001Z", None, True),
        ("2026-01-01T12:00:00.000Z", None, False),
        (None, "2026-01-01T11:00:00.000Z", False),
        (None, "2026-01-01T13:00:00.000Z", False),  # by a machine with a fast clock
        ("2027-01-01T12:00:00.000Z", "2026-01-01T11:00:00.000Z", False),
    ],
)
def test_an_entry_counts_until_it_expires_or_is_removed(
    expires_at: str | None, removed_at: str | None, is_live: bool
) -> None:
    entry = Entry(
        "allow", "8.8.8.8/32", "o", "", "2026-01-01T00:00:00.000Z", expires_at, removed_at
    )
    assert entry.is_live(NOW) is is_live


def test_every_write_of_an_entry_has_another_mark() -> None:
    first, second = (Entry("allow", "8.8.8.8/32", "o", "", "t", None) for _ in range(2))
    assert first == second
    assert first.mark != second.mark
