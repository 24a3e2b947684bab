"""The web ACL that a stage needs, in AWS WAF's form, and the differences of a found one from it.

Rules run in this order, and the first that allows or blocks decides. The allow-list comes last, so a
listed address skips no rule.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from chalicelib.firewall.names import INSERTED_HEADER, VERSIONS, Names, SetKind
from chalicelib.firewall.sets import SetKey
from chalicelib.routes.problems import PROBLEM_URN
from waf.protection import protection

if TYPE_CHECKING:
    from types_boto3_wafv2.type_defs import (
        BlockActionTypeDef,
        CustomHTTPHeaderTypeDef,
        CustomResponseBodyTypeDef,
        DataProtectionConfigOutputTypeDef,
        DefaultActionTypeDef,
        ManagedRuleGroupStatementTypeDef,
        RuleActionTypeDef,
        RuleOutputTypeDef,
        RuleTypeDef,
        StatementTypeDef,
        VisibilityConfigTypeDef,
        WebACLTypeDef,
    )

DENY, RATE_LIMIT, SERVER_RATE_LIMIT, ALLOW = "deny", "rate-limit", "server-rate-limit", "allow"
# AWS's managed groups: known attacks, and addresses of known attackers.
MANAGED = {
    "known-bad-inputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "ip-reputation": "AWSManagedRulesAmazonIpReputationList",
}
VERSIONED = ("AWSManagedRulesKnownBadInputsRuleSet",)
RULES = (DENY, RATE_LIMIT, SERVER_RATE_LIMIT, *MANAGED, ALLOW)

REQUESTS, LEAST_REQUESTS, MOST_REQUESTS = 2_000, 10, 2_000_000_000
SERVER_REQUESTS = 20_000
WINDOW = 300  # seconds

NOT_LISTED, TOO_MANY = "not-listed", "too-many-requests"
FOR_BROWSERS = {"Access-Control-Allow-Origin": "*"}


class Parts(TypedDict):
    """The parts of a web ACL that this module decides about."""

    DefaultAction: "DefaultActionTypeDef"
    Rules: "list[RuleTypeDef]"
    VisibilityConfig: "VisibilityConfigTypeDef"
    CustomResponseBodies: "dict[str, CustomResponseBodyTypeDef]"
    DataProtectionConfig: "DataProtectionConfigOutputTypeDef"


@dataclass(frozen=True)
class Choice:
    """An operator's choices: `requests` of one address in five minutes, and `server_requests` of a
    permanently listed one. With `count` the rate limits and the managed groups only count, and block
    nothing. `versions` are by the managed group's name."""

    requests: int = REQUESTS
    count: bool = False
    server_requests: int = SERVER_REQUESTS
    versions: Mapping[str, str] = field(default_factory=dict)


def wanted_acl(
    names: Names,
    set_arns: Mapping[SetKey, str],
    value: str,
    choice: Choice,
    found: "WebACLTypeDef | None" = None,
    types: str = PROBLEM_URN,
) -> Parts:
    """The Parts of the web ACL, for create_web_acl and update_web_acl.

    `value` is the inserted header's, `types` is Stage.problem_types. Other fields that the `found`
    web ACL protects stay protected.
    """
    servers = _in_sets(set_arns, "servers")
    others: StatementTypeDef = {"NotStatement": {"Statement": servers}}
    too_many, not_listed = _rate_action(choice), _block(NOT_LISTED, 403)

    def rule(name: str, statement: "StatementTypeDef") -> "RuleTypeDef":
        return {
            "Name": name,
            "Priority": RULES.index(name),
            "Statement": statement,
            "VisibilityConfig": _seen(names, name),
        }

    return {
        "DefaultAction": {"Block": not_listed},
        "Rules": [
            {**rule(DENY, _in_sets(set_arns, "deny")), "Action": {"Block": not_listed}},
            {**rule(RATE_LIMIT, _rate(choice.requests, others)), "Action": too_many},
            {**rule(SERVER_RATE_LIMIT, _rate(choice.server_requests, servers)), "Action": too_many},
            *(
                _overridden(rule(name, _managed(group, choice.versions)), choice)
                for name, group in MANAGED.items()
            ),
            {**rule(ALLOW, _in_sets(set_arns, "allow")), "Action": _allow(value)},
        ],
        "VisibilityConfig": _seen(names, "default"),
        "CustomResponseBodies": response_bodies(names.stage, types),
        "DataProtectionConfig": protection(found),
    }


def _in_sets(set_arns: Mapping[SetKey, str], kind: SetKind) -> "StatementTypeDef":
    sets: list[StatementTypeDef] = [
        {"IPSetReferenceStatement": {"ARN": set_arns[kind, version]}} for version in VERSIONS
    ]
    return {"OrStatement": {"Statements": sets}}


def _rate(requests: int, scope: "StatementTypeDef") -> "StatementTypeDef":
    """Counts each address separately, among the requests that match `scope`."""
    return {
        "RateBasedStatement": {
            "Limit": requests,
            "EvaluationWindowSec": WINDOW,
            "AggregateKeyType": "IP",
            "ScopeDownStatement": scope,
        }
    }


def _managed(group: str, versions: Mapping[str, str]) -> "StatementTypeDef":
    statement: ManagedRuleGroupStatementTypeDef = {"VendorName": "AWS", "Name": group}
    if group in versions:
        statement["Version"] = versions[group]
    return {"ManagedRuleGroupStatement": statement}


def _rate_action(choice: Choice) -> "RuleActionTypeDef":
    wait = {"Access-Control-Expose-Headers": "Retry-After", "Retry-After": str(WINDOW)}
    return {"Count": {}} if choice.count else {"Block": _block(TOO_MANY, 429, wait)}


def _overridden(rule: "RuleTypeDef", choice: Choice) -> "RuleTypeDef":
    return {**rule, "OverrideAction": {"Count": {}} if choice.count else {"None": {}}}


def _allow(value: str) -> "RuleActionTypeDef":
    headers: list[CustomHTTPHeaderTypeDef] = [{"Name": INSERTED_HEADER, "Value": value}]
    return {"Allow": {"CustomRequestHandling": {"InsertHeaders": headers}}}


def _block(body: str, status: int, more: Mapping[str, str] | None = None) -> "BlockActionTypeDef":
    headers = {**FOR_BROWSERS, **(more or {})}
    return {
        "CustomResponse": {
            "ResponseCode": status,
            "CustomResponseBodyKey": body,
            "ResponseHeaders": [{"Name": name, "Value": headers[name]} for name in headers],
        }
    }


def _seen(names: Names, what: str) -> "VisibilityConfigTypeDef":
    """The allow rule takes no samples: a sample would show the inserted header."""
    return {
        "SampledRequestsEnabled": what != ALLOW,
        "CloudWatchMetricsEnabled": True,
        "MetricName": f"{names.web_acl}-{what}",
    }


def response_bodies(stage: str, types: str = PROBLEM_URN) -> "dict[str, CustomResponseBodyTypeDef]":
    get_in = (
        "Only listed addresses reach this API. Ask somebody with access to its AWS account to run:"
        f" .venv/bin/python waf/allowlist.py add ADDRESS --stage {stage}"
    )
    wait = "Your address sent too many requests in five minutes. Wait five minutes, then send fewer"
    return {
        NOT_LISTED: _body(types + NOT_LISTED, "Your address is not on the allow-list", 403, get_in),
        TOO_MANY: _body(types + TOO_MANY, "Too many requests", 429, wait),
    }


def _body(type_: str, title: str, status: int, detail: str) -> "CustomResponseBodyTypeDef":
    problem = {"type": type_, "title": title, "status": status, "detail": detail}
    return {"ContentType": "APPLICATION_JSON", "Content": json.dumps(problem)}


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """The differences between `found`, from get_web_acl, and `wanted`. They name no value: one is secret."""
    old, new = ({rule["Name"]: rule for rule in acl.get("Rules", [])} for acl in (found, wanted))
    changed = [name for name in new if name in old and _plain(old[name]) != _plain(new[name])]
    lines = [f"rule {name} differs" for name in changed]
    lines += [f"rule {name} is missing" for name in new if name not in old]
    lines += [f"rule {name} is unexpected" for name in old if name not in new]
    others = (part for part in wanted if part != "Rules")
    return lines + [
        f"{part} differs" for part in others if _plain(found.get(part)) != _plain(wanted[part])
    ]


def _plain(part: Any) -> Any:
    """Removes the empty lists and nulls that AWS WAF may add."""
    if isinstance(part, Mapping):
        return {name: _plain(each) for name, each in part.items() if each not in (None, [])}
    return [_plain(each) for each in part] if isinstance(part, list) else part


def choice_of(found: "WebACLTypeDef") -> Choice:
    """The choice in the `found` web ACL, with the default for a missing part."""
    rules = {rule["Name"]: rule for rule in found.get("Rules", [])}
    requests = _limit_of(rules.get(RATE_LIMIT), REQUESTS)
    # An older release had one limit for all addresses. Servers never get a lower one.
    of_servers = _limit_of(rules.get(SERVER_RATE_LIMIT), max(requests, SERVER_REQUESTS))
    count = RATE_LIMIT in rules and "Count" in rules[RATE_LIMIT].get("Action", {})
    return Choice(requests, count, of_servers, versions_of(found))


def _limit_of(rule: "RuleOutputTypeDef | None", default: int) -> int:
    return (
        rule["Statement"].get("RateBasedStatement", {}).get("Limit", default) if rule else default
    )


def versions_of(found: "WebACLTypeDef") -> dict[str, str]:
    """The versions that the `found` web ACL names, by the managed group's name."""
    statements = [rule["Statement"] for rule in found.get("Rules", [])]
    groups = [each.get("ManagedRuleGroupStatement", {}) for each in statements]
    return {each["Name"]: each["Version"] for each in groups if each.get("Version")}


def inserted_value(found: "WebACLTypeDef") -> str | None:
    """The header's value in the `found` web ACL."""
    for rule in (each for each in found.get("Rules", []) if each["Name"] == ALLOW):
        handling = rule.get("Action", {}).get("Allow", {}).get("CustomRequestHandling", {})
        for header in handling.get("InsertHeaders", []):
            if header["Name"] == INSERTED_HEADER:
                return header["Value"]
    return None
