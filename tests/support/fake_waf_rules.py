"""A web ACL's decision about a request, as WAF makes it: rules by priority, then the default."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from tests.support.fake_waf_shapes import GROUP, RATE, Document, nested

PREFIX = "x-amzn-waf-"
DEFAULT = "Default_Action"
FORBIDDEN = '{"message":"Forbidden"}'  # API Gateway's answer where the ACL has none of its own
RATE_MEMBERS = ("Limit", "EvaluationWindowSec", "AggregateKeyType", "ScopeDownStatement")
Sets = Mapping[str, list[str]]


@dataclass(frozen=True)
class Decision:
    """`rule` is the name of the deciding rule, Default_Action, or None where there is no ACL.

    A blocked request has the answer `status`, `body` and `headers`. For an allowed one the
    application gets `headers_in`. `counted` are the rules that matched without deciding.
    """

    action: str  # ALLOW or BLOCK
    rule: str | None
    status: int | None = None
    body: str | None = None
    headers_in: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    counted: tuple[str, ...] = ()


@dataclass
class Decisions:
    """Keeps the times of requests for the rate rules. A changed rule starts with none."""

    clock: Callable[[], float]
    asked: dict[tuple[str, ...], list[float]] = field(default_factory=lambda: defaultdict(list))

    def decide(
        self,
        acl: Document | None,
        sets: Sets,
        ip: str,
        headers: Mapping[str, str],
        managed: frozenset[str],
    ) -> Decision:
        """`managed` names the rule groups of AWS that the request matches."""
        if acl is None:
            return Decision("ALLOW", None, headers_in=dict(headers))
        counted: tuple[str, ...] = ()
        for rule in sorted(acl.get("Rules", []), key=lambda one: one["Priority"]):
            if not self._matches(rule["Statement"], sets, ip, managed):
                continue
            action, said = _action(rule)
            if action != "Count":
                return _ended(acl, rule["Name"], action, said, headers, counted)
            headers = _with_inserted(headers, said)
            counted += (rule["Name"],)
        ((action, said),) = acl["DefaultAction"].items()
        return _ended(acl, DEFAULT, action, said, headers, counted)

    def _matches(self, statement: Document, sets: Sets, ip: str, managed: frozenset[str]) -> bool:
        ((kind, said),) = statement.items()
        if kind == "OrStatement":
            return any(self._matches(one, sets, ip, managed) for one in nested(statement))
        if kind == "NotStatement":
            return not self._matches(said["Statement"], sets, ip, managed)
        if kind == "IPSetReferenceStatement":
            return any(ip_address(ip) in ip_network(one) for one in sets[said["ARN"]])
        if kind == GROUP and {*said} <= {"VendorName", "Name", "Version"}:
            return said["Name"] in managed
        if kind == RATE and {*said} <= {*RATE_MEMBERS}:
            if not all(self._matches(one, sets, ip, managed) for one in nested(statement)):
                return False  # and the request is not counted
            key, now = (json.dumps(said), str(ip_address(ip))), self.clock()
            since = now - said.get("EvaluationWindowSec", 300)
            self.asked[key] = [at for at in self.asked[key] if at > since] + [now]
            return len(self.asked[key]) > int(said["Limit"])
        raise NotImplementedError(statement)


def _action(rule: Document) -> tuple[str, Document]:
    """The action of a rule. A rule group of AWS blocks, unless it is overridden to count."""
    if "OverrideAction" in rule:
        return ("Count" if "Count" in rule["OverrideAction"] else "Block"), {}
    ((action, said),) = rule["Action"].items()
    return action, said


def _ended(
    acl: Document,
    rule: str,
    action: str,
    said: Document,
    headers: Mapping[str, str],
    counted: tuple[str, ...],
) -> Decision:
    if action == "Allow":
        inserted = _with_inserted(headers, said)
        return Decision("ALLOW", rule, headers_in=inserted, counted=counted)
    response: dict[str, Any] = said.get("CustomResponse", {"ResponseCode": 403})
    answered, body = {"Content-Type": "application/json"}, FORBIDDEN
    if "CustomResponseBodyKey" in response:
        body = acl["CustomResponseBodies"][response["CustomResponseBodyKey"]]["Content"]
    answered |= {each["Name"]: each["Value"] for each in response.get("ResponseHeaders", [])}
    status = response["ResponseCode"]
    return Decision("BLOCK", rule, status, body, headers=answered, counted=counted)


def _with_inserted(headers: Mapping[str, str], said: Document) -> dict[str, str]:
    """The headers with the inserted ones, which replace a client's of the same name in any case."""
    inserted = {
        PREFIX + header["Name"]: header["Value"]
        for header in said.get("CustomRequestHandling", {}).get("InsertHeaders", [])
    }
    kept = {name: value for name, value in headers.items() if name.lower() not in inserted}
    return kept | inserted
