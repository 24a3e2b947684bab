"""Which web ACLs WAFv2 takes, beyond what the service model says, and what capacity they need."""

import json
from collections.abc import Container, Iterator, Mapping
from copy import deepcopy
from itertools import chain
from typing import Any

from tests.support.fake_waf_shapes import (
    MANAGED_GROUPS,
    Document,
    WafError,
    invalid,
    one_of,
    repeated,
)

GROUPS = ("ManagedRuleGroupStatement", "RuleGroupReferenceStatement")
STATUSES = {200, 201, 202, 204, 206, *range(300, 305), 307, 308, 400, 401, 403, 404, 405} | {
    408,
    409,
    *range(411, 417),
    421,
    429,
    *range(500, 506),
}
WINDOWS = (60, 120, 300, 600)
MOST_CAPACITY, MOST_HEADERS, LONGEST_BODY, LONGEST_BODIES = 5000, 10, 4096, 51_200
REASON = "The parameter contains a value that is not valid."


def check_acl(given: Document, ip_sets: Container[str]) -> int:
    """The capacity units it takes; WafError where WAFv2 would refuse it."""
    rules = given.get("Rules", [])
    for name in ("Name", "Priority"):
        for value in repeated(rule[name] for rule in rules):
            raise invalid("RULE", value, f"Two rules have the same {name.lower()}.")
    bodies = given.get("CustomResponseBodies", {})
    _check_bodies(bodies)
    kind = one_of("DEFAULT_ACTION", given["DefaultAction"], ("Allow", "Block"))
    _check_handling(given["DefaultAction"][kind], bodies)
    for rule in rules:
        _check_rule(rule, bodies)
    for arn in references(given):
        if arn not in ip_sets:
            raise WafError("WAFNonexistentItemException", f"{arn} does not exist")
    capacity = sum(_capacity(rule["Statement"]) for rule in rules)
    if capacity > MOST_CAPACITY:
        raise WafError("WAFLimitsExceededException", f"needs {capacity} capacity units")
    return capacity


def references(acl: Document) -> set[str]:
    """The ARNs of the IP sets that its rules need, however deep they are nested."""
    return set(chain.from_iterable(_referenced(rule["Statement"]) for rule in acl.get("Rules", [])))


def with_defaults(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As WAFv2 hands them back."""
    rules = deepcopy(rules)
    for rule in rules:
        if "RateBasedStatement" in rule["Statement"]:
            rule["Statement"]["RateBasedStatement"].setdefault("EvaluationWindowSec", 300)
    return rules


def nested(statement: Document) -> list[Document]:
    """The statements directly within one."""
    ((_, said),) = statement.items()
    inner = list(said.get("Statements", []))
    return inner + [said[key] for key in ("Statement", "ScopeDownStatement") if key in said]


def _referenced(statement: Document) -> Iterator[str]:
    if "IPSetReferenceStatement" in statement:
        yield statement["IPSetReferenceStatement"]["ARN"]
    for inner in nested(statement):
        yield from _referenced(inner)


def _check_rule(rule: Document, bodies: Document) -> None:
    _check_statement(rule["Statement"], top=True)
    (kind,) = rule["Statement"]
    due, other = ("OverrideAction", "Action") if kind in GROUPS else ("Action", "OverrideAction")
    if due not in rule or other in rule:
        raise invalid("RULE", rule["Name"], f"A rule with a {kind} takes {due}, and no {other}.")
    if due == "OverrideAction":
        one_of("OVERRIDE_ACTION", rule[due], ("Count", "None"))
        if rule[due].get("Count"):
            raise invalid("OVERRIDE_ACTION", rule["Name"], "Here are no custom headers.")
        return
    choices = ("Allow", "Block", "Count", "Captcha", "Challenge")
    action = one_of("RULE_ACTION", rule[due], choices[1:] if kind.startswith("Rate") else choices)
    _check_handling(rule[due][action], bodies)


def _check_statement(statement: Document, *, top: bool) -> None:
    if len(statement) != 1:
        raise invalid("STATEMENT", list(statement), "A statement says exactly one thing.")
    ((kind, said),) = statement.items()
    if not top and kind in (*GROUPS, "RateBasedStatement"):
        raise invalid("STATEMENT", kind, "It cannot be nested.")
    if kind in ("AndStatement", "OrStatement") and len(said["Statements"]) < 2:
        raise invalid("STATEMENT", kind, "It wants two statements or more.")
    if kind == "RateBasedStatement":
        _check_rate(said)
    if kind == "ManagedRuleGroupStatement" and (
        said["VendorName"] != "AWS" or said["Name"] not in MANAGED_GROUPS
    ):
        raise WafError("WAFNonexistentItemException", f"no rule group {said['Name']}")
    for inner in nested(statement):
        _check_statement(inner, top=False)


def _check_rate(said: Document) -> None:
    if said.get("EvaluationWindowSec", 300) not in WINDOWS:
        raise invalid("RATE_BASED_STATEMENT", said["EvaluationWindowSec"], REASON)
    key = said["AggregateKeyType"]
    wanted = {"FORWARDED_IP": {"ForwardedIPConfig"}, "CUSTOM_KEYS": {"CustomKeys"}}.get(key, set())
    if set(said) & {"ForwardedIPConfig", "CustomKeys"} != wanted:
        raise invalid("RATE_BASED_STATEMENT", key, "The aggregate key and its settings differ.")
    if key == "CONSTANT" and "ScopeDownStatement" not in said:
        raise invalid("SCOPE_DOWN", key, "It wants a scope-down statement.")


def _check_handling(said: Document, bodies: Document) -> None:
    """Headers to be inserted, or a custom response."""
    inserted = said.get("CustomRequestHandling", {}).get("InsertHeaders", [])
    _check_headers("CUSTOM_REQUEST_HANDLING", inserted)
    response = said.get("CustomResponse")
    if response is None:
        return
    if response["ResponseCode"] not in STATUSES:
        raise invalid("CUSTOM_RESPONSE", response["ResponseCode"], REASON)
    _check_headers("CUSTOM_RESPONSE", response.get("ResponseHeaders", []))
    key = response.get("CustomResponseBodyKey")
    if key is not None and key not in bodies:
        raise invalid("CUSTOM_RESPONSE_BODY", key, "There is no such custom response body.")


def _check_headers(field: str, headers: list[Mapping[str, str]]) -> None:
    names = [header["Name"].lower() for header in headers]
    if "content-type" in names or repeated(names) or len(names) > MOST_HEADERS:
        raise invalid(field, names, "content-type, or too many headers, or two of one name.")


def _check_bodies(bodies: Mapping[str, Any]) -> None:
    sizes = [len(body["Content"].encode()) for body in bodies.values()]
    if max(sizes, default=0) > LONGEST_BODY or sum(sizes) > LONGEST_BODIES:
        raise WafError("WAFLimitsExceededException", f"custom response bodies of {sizes} bytes")
    for key, body in bodies.items():
        if body["ContentType"] == "APPLICATION_JSON":
            try:
                json.loads(body["Content"])
            except ValueError:
                raise invalid("CUSTOM_RESPONSE_BODY", key, "It is no JSON.") from None


def _capacity(statement: Document) -> int:
    ((kind, said),) = statement.items()
    inner = sum(map(_capacity, nested(statement)))
    if kind == "ManagedRuleGroupStatement":
        return inner + MANAGED_GROUPS[said["Name"]]
    return inner + (2 if kind == "RateBasedStatement" else 1)
