"""Web ACLs and rules that WAFv2 accepts, as a base for tests."""

from typing import Any

STAGE = "arn:aws:apigateway:eu-west-2::/restapis/abc123/stages/dev"
LOAD_BALANCER = (
    "arn:aws:elasticloadbalancing:eu-west-2:000000000000:loadbalancer/app/front/50dc6c495c0c9188"
)
PAGE = {"page": {"ContentType": "APPLICATION_JSON", "Content": '{"status": 403}'}}
VISIBILITY = {
    "SampledRequestsEnabled": True,
    "CloudWatchMetricsEnabled": True,
    "MetricName": "example",
}


def acl(*rules: dict[str, Any], name: str = "example") -> dict[str, Any]:
    """Blocks every request that no rule allows, with its own page."""
    response = {
        "ResponseCode": 403,
        "CustomResponseBodyKey": "page",
        "ResponseHeaders": [{"Name": "Access-Control-Allow-Origin", "Value": "*"}],
    }
    return {
        "Name": name,
        "Scope": "REGIONAL",
        "DefaultAction": {"Block": {"CustomResponse": response}},
        "VisibilityConfig": VISIBILITY,
        "CustomResponseBodies": PAGE,
        "Rules": list(rules),
    }


def block_rule(statement: dict[str, Any], name: str = "block", priority: int = 1) -> dict[str, Any]:
    return _rule(name, priority, statement) | {"Action": {"Block": {}}}


def count_rule(statement: dict[str, Any], name: str = "count", priority: int = 2) -> dict[str, Any]:
    return _rule(name, priority, statement) | {"Action": {"Count": inserting("counted", "yes")}}


def allow_rule(statement: dict[str, Any], name: str = "allow", priority: int = 9) -> dict[str, Any]:
    return _rule(name, priority, statement) | {"Action": {"Allow": inserting("key", "secret")}}


def managed_rule(
    group: str = "AWSManagedRulesKnownBadInputsRuleSet",
    priority: int = 5,
    override: str = "None",
    version: str = "",
) -> dict[str, Any]:
    of = {"VendorName": "AWS", "Name": group} | ({"Version": version} if version else {})
    statement = {"ManagedRuleGroupStatement": of}
    return _rule(group, priority, statement) | {"OverrideAction": {override: {}}}


def listed(*arns: str) -> dict[str, Any]:
    """Matches an address in one of the sets."""
    statements = [{"IPSetReferenceStatement": {"ARN": arn}} for arn in arns]
    return statements[0] if len(statements) == 1 else {"OrStatement": {"Statements": statements}}


def rate(**more: Any) -> dict[str, Any]:
    """Matches an address after more than ten requests."""
    return {"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP"} | more}


def inserting(name: str, value: str) -> dict[str, Any]:
    return {"CustomRequestHandling": {"InsertHeaders": [{"Name": name, "Value": value}]}}


def _rule(name: str, priority: int, statement: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": name,
        "Priority": priority,
        "Statement": statement,
        "VisibilityConfig": VISIBILITY,
    }
