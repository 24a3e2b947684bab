"""The live state of a stage's container: service, targets, web ACL, protection against deletion."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3

from chalicelib.firewall.names import Names
from container.parameters import current
from container.stack import UPDATABLE, Stack, StackError
from ops.stage import Stage

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef
    from types_boto3_ecs.type_defs import ServiceTypeDef


def outputs_of(found: Mapping[str, Any]) -> dict[str, str]:
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def without_web_acl(parameters: dict[str, str]) -> str:
    is_required = parameters["LandscapeRequireWaf"] == "true"
    return "every request is refused" if is_required else "the API is open to every address"


def describe(stage: Stage, stack: Stack, standing: Mapping[str, Any]) -> dict[str, str]:
    """The live state, by the names that the command prints."""
    state = {"stack": stack.name, "status": standing.get("StackStatus", "not found")}
    outputs, parameters = outputs_of(standing), current(standing)
    if not outputs:
        return state
    service = find_service(outputs)
    health = boto3.client("elbv2").describe_target_health(TargetGroupArn=outputs["TargetGroupArn"])
    targets = Counter(one["TargetHealth"]["State"] for one in health["TargetHealthDescriptions"])
    web_acl, names = web_acl_of(outputs["LoadBalancerArn"]), Names(stage.app, stage.name)
    missing = f"none: {without_web_acl(parameters)}"
    expected = {names.web_acl: f"{web_acl} is associated", "": missing}
    return {
        **state,
        "image": parameters["Image"],
        "tasks": f"{service.get('runningCount', 0)} of {service.get('desiredCount', 0)} are running",
        "targets": ", ".join(f"{count} {of}" for of, count in sorted(targets.items())) or "none",
        "load_balancer": outputs["LoadBalancerDnsName"],
        "web_acl": expected.get(web_acl, f"{web_acl}, which is not the stage's {names.web_acl}"),
    }


def find_service(outputs: dict[str, str]) -> "ServiceTypeDef":
    """As describe_services returns it; empty if somebody has deleted it."""
    found = boto3.client("ecs").describe_services(
        cluster=outputs["ClusterName"], services=[outputs["ServiceName"]]
    )["services"]
    return found[0] if found else {}


def web_acl_of(load_balancer: str) -> str:
    """The name of its web ACL; empty if there is none."""
    client = boto3.client("wafv2")
    try:
        answer = client.get_web_acl_for_resource(ResourceArn=load_balancer)
    except client.exceptions.WAFNonexistentItemException:
        return ""
    return answer["WebACL"]["Name"] if "WebACL" in answer else ""


def require_unprotected(resources: "list[StackResourceSummaryTypeDef]", status: str) -> None:
    """Raises StackError if CloudFormation would fail to delete the load balancer."""
    arns = (
        one.get("PhysicalResourceId", "")
        for one in resources
        if one["LogicalResourceId"] == "LoadBalancer"
    )
    protected = next(filter(is_protected, arns), None)
    if protected:
        cure = "landscape container deploy --no-deletion-protection"
        if status not in UPDATABLE:
            cure = (
                "aws elbv2 modify-load-balancer-attributes --attributes"
                f" Key=deletion_protection.enabled,Value=false --load-balancer-arn {protected}"
            )
        raise StackError(
            "the load balancer is protected against deletion, and nothing was changed."
            f" Run {cure}, then this command again"
        )


def is_protected(load_balancer: str) -> bool:
    if not load_balancer:  # it was never created
        return False
    client = boto3.client("elbv2")
    try:
        found = client.describe_load_balancer_attributes(LoadBalancerArn=load_balancer)
    except client.exceptions.LoadBalancerNotFoundException:
        return False
    protection = {"Key": "deletion_protection.enabled", "Value": "true"}
    return protection in found["Attributes"]
