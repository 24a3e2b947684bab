"""The web ACL as data: its rules, and the differences that are found."""

import copy
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.firewall.names import HEADER, Names
from chalicelib.firewall.sets import set_keys
from tests.support.emulator import CREDENTIALS, REGION
from waf.protection import HIDDEN
from waf.rules import (
    RULES,
    Choice,
    choice_of,
    differences,
    inserted_value,
    wanted_acl,
)

NAMES = Names("landscape-api", "dev")
VALUE = "a-value-that-nobody-may-see"
ARNS = {key: f"arn:aws:wafv2:eu-west-2:0:regional/ipset/{'-'.join(key)}/1" for key in set_keys()}


def acl(value: str = VALUE, found: Any = None, **choice: Any) -> Any:
    return wanted_acl(NAMES, ARNS, value, Choice(**choice), found)


def rule(name: str, **choice: Any) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in acl(**choice)["Rules"] if each["Name"] == name)
    return found


@pytest.mark.parametrize("count", [False, True])
def test_the_sdk_takes_it(count: bool) -> None:
    client = boto3.client("wafv2", region_name=REGION, **CREDENTIALS)
    with Stubber(client) as stubber:
        stubber.add_response("create_web_acl", {})
        client.create_web_acl(Name=NAMES.web_acl, Scope="REGIONAL", **acl(count=count))


def test_the_allow_list_comes_last_and_the_deny_list_first() -> None:
    by_priority = sorted(acl()["Rules"], key=lambda each: each["Priority"])
    assert [each["Name"] for each in by_priority] == list(RULES)
    assert (RULES[0], RULES[-1]) == ("deny", "allow")


@pytest.mark.parametrize("kind", ["deny", "allow"])
def test_each_list_is_of_both_address_families(kind: str) -> None:
    statements = rule(kind)["Statement"]["OrStatement"]["Statements"]
    arns = [each["IPSetReferenceStatement"]["ARN"] for each in statements]
    assert arns == [arn for key, arn in ARNS.items() if key[0] == kind]
    assert len(arns) == 2


def test_only_the_rule_that_inserts_the_value_is_not_sampled() -> None:
    sampled = {r["Name"]: r["VisibilityConfig"]["SampledRequestsEnabled"] for r in acl()["Rules"]}
    assert sampled == {name: name != "allow" for name in RULES}
    assert json.dumps(acl()).count(VALUE) == json.dumps(rule("allow")).count(VALUE) == 1


def hidden(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (each["Field"]["FieldType"], key, each["Action"])
        for each in found["DataProtectionConfig"]["DataProtections"]
        for key in each["Field"].get("FieldKeys", ["all of it"])
    ]


def test_samples_and_logs_hide_tokens_and_the_inserted_header() -> None:
    headers = ("authorization", "on-behalf-of", "x-amz-security-token", HEADER)
    assert hidden(acl()) == [("SINGLE_HEADER", name, "SUBSTITUTION") for name in headers]


def protecting(field: str, *keys: str, **more: Any) -> dict[str, Any]:
    of = {"FieldType": field} | ({"FieldKeys": [*keys]} if keys else {})
    return {"Field": of, "Action": "HASH", **more}


def test_what_an_operator_hides_too_stays_hidden_and_no_header_is_there_twice() -> None:
    theirs = [
        protecting("SINGLE_HEADER", "Authorization", "cookie", ExcludeRuleMatchDetails=True),
        protecting("SINGLE_HEADER", "on-behalf-of"),
        protecting("QUERY_STRING"),
    ]
    found = {**acl(), "DataProtectionConfig": {"DataProtections": theirs}}
    wanted = acl(found=found)
    assert differences(found, wanted) == ["DataProtectionConfig differs"]
    assert hidden(wanted)[4:] == [
        ("SINGLE_HEADER", "cookie", "HASH"),
        ("QUERY_STRING", "all of it", "HASH"),
    ]
    assert differences(wanted, acl(found=wanted)) == []


def test_who_hides_all_of_it_otherwise_is_left_alone() -> None:
    theirs = [protecting("SINGLE_HEADER", name.title()) for name in HIDDEN]
    found = {**acl(), "DataProtectionConfig": {"DataProtections": theirs}}
    assert differences(found, acl(found=found)) == []


def test_counting_blocks_by_nothing_but_the_two_lists() -> None:
    for limit in ("rate-limit", "server-rate-limit"):
        assert rule(limit, count=True)["Action"] == {"Count": {}}
    for group in ("known-bad-inputs", "ip-reputation"):
        assert rule(group, count=True)["OverrideAction"] == {"Count": {}}
        assert rule(group)["OverrideAction"] == {"None": {}}
    assert "Block" in rule("deny", count=True)["Action"]
    assert "Block" in acl(count=True)["DefaultAction"]


@pytest.mark.parametrize(("key", "status"), [("not-listed", 403), ("too-many-requests", 429)])
def test_a_blocked_answer_is_a_problem(key: str, status: int) -> None:
    body = acl()["CustomResponseBodies"][key]
    problem = json.loads(body["Content"])
    assert body["ContentType"] == "APPLICATION_JSON"
    assert problem["type"] == f"urn:landscape-api:problem:{key}"
    assert problem["status"] == status
    assert set(problem) == {"type", "title", "status", "detail"}
    assert len(body["Content"]) < 4096


def test_what_was_chosen_is_read_from_what_is_there() -> None:
    chosen = Choice(500, True, 9_000, {"AWSManagedRulesKnownBadInputsRuleSet": "Version_1.9"})
    assert choice_of(acl(**asdict(chosen))) == chosen
    assert choice_of(acl() | {"Rules": []}) == Choice()


def test_where_one_limit_was_for_all_no_server_gets_less() -> None:
    for requests, of_servers in ((100, 20_000), (50_000, 50_000)):
        old = acl() | {"Rules": [rule("rate-limit", requests=requests)]}
        assert choice_of(old) == Choice(requests, False, of_servers)


def test_each_address_is_counted_by_one_of_the_two_limits() -> None:
    def scope(name: str) -> dict[str, Any]:
        found: dict[str, Any] = rule(name)["Statement"]["RateBasedStatement"]["ScopeDownStatement"]
        return found

    servers = scope("server-rate-limit")
    assert scope("rate-limit") == {"NotStatement": {"Statement": servers}}
    arns = [each["IPSetReferenceStatement"]["ARN"] for each in servers["OrStatement"]["Statements"]]
    assert arns == [arn for key, arn in ARNS.items() if key[0] == "servers"]


def test_the_inserted_value_is_read_from_what_is_there() -> None:
    assert inserted_value(acl()) == VALUE
    assert inserted_value(acl() | {"Rules": []}) is None


def test_nothing_differs_from_itself_whatever_waf_adds_of_its_own() -> None:
    added: dict[str, Any] = {"ARN": "arn", "Capacity": 25, "LabelNamespace": "awswaf:0:webacl:x:"}
    assert differences({**acl(), **added}, acl()) == []
    managed = copy.deepcopy(acl())
    managed["Rules"][3]["Statement"]["ManagedRuleGroupStatement"]["ExcludedRules"] = []
    assert differences(managed, acl()) == []


def loosened(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(acl())
    change(found)
    return found


def exclude(found: dict[str, Any]) -> None:
    group = found["Rules"][3]["Statement"]["ManagedRuleGroupStatement"]
    group["ExcludedRules"] = [{"Name": "Log4JRCE_HEADER"}]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found.update(DefaultAction={"Allow": {}}), "DefaultAction differs"),
        (lambda found: found["Rules"].pop(0), "rule deny is missing"),
        (lambda found: found["Rules"][0].update(Priority=9), "rule deny differs"),
        (lambda found: found["Rules"][1].update(Action={"Count": {}}), "rule rate-limit differs"),
        (exclude, "rule known-bad-inputs differs"),
        (
            lambda found: found["Rules"].append({"Name": "let-me-in", "Priority": -1}),
            "rule let-me-in is unexpected",
        ),
        (
            lambda found: found["Rules"][5]["VisibilityConfig"].update(SampledRequestsEnabled=True),
            "rule allow differs",
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_what_was_loosened_by_hand_is_seen(
    change: Callable[[dict[str, Any]], object], said: str
) -> None:
    assert differences(loosened(change), acl()) == [said]


def test_another_value_is_a_difference_that_does_not_tell_it() -> None:
    assert differences(acl("one"), acl("another")) == ["rule allow differs"]
