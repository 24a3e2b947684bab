"""AWS WAF's logs: blocked and counted requests, never allowed ones.

The record of an allowed request has the inserted header with its value, and redaction cannot hide
it. A request may be counted and then allowed, so the first filter drops allowed requests.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.firewall.calls import code_of
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import HEADER
from ops.logs import find_group, make_group
from ops.steps import AS_WANTED, MISSING, Step, difference
from waf.place import Place
from waf.protection import HIDDEN

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_wafv2.literals import ActionValueType, FilterBehaviorType
    from types_boto3_wafv2.type_defs import (
        ConditionTypeDef,
        FieldToMatchOutputTypeDef,
        FilterOutputTypeDef,
        LoggingConfigurationOutputTypeDef,
        LoggingFilterOutputTypeDef,
    )

PREFIX = "aws-waf-logs-"  # AWS accepts no other destination
RETENTION = 30  # days


def _filter(behavior: "FilterBehaviorType", *actions: "ActionValueType") -> "FilterOutputTypeDef":
    conditions: list[ConditionTypeDef] = [
        {"ActionCondition": {"Action": action}} for action in actions
    ]
    return {"Behavior": behavior, "Requirement": "MEETS_ANY", "Conditions": conditions}


FILTER: "LoggingFilterOutputTypeDef" = {
    "DefaultBehavior": "DROP",
    "Filters": [_filter("DROP", "ALLOW"), _filter("KEEP", "BLOCK", "COUNT")],
}
REDACTED: "list[FieldToMatchOutputTypeDef]" = [
    {"SingleHeader": {"Name": name}} for name in HIDDEN if name != HEADER
]


def require_name(group: str | None) -> None:
    """Raises FirewallError."""
    if group is not None and not group.startswith(PREFIX):
        raise FirewallError(
            f"--log-group {group!r} is invalid for AWS WAF: pass a name that begins with {PREFIX}"
        )


def log_steps(place: Place, acl_arn: str | None, group: str | None) -> Iterator[Step]:
    """Without `group` the present destination stays, and only filter and redaction are corrected."""
    if group:
        yield from _group_steps(place.logs, group)
    found = place.waf.until_done(partial(find_logging, place, acl_arn)) if acl_arn else None
    if group is None and found is None:
        return
    yield Step(
        "logs of the web ACL",
        _found_as(place, found, group),
        AS_WANTED,
        partial(place.waf.until_done, partial(_log, place, group)),
    )


def _group_steps(logs: "CloudWatchLogsClient", name: str) -> Iterator[Step]:
    """Keeps a retention that is already set."""
    found = find_group(logs, name)
    days = (found or {}).get("retentionInDays")
    yield Step(
        f"log group {name}",
        MISSING if found is None else "there",
        "there",
        partial(make_group, logs, name),
    )
    yield Step(
        f"retention of {name}",
        f"{days} days" if days else "for ever",
        f"{days or RETENTION} days",
        partial(logs.put_retention_policy, logGroupName=name, retentionInDays=RETENTION),
    )


def find_logging(place: Place, acl_arn: str) -> "LoggingConfigurationOutputTypeDef | None":
    """Call it within Waf.until_done."""
    try:
        answer = place.waf("get_logging_configuration", ResourceArn=acl_arn)
    except ClientError as error:
        if code_of(error) == "WAFNonexistentItemException":
            return None
        raise
    found: LoggingConfigurationOutputTypeDef = answer["LoggingConfiguration"]
    return found


def _found_as(
    place: Place, found: "LoggingConfigurationOutputTypeDef | None", group: str | None
) -> str:
    if found is None:
        return "off"
    wanted = _wanted(place, found["ResourceArn"], found, group)
    return difference(_comparable(found), _comparable(wanted))


def _log(place: Place, group: str | None) -> None:
    acl_arn = place.require_acl().arn
    found = find_logging(place, acl_arn)
    wanted = _wanted(place, acl_arn, found, group)
    if found is None or difference(_comparable(found), _comparable(wanted)) != AS_WANTED:
        place.waf("put_logging_configuration", LoggingConfiguration=wanted)


def _wanted(
    place: Place, acl_arn: str, found: "LoggingConfigurationOutputTypeDef | None", group: str | None
) -> "LoggingConfigurationOutputTypeDef":
    destinations = found["LogDestinationConfigs"] if found else []
    if group:
        known = find_group(place.logs, group)
        destinations = [known["arn"].removesuffix(":*")] if known else []
    return {
        "ResourceArn": acl_arn,
        "LogDestinationConfigs": destinations,
        "RedactedFields": REDACTED,
        "LoggingFilter": FILTER,
    }


def _comparable(
    logging: "LoggingConfigurationOutputTypeDef",
) -> "LoggingConfigurationOutputTypeDef":
    destinations = [arn.removesuffix(":*") for arn in logging["LogDestinationConfigs"]]
    redacted = sorted(logging.get("RedactedFields", []), key=str)
    return {**logging, "LogDestinationConfigs": destinations, "RedactedFields": redacted}
