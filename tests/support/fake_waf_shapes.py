"""What WAFv2 refuses to take: by botocore's own service model, and by the rules that stand in the manual alone."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session

Document = Mapping[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# What a rule group of AWS takes of a web ACL's capacity.
MANAGED_GROUPS = {
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesUnixRuleSet": 100,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50,
}
TYPES: Mapping[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": int | float,
    "structure": dict,
    "map": dict,
    "list": list,
}
STAGE_ARN = r"arn:aws[\w-]*:apigateway:{region}::/restapis/[a-z0-9]+/stages/[\w-]+"
LOG_DESTINATION = re.compile(
    r"arn:aws[\w-]*:(logs:[\w-]+:\d{12}:log-group:|firehose:[\w-]+:\d{12}:deliverystream/|s3:::)"
    r"aws-waf-logs-[\w./#-]+"
)
MOST_ADDRESSES = 10_000


class WafError(Exception):
    """An error answer: `code` is its name in the service model."""

    def __init__(self, code: str, message: str = "", **members: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.members = {"Message": message} | members


def invalid(field: str, parameter: object, reason: str) -> WafError:
    message = f"Error reason: {reason}, field: {field}, parameter: {parameter}"
    return WafError(
        "WAFInvalidParameterException",
        message,
        Field=field,
        Parameter=str(parameter),
        Reason=reason,
    )


@cache
def model() -> Any:
    return botocore.session.get_session().get_service_model("wafv2")


def check_input(operation: str, given: Document) -> None:
    """Refuses what the service model does not know, and what it demands and is not there."""
    shape = model().operation_model(operation).input_shape
    for path, reason in _faults(shape, given, operation):
        raise invalid(path, "", reason)
    if given.get("Scope") == "CLOUDFRONT":
        raise invalid("SCOPE_VALUE", "CLOUDFRONT", "The scope is not valid outside us-east-1.")


def _faults(shape: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    kind = shape.type_name
    if not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
        yield path, f"is no {kind}"
        return
    yield from ((path, reason) for reason in _beyond_limits(shape.metadata, value))
    if kind == "structure":
        yield from _structure_faults(shape, value, path)
    elif kind == "list":
        for index, one in enumerate(value):
            yield from _faults(shape.member, one, f"{path}[{index}]")
    elif kind == "map":
        for key, one in value.items():
            yield from _faults(shape.key, key, f"{path}.{key}")
            yield from _faults(shape.value, one, f"{path}.{key}")


def _structure_faults(shape: Any, value: Document, path: str) -> Iterator[tuple[str, str]]:
    yield from (
        (f"{path}.{name}", "missing") for name in shape.required_members if name not in value
    )
    yield from ((f"{path}.{name}", "unknown") for name in value if name not in shape.members)
    for name, one in value.items():
        if name in shape.members:
            yield from _faults(shape.members[name], one, f"{path}.{name}")


def _beyond_limits(limits: Document, value: Any) -> Iterator[str]:
    size = value if isinstance(value, int | float) else len(value)
    if size < limits.get("min", size) or size > limits.get("max", size):
        yield f"not between {limits.get('min')} and {limits.get('max')}"
    if value not in limits.get("enum", [value]):
        yield f"{value} is none of {limits['enum']}"
    if "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        yield f"does not match {limits['pattern']}"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Java's, in Python's terms: there `\\w` is ASCII, and `\\p{L}` stands for letters of all scripts."""
    if "\\p{" in text:
        return re.compile(
            text.replace("\\p{L}", "\\w").replace("\\p{Z}", "\\s").replace("\\p{N}", "")
        )
    return re.compile(text, re.ASCII)


def check_addresses(addresses: Iterable[str], version: str) -> list[Network]:
    """The networks; a range with host bits, /0 or of the other version is refused, and so is one named twice."""
    networks = [_network(text, version) for text in addresses]
    if len(networks) > MOST_ADDRESSES:
        raise WafError("WAFLimitsExceededException", f"{len(networks)} addresses in one set")
    for network in repeated(networks):
        raise invalid("IP_ADDRESS", network, "The address is there twice.")
    return networks


def _network(text: str, version: str) -> Network:
    address, _, length = text.partition("/")
    if not re.fullmatch("[1-9][0-9]{0,2}", length) or "%" in address:
        raise invalid("IP_ADDRESS", text, "The parameter contains formatting that is not valid.")
    try:
        if version == "IPV4":
            return ipaddress.IPv4Network(text)
        return ipaddress.IPv6Network(text)
    except ValueError:
        reason = "The parameter contains formatting that is not valid."
        raise invalid("IP_ADDRESS", text, reason) from None


def repeated(values: Iterable[Any]) -> list[Any]:
    return [value for value, times in Counter(values).items() if times > 1]


def check_tags(tags: list[dict[str, str]]) -> dict[str, str]:
    keys = [tag["Key"] for tag in tags]
    if repeated(keys) or any(key.lower().startswith("aws:") for key in keys):
        raise invalid("TAGS", keys, "A key is reserved, or there twice.")
    return {tag["Key"]: tag["Value"] for tag in tags}


def check_stage(arn: str, region: str) -> None:
    if not re.fullmatch(STAGE_ARN.format(region=re.escape(region)), arn):
        raise invalid("RESOURCE_ARN", arn, "The ARN isn't valid.")


def check_logging(wanted: Document) -> None:
    destinations = wanted["LogDestinationConfigs"]
    if len(destinations) != 1 or not LOG_DESTINATION.fullmatch(destinations[0]):
        raise invalid("LOG_DESTINATION", destinations, "The ARN isn't valid.")
    for redacted in wanted.get("RedactedFields", []):
        one_of("FIELD_TO_MATCH", redacted, ("UriPath", "QueryString", "SingleHeader", "Method"))
    for chosen in wanted.get("LoggingFilter", {}).get("Filters", []):
        for condition in chosen["Conditions"]:
            one_of("FILTER_CONDITION", condition, ("ActionCondition", "LabelNameCondition"))


def one_of(field: str, given: Document, choices: Iterable[str]) -> str:
    """The one member, where exactly one is due."""
    names = list(given)
    if len(names) != 1 or names[0] not in choices:
        raise invalid(field, names, "You must specify exactly one of the choices.")
    return names[0]
