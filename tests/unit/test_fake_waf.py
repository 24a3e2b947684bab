"""The fake WAFv2 keeps AWS's rules: what is accepted here would be accepted there."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.fake_waf import FakeWaf
from tests.support.waf_examples import (
    PAGE,
    STAGE,
    VISIBILITY,
    acl,
    allow_rule,
    block_rule,
    managed_rule,
    rate,
)

REGIONAL = {"Scope": "REGIONAL"}


@pytest.fixture
def waf() -> Iterator[FakeWaf]:
    with FakeWaf({STAGE}) as fake:
        yield fake


def make_set(waf: FakeWaf, name: str = "allow", *addresses: str, **more: Any) -> dict[str, str]:
    version = "IPV6" if any(":" in address for address in addresses) else "IPV4"
    wanted = {"Name": name, "IPAddressVersion": version, "Addresses": list(addresses)}
    made: dict[str, str] = waf.client().create_ip_set(**REGIONAL, **wanted, **more)["Summary"]
    return made


def place(made: dict[str, str]) -> dict[str, str]:
    return {"Name": made["Name"], "Id": made["Id"], **REGIONAL}


def code(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return str(raised.value.response["Error"]["Code"])


def addresses(waf: FakeWaf, made: dict[str, str]) -> list[str]:
    found: list[str] = waf.client().get_ip_set(**place(made))["IPSet"]["Addresses"]
    return found


def test_an_update_replaces_the_whole_list_and_changes_the_lock_token(waf: FakeWaf) -> None:
    made = make_set(waf, "allow", "192.0.2.0/24", Description="the first")
    lock = {"LockToken": made["LockToken"]}
    update = waf.client().update_ip_set
    answered = update(**place(made), **lock, Addresses=["198.51.100.1/32"])
    found = waf.client().get_ip_set(**place(made))
    assert found["LockToken"] == answered["NextLockToken"] != made["LockToken"]
    assert found["IPSet"]["Addresses"] == ["198.51.100.1/32"]
    assert "Description" not in found["IPSet"]
    assert code(update, **place(made), **lock, Addresses=[]) == "WAFOptimisticLockException"


def test_a_name_is_taken_once_and_what_is_not_there_is_missing(waf: FakeWaf) -> None:
    made = make_set(waf)
    assert code(lambda: make_set(waf)) == "WAFDuplicateItemException"
    elsewhere = place(made) | {"Name": "deny"}
    assert code(waf.client().get_ip_set, **elsewhere) == "WAFNonexistentItemException"


@pytest.mark.parametrize(
    "listed",
    [
        ["192.0.2.1/24"],
        ["192.0.2.1"],
        ["0.0.0.0/0"],
        ["192.0.2.0/255.255.255.0"],
        ["2001:db8::/32", "192.0.2.0/24"],
        ["2001:db8::1/32"],
        ["2001:db8::/32", "2001:0db8:0::/32"],
        ["::/0"],
    ],
)
def test_an_address_that_is_no_range_of_its_version_is_refused(
    waf: FakeWaf, listed: list[str]
) -> None:
    assert code(lambda: make_set(waf, "set", *listed)) == "WAFInvalidParameterException"


def test_a_set_holds_ten_thousand_addresses_and_no_more(waf: FakeWaf) -> None:
    most = [f"10.{n // 250}.{n % 250}.0/24" for n in range(10_000)]
    made = make_set(waf, "most", *most)
    assert addresses(waf, made) == most
    assert (
        code(lambda: make_set(waf, "more", *most, "192.0.2.0/24")) == "WAFLimitsExceededException"
    )


def test_ipv6_ranges_come_back_with_all_their_digits(waf: FakeWaf) -> None:
    made = make_set(waf, "six", "2001:db8::/32")
    assert addresses(waf, made) == ["2001:0db8:0000:0000:0000:0000:0000:0000/32"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Name": "a b"},
        {"Name": "a" * 129},
        {"Description": ""},
        {"Description": "ab"},
        {"Description": "who's (this)"},
        {"Description": " blank"},
        {"Tags": []},
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]},
        {"Scope": "CLOUDFRONT"},
        {"IPAddressVersion": "IPV5"},
        {"Addresses": None},
        {"Colour": "red"},
    ],
)
def test_what_the_service_model_does_not_allow_is_refused(
    waf: FakeWaf, wrong: dict[str, Any]
) -> None:
    wanted = {"Name": "set", "IPAddressVersion": "IPV4", "Addresses": [], **REGIONAL}
    status, answered = waf.answer("CreateIPSet", wanted | wrong)
    assert (status, b"WAFInvalidParameterException" in answered) == (400, True)
    assert waf.answer("CreateIPSet", wanted)[0] == 200


def test_lists_are_paged_and_a_full_page_promises_another(waf: FakeWaf) -> None:
    names = [make_set(waf, f"set-{n}")["Name"] for n in range(4)]
    found: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page = waf.client().list_ip_sets(**REGIONAL, **marker, Limit=100)
        found += [one["Name"] for one in page["IPSets"]]
        if "NextMarker" not in page:
            break
        marker = {"NextMarker": page["NextMarker"]}
    assert found == names
    assert page["IPSets"] == []


def test_tags_are_added_listed_in_pages_and_taken_off(waf: FakeWaf) -> None:
    arn = {"ResourceARN": make_set(waf, Tags=[{"Key": "a", "Value": "1"}])["ARN"]}
    client = waf.client()
    client.tag_resource(**arn, Tags=[{"Key": key, "Value": ""} for key in "bc"])
    client.untag_resource(**arn, TagKeys=["b"])
    found = client.list_tags_for_resource(**arn)
    assert [tag["Key"] for tag in found["TagInfoForResource"]["TagList"]] == ["a", "c"]
    assert client.list_tags_for_resource(**arn, NextMarker="a", Limit=2).get("NextMarker") is None


@pytest.mark.parametrize(
    "nest",
    [
        lambda one: one,
        lambda one: {"OrStatement": {"Statements": [one, one]}},
        lambda one: {"NotStatement": {"Statement": {"AndStatement": {"Statements": [one, one]}}}},
        lambda one: rate(ScopeDownStatement={"NotStatement": {"Statement": one}}),
    ],
)
def test_a_set_that_an_acl_uses_is_not_deleted(waf: FakeWaf, nest: Any) -> None:
    made = make_set(waf)
    statement = nest({"IPSetReferenceStatement": {"ARN": made["ARN"]}})
    found = waf.client().create_web_acl(**acl(block_rule(statement)))["Summary"]
    gone = place(made) | {"LockToken": made["LockToken"]}
    assert code(waf.client().delete_ip_set, **gone) == "WAFAssociatedItemException"
    waf.client().delete_web_acl(**place(found), LockToken=found["LockToken"])
    waf.client().delete_ip_set(**gone)
    assert waf.client().list_ip_sets(**REGIONAL)["IPSets"] == []


def test_an_acl_protects_a_stage_until_it_is_taken_off(waf: FakeWaf) -> None:
    client = waf.client()
    made = client.create_web_acl(**acl())["Summary"]
    client.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=STAGE)
    found = client.get_web_acl_for_resource(ResourceArn=STAGE)
    assert found["WebACL"]["ARN"] == made["ARN"]
    assert "LockToken" not in found
    listed = client.list_resources_for_web_acl
    assert listed(WebACLArn=made["ARN"])["ResourceArns"] == []  # load balancers
    assert listed(WebACLArn=made["ARN"], ResourceType="API_GATEWAY")["ResourceArns"] == [STAGE]
    gone = place(made) | {"LockToken": made["LockToken"]}
    assert code(client.delete_web_acl, **gone) == "WAFAssociatedItemException"
    client.disassociate_web_acl(ResourceArn=STAGE)
    client.delete_web_acl(**gone)
    assert "WebACL" not in client.get_web_acl_for_resource(ResourceArn=STAGE)


def test_only_a_stage_that_exists_can_be_protected(waf: FakeWaf) -> None:
    arn = waf.client().create_web_acl(**acl())["Summary"]["ARN"]
    associate = waf.client().associate_web_acl
    other = STAGE.replace("/dev", "/prod")
    assert code(associate, WebACLArn=arn, ResourceArn=other) == "WAFNonexistentItemException"
    odd = STAGE.replace("::", ":000000000000:")
    assert code(associate, WebACLArn=arn, ResourceArn=odd) == "WAFInvalidParameterException"


def test_an_acl_is_handed_back_as_it_was_given_with_the_default_window(waf: FakeWaf) -> None:
    wanted = acl(block_rule(rate()), managed_rule())
    made = waf.client().create_web_acl(**wanted)["Summary"]
    found = waf.client().get_web_acl(**place(made))["WebACL"]
    assert found["Rules"][0]["Statement"]["RateBasedStatement"]["EvaluationWindowSec"] == 300
    assert found["Rules"][1] == wanted["Rules"][1]
    assert found["CustomResponseBodies"] == PAGE
    assert found["Capacity"] == 202


def _block(**response: Any) -> dict[str, Any]:
    return {"Block": {"CustomResponse": {"ResponseCode": 403} | response}}


GEO = {"GeoMatchStatement": {"CountryCodes": ["GB"]}}
MANAGED = managed_rule()["Statement"]


@pytest.mark.parametrize(
    "wrong",
    [
        acl(block_rule(GEO), block_rule(GEO) | {"Priority": 7}),
        acl(block_rule(GEO), block_rule(GEO) | {"Name": "other"}),
        acl(block_rule({})),
        acl(block_rule(GEO | rate())),
        acl(block_rule({"OrStatement": {"Statements": [GEO]}})),
        acl(block_rule({"OrStatement": {"Statements": [GEO, rate()]}})),
        acl(block_rule({"NotStatement": {"Statement": MANAGED}})),
        acl(block_rule(rate(Limit=9))),
        acl(block_rule(rate(EvaluationWindowSec=90))),
        acl(block_rule(rate(AggregateKeyType="CONSTANT"))),
        acl(allow_rule(rate())),
        acl(block_rule(MANAGED)),
        acl(block_rule(GEO) | {"OverrideAction": {"None": {}}}),
        acl(block_rule(GEO) | {"Action": {"Block": {}, "Allow": {}}}),
        acl({key: value for key, value in block_rule(GEO).items() if key != "VisibilityConfig"}),
        acl(block_rule(GEO) | {"VisibilityConfig": VISIBILITY | {"MetricName": "a b"}}),
        acl(block_rule(GEO) | {"Action": {"Block": {"CustomRequestHandling": {}}}}),
        acl() | {"DefaultAction": {"Count": {}}},
        acl() | {"DefaultAction": {}},
        acl() | {"DefaultAction": _block(CustomResponseBodyKey="none")},
        acl() | {"DefaultAction": _block(ResponseCode=418)},
        acl()
        | {"DefaultAction": _block(ResponseHeaders=[{"Name": "Content-Type", "Value": "text/x"}])},
        acl()
        | {"CustomResponseBodies": {"p": {"ContentType": "APPLICATION_JSON", "Content": "{"}}},
    ],
)
def test_an_acl_that_waf_would_not_take_is_refused(waf: FakeWaf, wrong: dict[str, Any]) -> None:
    assert waf.answer("CreateWebACL", wrong)[0] == 400
    assert waf.web_acls == {}
