"""The fake WAFv2 follows AWS's rules: AWS would accept all that it accepts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.support.fake_waf import FakeWaf
from tests.support.fake_waf_faults import LOST, errors_of
from tests.support.faults import Clock
from tests.support.waf_examples import (
    LOAD_BALANCER,
    STAGE,
    VISIBILITY,
    acl,
    allow_rule,
    block_rule,
    listed,
    managed_rule,
    rate,
)

REGIONAL = {"Scope": "REGIONAL"}
ALLOW = {"Name": "allow", "IPAddressVersion": "IPV4", "Addresses": list[str](), **REGIONAL}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waf(clock: Clock) -> Iterator[FakeWaf]:
    with FakeWaf(clock=clock) as fake:
        yield fake


def make_set(waf: FakeWaf, name: str = "allow", *addresses: str) -> dict[str, str]:
    version = "IPV6" if any(":" in address for address in addresses) else "IPV4"
    wanted = {"Name": name, "IPAddressVersion": version, "Addresses": list(addresses)}
    made: dict[str, str] = waf.client().create_ip_set(**REGIONAL, **wanted)["Summary"]
    return made


def place(made: dict[str, str]) -> dict[str, str]:
    return {"Name": made["Name"], "Id": made["Id"], **REGIONAL}


def code(call: Any, **parameters: Any) -> str:
    """The name of the error, or an empty text."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_an_update_replaces_the_whole_list_and_changes_the_lock_token(waf: FakeWaf) -> None:
    made = make_set(waf, "allow", "192.0.2.0/24")
    lock = {"LockToken": made["LockToken"]}
    update = waf.client().update_ip_set
    answered = update(**place(made), **lock, Addresses=["198.51.100.1/32"])
    found = waf.client().get_ip_set(**place(made))
    assert found["LockToken"] == answered["NextLockToken"] != made["LockToken"]
    assert found["IPSet"]["Addresses"] == ["198.51.100.1/32"]
    assert code(update, **place(made), **lock, Addresses=[]) == "WAFOptimisticLockException"


def test_of_many_updates_at_once_with_one_lock_token_one_is_carried_out(waf: FakeWaf) -> None:
    made = make_set(waf)
    update = waf.client(max_pool_connections=20).update_ip_set
    of = {**place(made), "LockToken": made["LockToken"]}
    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(lambda n: code(update, **of, Addresses=[f"192.0.2.{n}/32"]), range(20))
        assert sorted(answers) == ["", *["WAFOptimisticLockException"] * 19]


def test_a_name_is_taken_once_and_what_is_not_there_is_missing(waf: FakeWaf) -> None:
    made = make_set(waf)
    assert code(waf.client().create_ip_set, **ALLOW) == "WAFDuplicateItemException"
    elsewhere = place(made) | {"Name": "deny"}
    assert code(waf.client().get_ip_set, **elsewhere) == "WAFNonexistentItemException"


@pytest.mark.parametrize(
    "wrong",
    [
        ["192.0.2.1/24"],
        ["192.0.2.1"],
        ["0.0.0.0/0"],
        ["2001:db8::/32", "192.0.2.0/24"],
        ["2001:db8::/32", "2001:0db8:0::/32"],
        ["::/0"],
    ],
)
def test_an_address_that_is_no_range_of_its_version_is_refused(
    waf: FakeWaf, wrong: list[str]
) -> None:
    with pytest.raises(ClientError, match="WAFInvalidParameterException"):
        make_set(waf, "set", *wrong)


def test_a_set_holds_ten_thousand_addresses_and_no_more(waf: FakeWaf) -> None:
    most = [f"10.{n // 250}.{n % 250}.0/24" for n in range(10_000)]
    assert waf.answer("CreateIPSet", ALLOW | {"Addresses": most})[0] == 200
    more = ALLOW | {"Name": "more", "Addresses": [*most, "192.0.2.0/24"]}
    assert b"WAFLimitsExceededException" in waf.answer("CreateIPSet", more)[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Name": "a b"},
        {"Name": "a" * 129},
        {"Tags": []},
        {"Scope": "CLOUDFRONT"},
        {"IPAddressVersion": "IPV5"},
        {"Addresses": None},
        {"Colour": "red"},
    ],
)
def test_what_the_service_model_does_not_allow_is_refused(
    waf: FakeWaf, wrong: dict[str, Any]
) -> None:
    status, answered = waf.answer("CreateIPSet", ALLOW | wrong)
    assert (status, b"WAFInvalidParameterException" in answered) == (400, True)
    assert waf.answer("CreateIPSet", ALLOW)[0] == 200


def test_a_full_page_promises_another_and_ipv6_comes_back_with_all_its_digits(waf: FakeWaf) -> None:
    made = [make_set(waf, f"set-{n}", "2001:db8::/32") for n in range(2)]
    page = waf.client().list_ip_sets(**REGIONAL, Limit=100)
    assert [one["Name"] for one in page["IPSets"]] == ["set-0", "set-1"]
    more = waf.client().list_ip_sets(**REGIONAL, NextMarker=page["NextMarker"])
    assert (more["IPSets"], "NextMarker" in more) == ([], False)
    found = waf.client().get_ip_set(**place(made[0]))["IPSet"]["Addresses"]
    assert found == ["2001:0db8:0000:0000:0000:0000:0000:0000/32"]


def test_what_is_in_use_is_not_deleted(waf: FakeWaf) -> None:
    client, made = waf.client(), make_set(waf)
    found = client.create_web_acl(**acl(block_rule(listed(made["ARN"], made["ARN"]))))["Summary"]
    client.associate_web_acl(WebACLArn=found["ARN"], ResourceArn=STAGE)
    assert client.get_web_acl_for_resource(ResourceArn=STAGE)["WebACL"]["ARN"] == found["ARN"]
    group = "arn:aws:logs:eu-west-2:000000000000:log-group:"
    wanted = {"ResourceArn": found["ARN"], "LogDestinationConfigs": [f"{group}mine"]}
    put = client.put_logging_configuration
    assert code(put, LoggingConfiguration=wanted) == "WAFInvalidParameterException"
    put(LoggingConfiguration=wanted | {"LogDestinationConfigs": [f"{group}aws-waf-logs-mine"]})
    set_gone = place(made) | {"LockToken": made["LockToken"]}
    acl_gone = place(found) | {"LockToken": found["LockToken"]}
    in_use = "WAFAssociatedItemException"
    assert code(client.delete_ip_set, **set_gone) == in_use
    client.disassociate_web_acl(ResourceArn=STAGE)
    assert code(client.delete_web_acl, **acl_gone) == in_use
    client.delete_logging_configuration(ResourceArn=found["ARN"])
    client.delete_web_acl(**acl_gone)
    client.delete_ip_set(**set_gone)
    assert (waf.ip_sets, waf.web_acls) == ({}, {})
    assert "WebACL" not in client.get_web_acl_for_resource(ResourceArn=STAGE)


def test_a_load_balancer_is_known_by_its_arn_alone(waf: FakeWaf) -> None:
    client = waf.client()
    of = {"WebACLArn": client.create_web_acl(**acl())["Summary"]["ARN"]}
    waf.load_balancers.add(LOAD_BALANCER)
    client.associate_web_acl(**of, ResourceArn=LOAD_BALANCER)
    client.associate_web_acl(**of, ResourceArn=STAGE)
    assert client.get_web_acl_for_resource(ResourceArn=LOAD_BALANCER)["WebACL"]
    of_stages = client.list_resources_for_web_acl(**of, ResourceType="API_GATEWAY")
    assert of_stages["ResourceArns"] == [STAGE]
    assert client.list_resources_for_web_acl(**of)["ResourceArns"] == [LOAD_BALANCER]
    for operation in ("associate_web_acl", "disassociate_web_acl", "get_web_acl_for_resource"):
        given = of if operation == "associate_web_acl" else {}
        call = getattr(client, operation)
        gone = code(call, **given, ResourceArn=f"{LOAD_BALANCER}0")
        assert gone == "WAFNonexistentItemException"
        for old, new in (
            ("/app/", "/net/"),
            ("eu-west-2", "eu-west-1"),
            ("loadbalancer", "listener"),
        ):
            wrong = code(call, **given, ResourceArn=LOAD_BALANCER.replace(old, new))
            assert wrong == "WAFInvalidParameterException"


def _block(**response: Any) -> dict[str, Any]:
    return {"DefaultAction": {"Block": {"CustomResponse": {"ResponseCode": 403} | response}}}


def protecting(field: str, *keys: str) -> dict[str, Any]:
    of = {"FieldType": field} | ({"FieldKeys": [*keys]} if keys else {})
    return {"DataProtectionConfig": {"DataProtections": [{"Field": of, "Action": "HASH"}]}}


RATE = rate()
MANAGED = managed_rule()["Statement"]


@pytest.mark.parametrize(
    "wrong",
    [
        acl(block_rule(RATE), block_rule(RATE) | {"Priority": 7}),
        acl(block_rule(RATE), block_rule(RATE) | {"Name": "other"}),
        acl(block_rule({})),
        acl(block_rule(MANAGED | RATE)),
        acl(block_rule({"OrStatement": {"Statements": [RATE, RATE]}})),
        acl(block_rule(listed("arn:aws:wafv2:eu-west-2:000000000000:regional/ipset/none/none"))),
        acl(block_rule(rate(Limit=9))),
        acl(block_rule(rate(EvaluationWindowSec=90))),
        acl(allow_rule(RATE)),
        acl(block_rule(MANAGED)),
        acl(managed_rule("NoSuchRuleSet")),
        acl(managed_rule(version="Version_1.1")),
        acl(block_rule(rate(ScopeDownStatement=RATE))),
        acl(block_rule(rate(ScopeDownStatement=listed("arn:aws:wafv2:eu-west-2:0:none")))),
        acl(block_rule({"NotStatement": {"Statement": MANAGED}})),
        acl() | protecting("SINGLE_HEADER"),
        acl() | protecting("BODY", "a"),
        acl() | protecting("SINGLE_HEADER", "a", "A"),
        acl() | protecting("NO_FIELD", "a"),
        acl(block_rule(RATE) | {"OverrideAction": {"None": {}}}),
        acl(block_rule(RATE) | {"Action": {"Block": {}, "Allow": {}}}),
        acl({key: value for key, value in block_rule(RATE).items() if key != "VisibilityConfig"}),
        acl(block_rule(RATE) | {"VisibilityConfig": VISIBILITY | {"MetricName": "a b"}}),
        acl() | {"DefaultAction": {}},
        acl() | _block(CustomResponseBodyKey="none"),
        acl() | _block(ResponseCode=99),
        acl() | _block(ResponseHeaders=[{"Name": "Content-Type", "Value": "text/x"}]),
        acl()
        | {"CustomResponseBodies": {"p": {"ContentType": "APPLICATION_JSON", "Content": "{"}}},
    ],
)
def test_an_acl_that_waf_would_not_take_is_refused(waf: FakeWaf, wrong: dict[str, Any]) -> None:
    assert waf.answer("CreateWebACL", wrong)[0] == 400
    assert waf.web_acls == {}
    right = acl(block_rule(RATE), managed_rule(version="Version_1.9"))
    assert waf.answer("CreateWebACL", right | protecting("SINGLE_HEADER", "a", "b"))[0] == 200


def test_a_failing_call_does_nothing_and_the_next_one_works(waf: FakeWaf) -> None:
    failed = "WAFInternalErrorException"
    waf.fail("create_ip_set", failed, times=2)
    answers = [code(waf.client().create_ip_set, **ALLOW) for _ in range(4)]
    assert answers == [failed, failed, "", "WAFDuplicateItemException"]
    assert waf.calls == waf.writes == ["CreateIPSet"] * 4
    assert waf.done == ["CreateIPSet"]


def test_a_call_can_fail_after_it_was_carried_out(waf: FakeWaf) -> None:
    waf.fail("*", LOST, after=True, at=1)
    with pytest.raises(ConnectionClosedError):
        waf.client().create_ip_set(**ALLOW)
    assert [found.name for found in waf.ip_sets.values()] == ["allow"]


def test_only_real_errors_of_real_operations_can_be_asked_for(waf: FakeWaf) -> None:
    waf.fail("ListIPSets", "WAFInternalErrorException")
    assert waf.answer("ListIPSets", REGIONAL)[0] == 500
    assert "WAFUnavailableEntityException" in errors_of("get_web_acl_for_resource")
    with pytest.raises(ValueError, match="create_set"):
        waf.fail("create_set", LOST)


def test_the_watcher_is_told_of_what_was_carried_out_before_the_caller(waf: FakeWaf) -> None:
    told: list[tuple[int, str, int]] = []
    waf.watch = lambda number, name: told.append((number, name, len(waf.ip_sets)))
    waf.fail("CreateIPSet", "WAFInternalErrorException")
    for _ in range(2):
        code(waf.client().create_ip_set, **ALLOW)
    assert told == [(1, "CreateIPSet", 1)]


def test_calls_that_come_too_fast_are_throttled(waf: FakeWaf, clock: Clock) -> None:
    client = waf.client()
    arn = client.create_web_acl(**acl())["Summary"]["ARN"]
    calls = {
        ("associate_web_acl", 1, 2.0): {"WebACLArn": arn, "ResourceArn": STAGE},
        ("list_ip_sets", 5, 1.0): REGIONAL,
        ("create_ip_set", 1, 1.0): ALLOW,
    }
    waf.enforce_rates = True
    for (name, most, seconds), parameters in calls.items():
        answers = [code(getattr(client, name), **parameters) for _ in range(most + 1)]
        assert answers == [""] * most + ["ThrottlingException"]
        clock.sleep(seconds)
        assert code(getattr(client, name), **parameters) in ("", "WAFDuplicateItemException")


def test_what_was_just_made_is_unavailable_for_some_calls(waf: FakeWaf) -> None:
    waf.unavailable_calls = 2
    client, new = waf.client(), ["WAFUnavailableEntityException"] * 2 + [""]
    wanted = acl(allow_rule(listed(make_set(waf)["ARN"])))
    assert [code(client.create_web_acl, **wanted) for _ in range(3)] == new
    (arn,) = waf.web_acls
    pair = {"WebACLArn": arn, "ResourceArn": STAGE}
    assert [code(client.associate_web_acl, **pair) for _ in range(3)] == new
    assert [code(client.get_web_acl_for_resource, ResourceArn=STAGE) for _ in range(3)] == new


def test_a_client_of_another_region_is_refused(waf: FakeWaf) -> None:
    client = waf.client()
    waf.region = "eu-west-1"
    assert code(client.list_ip_sets, **REGIONAL) == "UnrecognizedClientException"
