"""What stands of a stage's container: its service, its targets, its web ACL, its load balancer's protection."""

from collections import Counter
from typing import Any

import boto3

from chalicelib.firewall.names import Names
from container.parameters import current
from container.stack import UPDATABLE, Stack, StackError
from ops.stage import Stage


def outputs_of(found: dict[str, Any]) -> dict[str, str]:
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def without_web_acl(parameters: dict[str, str]) -> str:
    is_required = parameters["LandscapeRequireWaf"] == "true"
    return "every request is refused" if is_required else "the API is open to every address"


def describe(stage: Stage, stack: Stack, standing: dict[str, Any]) -> dict[str, str]:
    """What stands, by what it is called."""
    state = {"stack": stack.name, "status": standing.get("StackStatus", "not there")}
    outputs, parameters = outputs_of(standing), current(standing)
    if not outputs:
        return state
    service = find_service(outputs)
    health = boto3.client("elbv2").describe_target_health(TargetGroupArn=outputs["TargetGroupArn"])
    targets = Counter(one["TargetHealth"]["State"] for one in health["TargetHealthDescriptions"])
    web_acl, names = web_acl_of(outputs["LoadBalancerArn"]), Names(stage.app, stage.name)
    front = {names.web_acl: f"{web_acl} is in front", "": f"none: {without_web_acl(parameters)}"}
    return {
        **state,
        "image": parameters["Image"],
        "tasks": f"{service.get('runningCount', 0)} of {service.get('desiredCount', 0)} are running",
        "targets": ", ".join(f"{count} {of}" for of, count in sorted(targets.items())) or "none",
        "load_balancer": outputs["LoadBalancerDnsName"],
        "web_acl": front.get(web_acl, f"{web_acl}, which is not the stage's {names.web_acl}"),
    }


def find_service(outputs: dict[str, str]) -> dict[str, Any]:
    """As describe_services has it; empty where somebody has deleted it."""
    found: list[dict[str, Any]] = boto3.client("ecs").describe_services(
        cluster=outputs["ClusterName"], services=[outputs["ServiceName"]]
    )["services"]
    return found[0] if found else {}


def web_acl_of(load_balancer: str) -> str:
    """The name of the web ACL in front of it; empty where there is none."""
    client = boto3.client("wafv2")
    try:
        answer = client.get_web_acl_for_resource(ResourceArn=load_balancer)
    except client.exceptions.WAFNonexistentItemException:
        return ""
    return str(answer.get("WebACL", {}).get("Name", ""))


def require_unprotected(resources: list[dict[str, Any]], status: str) -> None:
    """Raises StackError where CloudFormation would fail to delete the load balancer."""
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
            f" Run {cure}, then this again"
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
