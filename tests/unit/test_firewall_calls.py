"""Calls of AWS WAF: at the pace that it allows, and repeated after temporary errors."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from chalicelib.firewall.calls import PASSING, FirewallError, NotYetError, Waf, waf_client
from tests.support.emulator import CREDENTIALS, REGION
from tests.support.fake_waf import FakeWaf
from tests.support.faults import Clock

Given = tuple[Any, Stubber]
ACL = {"WebACLArn": "a" * 20, "ResourceArn": "r" * 20}
SET = {"Name": "a-set", "Scope": "REGIONAL", "Id": "an-id"}
LISTED: dict[str, Any] = {"IPSets": []}


@pytest.fixture
def given() -> Iterator[Given]:
    client = boto3.client("wafv2", region_name=REGION, **CREDENTIALS)
    with Stubber(client) as stubber:
        yield client, stubber


def waf(client: Any, clock: Clock, **options: Any) -> Waf:
    return Waf(client, clock=clock, sleep=clock.sleep, **{"random": lambda: 1.0, **options})


def listing(calls: Waf) -> Callable[[], dict[str, Any]]:
    return lambda: calls("list_ip_sets", Scope="REGIONAL")


@pytest.mark.parametrize(
    ("operation", "parameters", "seconds"),
    [
        ("list_ip_sets", {"Scope": "REGIONAL"}, 0.2),
        ("delete_ip_set", {**SET, "LockToken": "a-token"}, 1.0),
        ("tag_resource", {"ResourceARN": "r" * 20, "Tags": [{"Key": "a", "Value": "b"}]}, 1.0),
        ("associate_web_acl", ACL, 2.0),
        ("disassociate_web_acl", {"ResourceArn": "r" * 20}, 2.0),
    ],
)
def test_each_kind_of_call_keeps_its_own_pace(
    given: Given, operation: str, parameters: dict[str, Any], seconds: float
) -> None:
    client, stubber = given
    clock = Clock()
    calls = waf(client, clock)
    for _ in range(3):
        stubber.add_response(operation, LISTED if operation == "list_ip_sets" else {})
        calls(operation, **parameters)
    assert clock.slept == pytest.approx([seconds, seconds])


def test_kinds_of_calls_do_not_wait_for_each_other(given: Given) -> None:
    client, stubber = given
    clock = Clock()
    calls = waf(client, clock)
    stubber.add_response("delete_ip_set", {})
    calls("delete_ip_set", **SET, LockToken="a-token")
    stubber.add_response("list_ip_sets", LISTED)
    listing(calls)()
    assert clock.slept == []


@pytest.mark.parametrize("code", sorted(PASSING))
def test_what_fails_in_passing_is_tried_again(given: Given, code: str) -> None:
    client, stubber = given
    clock = Clock()
    stubber.add_client_error("list_ip_sets", code, http_status_code=400)
    stubber.add_response("list_ip_sets", LISTED)
    calls = waf(client, clock)
    assert calls.until_done(listing(calls))["IPSets"] == []
    assert clock.slept == [0.5]


@pytest.mark.parametrize(
    "code", ["WAFInvalidParameterException", "WAFLimitsExceededException", "AccessDeniedException"]
)
def test_what_would_fail_again_is_raised_at_once(given: Given, code: str) -> None:
    client, stubber = given
    clock = Clock()
    stubber.add_client_error("list_ip_sets", code, http_status_code=400)
    calls = waf(client, clock)
    with pytest.raises(ClientError, match=code):
        calls.until_done(listing(calls))
    assert clock.slept == []


def test_a_server_error_of_any_name_is_tried_again(given: Given) -> None:
    client, stubber = given
    stubber.add_client_error("list_ip_sets", "Unheard", http_status_code=502)
    stubber.add_response("list_ip_sets", LISTED)
    calls = waf(client, Clock())
    assert calls.until_done(listing(calls))["IPSets"] == []


def test_what_is_still_in_use_is_waited_for_only_where_the_caller_says_so(given: Given) -> None:
    client, stubber = given
    code = "WAFAssociatedItemException"
    calls = waf(client, Clock())
    stubber.add_client_error("list_ip_sets", code, http_status_code=400)
    with pytest.raises(ClientError, match=code):
        calls.until_done(listing(calls))
    stubber.add_client_error("list_ip_sets", code, http_status_code=400)
    stubber.add_response("list_ip_sets", LISTED)
    assert calls.until_done(listing(calls), also=frozenset({code}))["IPSets"] == []


def unseen() -> None:
    raise NotYetError("the web ACL is not to be seen")


def test_pauses_grow_to_a_limit_and_end_with_the_time(given: Given) -> None:
    clock = Clock()
    calls = waf(given[0], clock, timeout=100.0)
    with pytest.raises(FirewallError, match=r"within 100 seconds.*the web ACL is not to be seen"):
        calls.until_done(unseen)
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0, 20.0]
    assert clock.now <= 100.0


def test_pauses_are_any_part_of_their_limit(given: Given) -> None:
    clock = Clock()
    parts = iter([0.0, 0.25, 0.5])

    def attempt() -> bool:
        if len(clock.slept) < 2:
            raise NotYetError("the write is not visible")
        return True

    assert waf(given[0], clock, random=lambda: next(parts)).until_done(attempt)
    assert clock.slept == [0.25, 1.0]  # none of the first, a quarter of 1 s, half of 2 s


def test_a_planned_wait_takes_nothing_from_the_time_for_failures(given: Given) -> None:
    clock = Clock()
    calls = waf(given[0], clock, timeout=10.0)
    calls.wait(1000.0)
    with pytest.raises(FirewallError):
        calls.until_done(unseen)
    assert sum(clock.slept[1:]) > 5.0


def test_time_to_think_takes_nothing_either(given: Given) -> None:
    clock = Clock()
    calls = waf(given[0], clock, timeout=10.0)
    clock.now = 1000.0
    calls.begin()
    with pytest.raises(FirewallError):
        calls.until_done(unseen)
    assert sum(clock.slept) > 5.0


def test_an_aws_that_cannot_be_reached_is_asked_again_and_then_named() -> None:
    session: Any = boto3.Session(region_name=REGION, **CREDENTIALS)

    class Unreachable:
        def client(self, name: Any, **options: Any) -> Any:
            return session.client(name, endpoint_url="http://127.0.0.1:9", **options)

    clock = Clock()
    calls = waf(waf_client(Unreachable()), clock, timeout=3.0)
    with pytest.raises(FirewallError, match="EndpointConnectionError"):
        calls.until_done(listing(calls))
    assert len(clock.slept) > 1


def test_every_page_of_a_list_is_read() -> None:
    with FakeWaf(page_size=2) as fake:
        calls = Waf(fake.client(), pace=0)
        of = {"Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": list[str]()}
        for n in range(5):
            calls("create_ip_set", Name=f"set-{n}", **of)
        names = [found["Name"] for found in calls.pages("list_ip_sets", "IPSets", Scope="REGIONAL")]
    assert sorted(names) == [f"set-{n}" for n in range(5)]


def test_aws_throttles_nothing_that_keeps_this_pace() -> None:
    clock = Clock()
    with FakeWaf(enforce_rates=True, clock=clock) as fake:
        calls = waf(fake.client(), clock)
        of = {"Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": list[str]()}
        for n in range(4):
            calls("create_ip_set", Name=f"set-{n}", **of)
            for _ in range(3):
                list(calls.pages("list_ip_sets", "IPSets", Scope="REGIONAL"))
        assert fake.done == fake.calls
