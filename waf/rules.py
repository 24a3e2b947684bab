"""The web ACL that a stage needs, in AWS WAF's form, and the differences of a found one from it.

Rules run in this order, and the first that allows or blocks decides. The allow-list comes last, so a
listed address skips no rule.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.firewall.names import INSERTED_HEADER, VERSIONS, Names, SetKind
from chalicelib.firewall.sets import SetKey
from chalicelib.routes.problems import PROBLEM_URN
from waf.protection import protection

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
PARTS = (
    "DefaultAction",
    "Rules",
    "VisibilityConfig",
    "CustomResponseBodies",
    "DataProtectionConfig",
)


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
    found: Mapping[str, Any] | None = None,
    types: str = PROBLEM_URN,
) -> dict[str, Any]:
    """The PARTS of the web ACL, for create_web_acl and update_web_acl.

    `value` is the inserted header's, `types` is Stage.problem_types. Other fields that the `found`
    web ACL protects stay protected.
    """
    servers = _in_sets(set_arns, "servers")
    others = {"NotStatement": {"Statement": servers}}
    rate_action = _rate_action(choice)
    rules = [
        {"Action": _block(NOT_LISTED, 403), "Statement": _in_sets(set_arns, "deny")},
        {"Action": rate_action, "Statement": _rate_statement(choice.requests, others)},
        {"Action": rate_action, "Statement": _rate_statement(choice.server_requests, servers)},
        *(
            {**_override(choice), "Statement": _managed(group, choice.versions)}
            for group in MANAGED.values()
        ),
        {"Action": _allow(value), "Statement": _in_sets(set_arns, "allow")},
    ]
    return {
        "DefaultAction": _block(NOT_LISTED, 403),
        "Rules": [
            {"Name": name, "Priority": n, **rule, "VisibilityConfig": _seen(names, name)}
            for n, (name, rule) in enumerate(zip(RULES, rules, strict=True))
        ],
        "VisibilityConfig": _seen(names, "default"),
        "CustomResponseBodies": response_bodies(names.stage, types),
        "DataProtectionConfig": protection(found or {}),
    }


def _in_sets(set_arns: Mapping[SetKey, str], kind: SetKind) -> dict[str, Any]:
    sets = [{"IPSetReferenceStatement": {"ARN": set_arns[kind, version]}} for version in VERSIONS]
    return {"OrStatement": {"Statements": sets}}


def _rate_statement(requests: int, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Counts each address separately, among the requests that match `scope`."""
    limit = {"Limit": requests, "EvaluationWindowSec": WINDOW, "AggregateKeyType": "IP"}
    return {"RateBasedStatement": {**limit, "ScopeDownStatement": scope}}


def _managed(group: str, versions: Mapping[str, str]) -> dict[str, Any]:
    version = {"Version": versions[group]} if group in versions else {}
    return {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group, **version}}


def _rate_action(choice: Choice) -> dict[str, Any]:
    wait = {"Access-Control-Expose-Headers": "Retry-After", "Retry-After": str(WINDOW)}
    return {"Count": {}} if choice.count else _block(TOO_MANY, 429, wait)


def _override(choice: Choice) -> dict[str, Any]:
    return {"OverrideAction": {"Count": {}} if choice.count else {"None": {}}}


def _allow(value: str) -> dict[str, Any]:
    header = {"Name": INSERTED_HEADER, "Value": value}
    return {"Allow": {"CustomRequestHandling": {"InsertHeaders": [header]}}}


def _block(body: str, status: int, more: Mapping[str, str] | None = None) -> dict[str, Any]:
    headers = {**FOR_BROWSERS, **(more or {})}
    response = {
        "ResponseCode": status,
        "CustomResponseBodyKey": body,
        "ResponseHeaders": [{"Name": name, "Value": headers[name]} for name in headers],
    }
    return {"Block": {"CustomResponse": response}}


def _seen(names: Names, what: str) -> dict[str, Any]:
    """The allow rule takes no samples: a sample would show the inserted header."""
    return {
        "SampledRequestsEnabled": what != ALLOW,
        "CloudWatchMetricsEnabled": True,
        "MetricName": f"{names.web_acl}-{what}",
    }


def response_bodies(stage: str, types: str = PROBLEM_URN) -> dict[str, Any]:
    get_in = (
        "Only listed addresses reach this API. Ask somebody with access to its AWS account to run:"
        f" python waf/allowlist.py add ADDRESS --stage {stage}"
    )
    wait = "Your address sent too many requests in five minutes. Wait five minutes, then send fewer"
    return {
        NOT_LISTED: _body(types + NOT_LISTED, "Your address is not on the allow-list", 403, get_in),
        TOO_MANY: _body(types + TOO_MANY, "Too many requests", 429, wait),
    }


def _body(type_: str, title: str, status: int, detail: str) -> dict[str, str]:
    problem = {"type": type_, "title": title, "status": status, "detail": detail}
    return {"ContentType": "APPLICATION_JSON", "Content": json.dumps(problem)}


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """The differences between `found`, from get_web_acl, and `wanted`. They name no value: one is secret."""
    old, new = ({rule["Name"]: rule for rule in acl.get("Rules", [])} for acl in (found, wanted))
    changed = [name for name in new if name in old and _plain(old[name]) != _plain(new[name])]
    lines = [f"rule {name} differs" for name in changed]
    lines += [f"rule {name} is missing" for name in new if name not in old]
    lines += [f"rule {name} is unexpected" for name in old if name not in new]
    others = (part for part in PARTS if part != "Rules")
    return lines + [
        f"{part} differs" for part in others if _plain(found.get(part)) != _plain(wanted[part])
    ]


def _plain(part: Any) -> Any:
    """Removes the empty lists and nulls that AWS WAF may add."""
    if isinstance(part, Mapping):
        return {name: _plain(each) for name, each in part.items() if each not in (None, [])}
    return [_plain(each) for each in part] if isinstance(part, list) else part


def choice_of(found: Mapping[str, Any]) -> Choice:
    """The choice in the `found` web ACL, with the default for a missing part."""
    rules = {rule["Name"]: rule for rule in found.get("Rules", [])}
    requests = _limit_of(rules.get(RATE_LIMIT), REQUESTS)
    # An older release had one limit for all addresses. Servers never get a lower one.
    of_servers = _limit_of(rules.get(SERVER_RATE_LIMIT), max(requests, SERVER_REQUESTS))
    count = "Count" in rules.get(RATE_LIMIT, {}).get("Action", {})
    return Choice(requests, count, of_servers, versions_of(found))


def _limit_of(rule: Mapping[str, Any] | None, default: int) -> int:
    statement = (rule or {}).get("Statement", {})
    limit: int = statement.get("RateBasedStatement", {}).get("Limit", default)
    return limit


def versions_of(found: Mapping[str, Any]) -> dict[str, str]:
    """The versions that the `found` web ACL names, by the managed group's name."""
    statements = [rule["Statement"] for rule in found.get("Rules", [])]
    groups = [each.get("ManagedRuleGroupStatement", {}) for each in statements]
    return {each["Name"]: each["Version"] for each in groups if each.get("Version")}


def inserted_value(found: Mapping[str, Any]) -> str | None:
    """The header's value in the `found` web ACL."""
    rules: Iterable[Any] = (each for each in found.get("Rules", []) if each["Name"] == ALLOW)
    for rule in rules:
        handling = rule.get("Action", {}).get("Allow", {}).get("CustomRequestHandling", {})
        for header in handling.get("InsertHeaders", []):
            if header["Name"] == INSERTED_HEADER:
                value: str = header["Value"]
                return value
    return None
