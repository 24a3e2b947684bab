"""The inputs that WAFv2 refuses: by botocore's service model, and by the manual's rules."""

import ipaddress
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

Document = Mapping[str, Any]
Versions = Mapping[str, tuple[str, ...]]  # by the managed group's name

STAGE_ARN = r"arn:aws:apigateway:{region}::/restapis/[a-z0-9]+/stages/[\w-]+"
LOAD_BALANCER_ARN = r"arn:aws:elasticloadbalancing:{region}:\d{{12}}:loadbalancer/app/[A-Za-z0-9-]{{1,32}}/[0-9a-z]+"
LOG_GROUP = r"arn:aws:logs:[\w-]+:\d{12}:log-group:aws-waf-logs-[\w./#-]+"
MOST_ADDRESSES, MOST_HEADERS, LONGEST_BODY = 10_000, 10, 4096
# AWS's rule groups and their versions, the default first. Groups of addresses have none.
MANAGED_GROUPS: Versions = {
    "AWSManagedRulesKnownBadInputsRuleSet": ("Version_1.23", "Version_1.24", "Version_1.9"),
    "AWSManagedRulesAmazonIpReputationList": (),
}
GROUP, RATE = "ManagedRuleGroupStatement", "RateBasedStatement"


class WafError(Exception):
    """An error answer: `code` is its name in the service model."""

    def __init__(self, code: str, message: str = "", **members: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.members = {"Message": message} | members


def invalid(field: str, parameter: object, reason: str) -> WafError:
    message = f"Error reason: {reason}, field: {field}, parameter: {parameter}"
    of = {"Field": field, "Parameter": str(parameter), "Reason": reason}
    return WafError("WAFInvalidParameterException", message, **of)


@cache
def model() -> Any:
    return botocore.session.get_session().get_service_model("wafv2")


def check_input(operation: str, given: Document) -> None:
    """Refuses members that are not in the service model, and input without a required member."""
    shape = model().operation_model(operation).input_shape
    report = ParamValidator().validate(given, shape)
    if report.has_errors():
        raise invalid(operation, "", report.generate_report())
    for path, reason in _beyond_limits(shape, given, operation):
        raise invalid(path, "", reason)
    if given.get("Scope") == "CLOUDFRONT":
        raise invalid("SCOPE_VALUE", "CLOUDFRONT", "The scope is not valid outside us-east-1.")


def _beyond_limits(shape: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The faults that boto3 does not check."""
    limits = shape.metadata
    size = value if isinstance(value, int | float) else len(value)
    if size > limits.get("max", size):
        yield path, f"more than {limits['max']}"
    if value not in limits.get("enum", [value]):
        yield path, f"{value} is none of {limits['enum']}"
    if "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        yield path, f"does not match {limits['pattern']}"
    for inner, part in _parts(shape, value):
        yield from _beyond_limits(inner, part, f"{path}.{inner.name}")


def _parts(shape: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    if shape.type_name == "structure":
        yield from ((shape.members[name], part) for name, part in value.items())
    elif shape.type_name == "list":
        yield from ((shape.member, part) for part in value)
    elif shape.type_name == "map":
        yield from ((shape.value, part) for part in value.values())


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Java's pattern as Python's: in Java `\\w` is ASCII, and `\\p{L}` any script's letter."""
    if "\\p{" in text:
        return re.compile(
            text.replace("\\p{L}", "\\w").replace("\\p{Z}", "\\s").replace("\\p{N}", "")
        )
    return re.compile(text, re.ASCII)


def check_addresses(addresses: Collection[str], version: str) -> None:
    """Refuses host bits, /0, the other version, a repeated range, and too many ranges."""
    if len(addresses) > MOST_ADDRESSES:
        raise WafError("WAFLimitsExceededException", f"{len(addresses)} addresses in one set")
    read = ipaddress.IPv4Network if version == "IPV4" else ipaddress.IPv6Network
    for text in addresses:
        try:
            if not re.fullmatch("[^%]+/[1-9][0-9]{0,2}", text):
                raise ValueError
            read(text)
        except ValueError:
            reason = "The parameter contains formatting that is not valid."
            raise invalid("IP_ADDRESS", text, reason) from None
    require_unique("IP_ADDRESS", map(read, addresses))


def require_unique(field: str, values: Iterable[Any]) -> None:
    seen = list(values)
    if len(set(seen)) < len(seen):
        raise invalid(field, "", "One is there twice.")


def type_of_resource(arn: str, region: str) -> str:
    """The type of a resource, as ListResourcesForWebACL names it."""
    types = {"API_GATEWAY": STAGE_ARN, "APPLICATION_LOAD_BALANCER": LOAD_BALANCER_ARN}
    for name, pattern in types.items():
        if re.fullmatch(pattern.format(region=region), arn):
            return name
    raise invalid("RESOURCE_ARN", arn, "The ARN isn't valid.")


def check_logging(wanted: Document) -> None:
    destinations = wanted["LogDestinationConfigs"]
    if len(destinations) != 1 or not re.fullmatch(LOG_GROUP, destinations[0]):
        raise invalid("LOG_DESTINATION", destinations, "The ARN isn't valid.")


def check_acl(given: Document, ip_sets: Collection[str], versions: Versions) -> None:
    rules, bodies = given.get("Rules", []), given.get("CustomResponseBodies", {})
    for name in ("Name", "Priority"):
        require_unique("RULE", (rule[name] for rule in rules))
    for key, body in bodies.items():
        _check_body(key, body)
    _check_action("DEFAULT_ACTION", given["DefaultAction"], ("Allow", "Block"), bodies)
    for rule in rules:
        _check_rule(rule, bodies, versions)
    _check_protection(given.get("DataProtectionConfig", {}).get("DataProtections", []))
    for arn in references(given) - {*ip_sets}:
        raise WafError("WAFNonexistentItemException", f"{arn} does not exist")


def references(acl: Document) -> set[str]:
    """The ARNs of the IP sets that the ACL's rules use."""
    statements = [rule["Statement"] for rule in acl.get("Rules", [])]
    for each in statements:  # the loop extends this list
        statements += nested(each)
    return {
        s["IPSetReferenceStatement"]["ARN"] for s in statements if "IPSetReferenceStatement" in s
    }


def nested(statement: Document) -> list[Document]:
    ((_, said),) = statement.items() if statement else ((None, {}),)
    ones = [said[name] for name in ("Statement", "ScopeDownStatement") if name in said]
    return [*said.get("Statements", []), *ones]


def _check_rule(rule: Document, bodies: Document, versions: Versions) -> None:
    kind = _check_statement(rule["Statement"], versions)
    inner = nested(rule["Statement"])
    for each in inner:  # the loop extends this list
        if _check_statement(each, versions) in (GROUP, RATE):
            raise invalid("STATEMENT", kind, "It cannot be nested.")
        inner += nested(each)
    due, other = ("OverrideAction", "Action") if kind == GROUP else ("Action", "OverrideAction")
    if due not in rule or other in rule:
        raise invalid("RULE", rule["Name"], f"A rule with a {kind} takes {due}, and no {other}.")
    choices: tuple[str, ...] = ("Count", "None")
    if kind != GROUP:
        choices = ("Block", "Count") if kind == RATE else ("Allow", "Block", "Count")
    _check_action("RULE_ACTION", rule[due], choices, bodies)


def _check_statement(statement: Document, versions: Versions) -> str:
    """Returns the kind of the statement."""
    known = ("IPSetReferenceStatement", "OrStatement", "NotStatement", RATE, GROUP)
    kind = _one_of("STATEMENT", statement, known)
    if kind == "OrStatement" and len(nested(statement)) < 2:
        raise invalid("STATEMENT", kind, "It needs two statements or more.")
    if kind == RATE and statement[kind].get("EvaluationWindowSec", 300) not in (60, 120, 300, 600):
        raise invalid("RATE_BASED_STATEMENT", kind, "The window is not valid.")
    if kind == GROUP:
        name, version = statement[kind]["Name"], statement[kind].get("Version")
        if name not in versions:
            raise WafError("WAFNonexistentItemException", f"no rule group {name}")
        if version is not None and version not in versions[name]:
            raise WafError("WAFExpiredManagedRuleGroupVersionException", f"{name} {version}")
    return kind


def _check_protection(protections: list[Document]) -> None:
    """Refuses a header, cookie or argument without a name, and a name that is given twice."""
    named: list[tuple[str, str]] = []
    for each in protections:
        kind, keys = each["Field"]["FieldType"], each["Field"].get("FieldKeys", [])
        if kind.startswith("SINGLE_") != bool(keys):
            raise invalid("DATA_PROTECTION_CONFIG", kind, "Its keys are missing, or it takes none.")
        named += [(kind, key.lower()) for key in keys or [""]]
    require_unique("DATA_PROTECTION_CONFIG", named)


def _check_action(field: str, action: Document, choices: Iterable[str], bodies: Document) -> None:
    said = action[_one_of(field, action, choices)]
    response = said.get("CustomResponse", {})
    _check_headers(said.get("CustomRequestHandling", {}).get("InsertHeaders", []))
    _check_headers(response.get("ResponseHeaders", []))
    if response.get("CustomResponseBodyKey", next(iter(bodies), None)) not in (*bodies, None):
        raise invalid("CUSTOM_RESPONSE_BODY", "", "There is no such custom response body.")


def _check_headers(headers: list[Mapping[str, str]]) -> None:
    names = [header["Name"].lower() for header in headers]
    require_unique("HEADER", names)
    if "content-type" in names or len(names) > MOST_HEADERS:
        raise invalid("HEADER", names, "content-type, or too many headers.")


def _check_body(key: str, body: Mapping[str, str]) -> None:
    if len(body["Content"].encode()) > LONGEST_BODY:
        raise WafError("WAFLimitsExceededException", f"custom response body {key}")
    try:
        json.loads(body["Content"])
    except ValueError:
        raise invalid("CUSTOM_RESPONSE_BODY", key, "It is not JSON.") from None


def _one_of(field: str, given: Document, choices: Iterable[str]) -> str:
    """The only member. Refuses any other number of members."""
    names = list(given)
    if len(names) != 1 or names[0] not in choices:
        raise invalid(field, names, "You must specify exactly one of the choices.")
    return names[0]
