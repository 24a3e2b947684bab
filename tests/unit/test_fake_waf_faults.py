"""The fake WAFv2 fails where it is told to, in time with a clock, and is safe for many callers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.support.fake_waf import FakeWaf
from tests.support.fake_waf_faults import LOST, errors_of
from tests.support.faults import Clock
from tests.support.waf_examples import STAGE, acl, allow_rule, listed

ALLOW = {"Name": "allow", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": []}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waf(clock: Clock) -> Iterator[FakeWaf]:
    with FakeWaf(clock=clock) as fake:
        yield fake


def refused(call: Any, **parameters: Any) -> str:
    """The name of the error, or an empty text."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_a_failing_call_does_nothing_and_the_next_one_works(waf: FakeWaf) -> None:
    waf.fail("create_ip_set", "WAFInternalErrorException", times=2)
    create = waf.client().create_ip_set
    answers = [refused(create, **ALLOW) for _ in range(4)]
    failed = "WAFInternalErrorException"
    assert answers == [failed, failed, "", "WAFDuplicateItemException"]
    assert waf.calls == waf.writes == ["CreateIPSet"] * 4
    assert waf.done == ["CreateIPSet"]


def test_a_call_can_fail_after_it_was_carried_out(waf: FakeWaf) -> None:
    waf.fail("CreateIPSet", LOST, after=True)
    with pytest.raises(ConnectionClosedError):
        waf.client().create_ip_set(**ALLOW)
    assert [found.name for found in waf.ip_sets.values()] == ["allow"]


def test_the_call_with_a_certain_number_can_fail(waf: FakeWaf) -> None:
    waf.fail("*", "WAFInternalErrorException", at=2)
    listing = waf.client().list_ip_sets
    answers = [refused(listing, Scope="REGIONAL") for _ in range(3)]
    assert answers == ["", "WAFInternalErrorException", ""]


def test_an_internal_error_is_a_500_and_only_real_errors_can_be_asked_for(waf: FakeWaf) -> None:
    waf.fail("ListIPSets", "WAFInternalErrorException")
    assert waf.answer("ListIPSets", {"Scope": "REGIONAL"})[0] == 500
    assert "WAFUnavailableEntityException" in errors_of("get_web_acl_for_resource")
    with pytest.raises(ValueError, match="create_set"):
        waf.fail("create_set", LOST)


def test_the_watcher_is_told_of_what_was_carried_out_before_the_caller(waf: FakeWaf) -> None:
    told: list[tuple[int, str, int]] = []
    waf.watch = lambda number, name: told.append((number, name, len(waf.ip_sets)))
    waf.fail("CreateIPSet", "WAFInternalErrorException")
    for _ in range(2):
        refused(waf.client().create_ip_set, **ALLOW)
    waf.client().list_ip_sets(Scope="REGIONAL")
    assert told == [(1, "CreateIPSet", 1), (2, "ListIPSets", 1)]


def test_calls_that_come_too_fast_are_throttled(waf: FakeWaf, clock: Clock) -> None:
    waf.enforce_rates = True
    client = waf.client()
    arn = client.create_web_acl(**acl())["Summary"]["ARN"]
    pair = {"WebACLArn": arn, "ResourceArn": STAGE}
    assert refused(client.create_ip_set, **ALLOW) == "ThrottlingException"
    client.associate_web_acl(**pair)
    clock.sleep(1)
    client.create_ip_set(**ALLOW)
    assert refused(client.associate_web_acl, **pair) == "ThrottlingException"
    clock.sleep(1)
    client.associate_web_acl(**pair)
    answers = [refused(client.list_ip_sets, Scope="REGIONAL") for _ in range(6)]
    assert answers == [""] * 5 + ["ThrottlingException"]


def test_what_was_just_made_is_unavailable_for_some_seconds(waf: FakeWaf, clock: Clock) -> None:
    waf.unavailable_for = 30
    client = waf.client()
    wanted = acl(allow_rule(listed(client.create_ip_set(**ALLOW)["Summary"]["ARN"])))
    assert refused(client.create_web_acl, **wanted) == "WAFUnavailableEntityException"
    clock.sleep(30)
    pair = {"WebACLArn": client.create_web_acl(**wanted)["Summary"]["ARN"], "ResourceArn": STAGE}
    assert refused(client.associate_web_acl, **pair) == "WAFUnavailableEntityException"
    clock.sleep(30)
    client.associate_web_acl(**pair)
    found = client.get_web_acl_for_resource
    assert refused(found, ResourceArn=STAGE) == "WAFUnavailableEntityException"
    clock.sleep(30)
    assert found(ResourceArn=STAGE)["WebACL"]["ARN"] == pair["WebACLArn"]


def test_what_was_just_made_is_unavailable_for_some_calls(waf: FakeWaf) -> None:
    waf.unavailable_calls = 2
    client = waf.client()
    wanted = acl(allow_rule(listed(client.create_ip_set(**ALLOW)["Summary"]["ARN"])))
    answers = [refused(client.create_web_acl, **wanted) for _ in range(3)]
    assert answers == ["WAFUnavailableEntityException"] * 2 + [""]


def test_logs_go_to_places_of_the_right_name_alone(waf: FakeWaf) -> None:
    client = waf.client()
    made = client.create_web_acl(**acl())["Summary"]
    group = "arn:aws:logs:eu-west-2:000000000000:log-group:"
    wanted = {"ResourceArn": made["ARN"], "LogDestinationConfigs": [f"{group}mine"]}
    put = client.put_logging_configuration
    assert refused(put, LoggingConfiguration=wanted) == "WAFInvalidParameterException"
    put(LoggingConfiguration=wanted | {"LogDestinationConfigs": [f"{group}aws-waf-logs-mine"]})
    page = client.list_logging_configurations(Scope="REGIONAL")
    assert [one["ResourceArn"] for one in page["LoggingConfigurations"]] == [made["ARN"]]
    client.delete_logging_configuration(ResourceArn=made["ARN"])
    found = refused(client.get_logging_configuration, ResourceArn=made["ARN"])
    assert found == "WAFNonexistentItemException"


def test_of_many_updates_at_once_with_one_lock_token_one_is_carried_out(waf: FakeWaf) -> None:
    made = waf.client().create_ip_set(**ALLOW)["Summary"]
    lock = {key: made[key] for key in ("Name", "Id", "LockToken")} | {"Scope": "REGIONAL"}
    client = waf.client(max_pool_connections=20)
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(
                lambda n: refused(client.update_ip_set, **lock, Addresses=[f"192.0.2.{n}/32"]),
                range(20),
            )
        )
    assert sorted(answers) == ["", *["WAFOptimisticLockException"] * 19]


def test_a_client_of_another_region_is_refused(clock: Clock) -> None:
    with FakeWaf(region="eu-west-1") as waf:
        client = waf.client()
        waf.region = "eu-west-2"
        refusal = refused(client.list_ip_sets, Scope="REGIONAL")
    assert refusal == "UnrecognizedClientException"
