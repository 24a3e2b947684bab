"""Decisions about requests by the web ACL that waf/associate.py creates."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.firewall.names import HEADER
from tests.support.emulator import Emulator
from tests.support.fake_waf import FakeWaf
from tests.support.fake_waf_rules import Decision
from tests.support.faults import Clock
from tests.support.firewall_site import Site, make_site
from waf.rules import MANAGED

LIMIT, SERVER_LIMIT = 10, 30
LATER = "2999-01-01T00:00:00Z"
SERVERS = ("198.51.100.8/32", "2001:db8:1::8/128")
LISTED = ("198.51.100.7", "2001:db8:1::7")
DENIED = ("198.51.100.66", "2001:db8:1::66")
UNLISTED = ("192.0.2.1", "198.51.101.7", "127.0.0.1", "2001:db8:2::1", "::1")


@pytest.fixture(scope="module")
def built(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with FakeWaf(clock=Clock()) as waf:
        site = make_site(emulator, tmp_path_factory.mktemp("site"), waf)
        site.list("allow", "198.51.100.0/24", "2001:db8:1::/48", expires_at=LATER)
        site.list("allow", *SERVERS)
        site.list("deny", "198.51.100.66/32", "2001:db8:1::66/128")
        site.put_up("--rate-limit", str(LIMIT), "--server-rate-limit", str(SERVER_LIMIT))
        yield site


@pytest.fixture
def site(built: Site) -> Site:
    """Long enough after the last test's requests, for the rate limits."""
    assert isinstance(built.waf.clock, Clock)
    built.waf.clock.now += 3600
    return built


def ask(site: Site, ip: str, *managed: str, **headers: str) -> Decision:
    return site.waf.decide(site.arn, ip, headers, managed=frozenset(managed))


@pytest.mark.parametrize("ip", LISTED)
def test_a_listed_address_gets_in_with_the_header_that_only_waf_knows(site: Site, ip: str) -> None:
    decided = ask(site, ip)
    assert (decided.action, decided.rule) == ("ALLOW", "allow")
    assert decided.headers_in[HEADER] == site.secrets[0]


@pytest.mark.parametrize("ip", UNLISTED)
def test_any_other_address_is_blocked(site: Site, ip: str) -> None:
    assert ask(site, ip).action == "BLOCK"
    assert HEADER not in ask(site, ip).headers_in


@pytest.mark.parametrize("ip", UNLISTED)
def test_a_guessed_header_lets_nobody_in(site: Site, ip: str) -> None:
    decided = site.waf.decide(site.arn, ip, {HEADER: site.secrets[0]})
    assert decided.action == "BLOCK"


@pytest.mark.parametrize("spelling", [HEADER, HEADER.upper(), HEADER.title()])
def test_what_a_client_sends_as_that_header_is_overwritten(site: Site, spelling: str) -> None:
    decided = site.waf.decide(site.arn, LISTED[0], {spelling: "a client's own"})
    assert [v for name, v in decided.headers_in.items() if name.lower() == HEADER] == site.secrets


@pytest.mark.parametrize("ip", DENIED)
def test_a_denied_address_inside_an_allowed_range_is_blocked(site: Site, ip: str) -> None:
    assert (ask(site, ip).action, ask(site, ip).rule) == ("BLOCK", "deny")


@pytest.mark.parametrize("group", MANAGED.values())
@pytest.mark.parametrize("ip", LISTED)
def test_being_listed_skips_no_managed_group(site: Site, ip: str, group: str) -> None:
    decided = ask(site, ip, group)
    assert decided.action == "BLOCK"
    assert decided.rule in MANAGED


@pytest.mark.parametrize("ip", LISTED)
def test_being_listed_skips_no_rate_limit(site: Site, ip: str) -> None:
    decided = [ask(site, ip) for _ in range(LIMIT + 1)]
    assert {each.action for each in decided[:LIMIT]} == {"ALLOW"}
    assert (decided[-1].rule, decided[-1].status) == ("rate-limit", 429)


@pytest.mark.parametrize("server", [cidr.partition("/")[0] for cidr in SERVERS])
def test_a_permanent_entry_has_a_limit_of_its_own(site: Site, server: str) -> None:
    decided = [ask(site, server) for _ in range(SERVER_LIMIT + 1)]
    assert {each.action for each in decided[:SERVER_LIMIT]} == {"ALLOW"}
    assert (decided[-1].rule, decided[-1].status) == ("server-rate-limit", 429)


def test_one_address_uses_up_nobody_elses_rate(site: Site) -> None:
    for _ in range(LIMIT + 1):
        ask(site, LISTED[0])
    assert ask(site, LISTED[1]).action == "ALLOW"


def blocked(site: Site, case: str) -> Decision:
    if case == "rate":
        return [ask(site, LISTED[0]) for _ in range(LIMIT + 1)][-1]
    return ask(site, UNLISTED[0] if case == "unlisted" else DENIED[0])


@pytest.mark.parametrize(
    ("case", "status", "kind"),
    [
        ("unlisted", 403, "not-listed"),
        ("denied", 403, "not-listed"),
        ("rate", 429, "too-many-requests"),
    ],
)
def test_a_blocked_answer_is_a_problem_that_a_browser_may_read(
    site: Site, case: str, status: int, kind: str
) -> None:
    decided = blocked(site, case)
    headers = {name.lower(): value for name, value in decided.headers.items()}
    problem = json.loads(decided.body or "")
    assert (decided.status, problem["status"]) == (status, status)
    assert problem["type"] == f"urn:landscape-api:problem:{kind}"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["content-type"] == "application/json"
    assert ("retry-after" in headers) == (status == 429)


def test_counting_lets_pass_what_it_counts_and_nothing_else(
    emulator: Emulator, tmp_path: Path
) -> None:
    with FakeWaf(clock=Clock()) as waf:
        site = make_site(emulator, tmp_path, waf)
        site.list("allow", "198.51.100.0/24", expires_at=LATER)
        site.list("deny", "198.51.100.66/32")
        site.put_up("--rate-limit", str(LIMIT), "--count")
        decided = [ask(site, LISTED[0], *MANAGED.values()) for _ in range(LIMIT + 1)][-1]
        assert (decided.action, decided.headers_in[HEADER]) == ("ALLOW", site.secrets[0])
        assert set(decided.counted) == {"rate-limit", *MANAGED}
        assert ask(site, UNLISTED[0]).action == ask(site, DENIED[0]).action == "BLOCK"
