"""What a web ACL decides about a request, as WAF would: rules by ascending priority, then the default action."""

import ipaddress
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.support.fake_waf_acls import nested
from tests.support.fake_waf_items import Item
from tests.support.fake_waf_shapes import Document

PREFIX = "x-amzn-waf-"
DEFAULT = "Default_Action"
CONTENT_TYPES = {
    "TEXT_PLAIN": "text/plain",
    "TEXT_HTML": "text/html",
    "APPLICATION_JSON": "application/json",
}
FORBIDDEN = '{"message":"Forbidden"}'  # what API Gateway answers where the ACL says nothing
Sets = Mapping[str, list[str]]


@dataclass(frozen=True)
class Request:
    ip: str
    headers: dict[str, str]
    path: str
    method: str
    managed: frozenset[str]


@dataclass(frozen=True)
class Decision:
    """`rule` decided: its name, Default_Action, or None where there is no ACL.

    Of a blocked request, `status`, `body` and `headers` are the answer. Of one that passes, `headers_in` are what
    the application is given. `counted` are the rules that matched and went on.
    """

    action: str  # ALLOW or BLOCK
    rule: str | None
    status: int | None = None
    body: str | None = None
    headers_in: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    counted: tuple[str, ...] = ()


class Decisions:
    """Remembers who asked when, for the rules that limit rates."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, ...], list[float]] = defaultdict(list)

    def decide(self, acl: Item | None, sets: Sets, request: Request, now: float) -> Decision:
        if acl is None:
            return Decision("ALLOW", None, headers_in=dict(request.headers))
        headers: dict[str, str] = dict(request.headers)
        counted: list[str] = []
        for rule in sorted(acl.held.get("Rules", []), key=lambda one: one["Priority"]):
            seen = Seen(request, sets, self._over_limit(acl.arn, rule, request.ip, now))
            if not seen.matches(rule["Statement"]):
                continue
            action, said = _action(rule)
            if action != "Count":
                return _ended(acl, rule["Name"], {action: said}, headers, tuple(counted))
            headers = _with_inserted(headers, said)
            counted.append(rule["Name"])
        return _ended(acl, DEFAULT, acl.held["DefaultAction"], headers, tuple(counted))

    def _over_limit(
        self, acl: str, rule: Document, ip: str, now: float
    ) -> Callable[[Document], bool]:
        """Counts this request too; a rule that was changed starts from nothing."""

        def over(said: Document) -> bool:
            key = (acl, rule["Name"], json.dumps(said, sort_keys=True), _address(ip).exploded)
            since = now - said.get("EvaluationWindowSec", 300)
            self._asked[key] = [at for at in self._asked[key] if at > since] + [now]
            return len(self._asked[key]) > int(said["Limit"])

        return over


@dataclass(frozen=True)
class Seen:
    """One request before one rule."""

    request: Request
    sets: Sets
    over_limit: Callable[[Document], bool]

    def matches(self, statement: Document) -> bool:
        ((kind, said),) = statement.items()
        if kind == "IPSetReferenceStatement":
            return self._listed(said)
        if kind == "OrStatement":
            return any(self.matches(one) for one in said["Statements"])
        if kind == "AndStatement":
            return all(self.matches(one) for one in said["Statements"])
        if kind == "NotStatement":
            return not self.matches(said["Statement"])
        if kind == "RateBasedStatement":
            return self._too_often(statement)
        if kind == "ManagedRuleGroupStatement":
            return self._managed(statement)
        raise NotImplementedError(kind)

    def _listed(self, said: Document) -> bool:
        if "IPSetForwardedIPConfig" in said:
            raise NotImplementedError("IPSetForwardedIPConfig")
        address = _address(self.request.ip)
        return any(address in _network(one) for one in self.sets[said["ARN"]])

    def _too_often(self, statement: Document) -> bool:
        said = statement["RateBasedStatement"]
        if said["AggregateKeyType"] != "IP":
            raise NotImplementedError(said["AggregateKeyType"])
        return self._in_scope(statement) and self.over_limit(said)

    def _managed(self, statement: Document) -> bool:
        said = statement["ManagedRuleGroupStatement"]
        for name in ("ExcludedRules", "RuleActionOverrides", "ManagedRuleGroupConfigs"):
            if name in said:
                raise NotImplementedError(name)
        return said["Name"] in self.request.managed and self._in_scope(statement)

    def _in_scope(self, statement: Document) -> bool:
        return all(self.matches(one) for one in nested(statement))


@cache
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


def _address(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(ip)


def _action(rule: Document) -> tuple[str, Document]:
    """A group of AWS blocks, unless it is overridden to count."""
    if "OverrideAction" in rule:
        return ("Count" if "Count" in rule["OverrideAction"] else "Block"), {}
    ((action, said),) = rule["Action"].items()
    return action, said


def _ended(
    acl: Item, rule: str, action: Document, headers: dict[str, str], counted: tuple[str, ...]
) -> Decision:
    ((kind, said),) = action.items()
    if kind == "Allow":
        inserted = _with_inserted(headers, said)
        return Decision("ALLOW", rule, headers_in=inserted, counted=counted)
    if kind != "Block":
        raise NotImplementedError(kind)
    status, body, answered = _blocked(acl, said.get("CustomResponse"))
    return Decision("BLOCK", rule, status, body, headers=answered, counted=counted)


def _blocked(acl: Item, response: Document | None) -> tuple[int, str, dict[str, str]]:
    """(status, body, headers)."""
    if response is None:
        return 403, FORBIDDEN, {"Content-Type": "application/json"}
    headers: dict[str, str] = {}
    body: dict[str, Any] = {"Content": ""}
    if "CustomResponseBodyKey" in response:
        body = acl.held["CustomResponseBodies"][response["CustomResponseBodyKey"]]
        headers = {"Content-Type": CONTENT_TYPES[body["ContentType"]]}
    for header in response.get("ResponseHeaders", []):
        headers[header["Name"]] = header["Value"]
    return response["ResponseCode"], body["Content"], headers


def _with_inserted(headers: dict[str, str], said: Document) -> dict[str, str]:
    """What a client sent under the same name, however it is written, does not get through."""
    inserted = {
        PREFIX + header["Name"]: header["Value"]
        for header in said.get("CustomRequestHandling", {}).get("InsertHeaders", [])
    }
    taken = {name.lower() for name in inserted}
    return {name: value for name, value in headers.items() if name.lower() not in taken} | inserted
