"""The IAM policy of whoever runs associate.py and allowlist.py: no more than the two need."""

from dataclasses import dataclass
from typing import Any

from chalicelib.firewall.names import Names
from waf.logs import PREFIX

ANY = ["*"]  # for what IAM cannot confine to a resource
LIST_ALL = ["wafv2:ListIPSets", "wafv2:ListWebACLs"]
OF_ACL = [
    "wafv2:CreateWebACL",
    "wafv2:GetWebACL",
    "wafv2:UpdateWebACL",
    "wafv2:DeleteWebACL",
    "wafv2:GetLoggingConfiguration",
    "wafv2:PutLoggingConfiguration",
    "wafv2:DeleteLoggingConfiguration",
]
OF_SETS = [
    "wafv2:CreateIPSet",
    "wafv2:GetIPSet",
    "wafv2:UpdateIPSet",
    "wafv2:DeleteIPSet",
]
TAGS = ["wafv2:ListTagsForResource", "wafv2:TagResource"]
ASSOCIATE = [
    "wafv2:AssociateWebACL",
    "wafv2:DisassociateWebACL",
    "wafv2:GetWebACLForResource",
    "apigateway:SetWebACL",
]
DELIVERIES = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:PutResourcePolicy",
]
OF_ITEMS = [
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
]


@dataclass(frozen=True)
class Scope:
    """Where the policy holds; `stage_arn` is that of the API's stage."""

    partition: str
    region: str
    account: str
    stage_arn: str
    table: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


def policy(scope: Scope, names: Names) -> dict[str, Any]:
    acl = scope.arn("wafv2", f"regional/webacl/{names.web_acl}/*")
    sets = scope.arn("wafv2", f"regional/ipset/{names.web_acl}-*/*")
    managed = scope.arn("wafv2", "regional/managedruleset/*/*")
    group = scope.arn("logs", f"log-group:{PREFIX}*")
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("FindFirewall", LIST_ALL, ANY),
            _allow("WebACL", OF_ACL, [acl]),
            _allow("WhatTheWebACLRefersTo", OF_ACL[:3], [sets, managed]),
            _allow("IPSets", OF_SETS, [sets]),
            _allow("KnowOwnByTags", TAGS, [acl, sets]),
            # Any web ACL: another team's is named before it is replaced.
            _allow(
                "Associate", ASSOCIATE, [scope.arn("wafv2", "regional/webacl/*/*"), scope.stage_arn]
            ),
            _allow("FindStage", ["apigateway:GET"], [scope.stage_arn]),
            _allow(
                "LogGroup",
                ["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
                [group, f"{group}:*"],
            ),
            _allow("LogDelivery", DELIVERIES, ANY),
            _service_role(scope),
            _entries(scope),
        ],
    }


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _service_role(scope: Scope) -> dict[str, Any]:
    role = f"arn:{scope.partition}:iam::{scope.account}:role/aws-service-role/wafv2.amazonaws.com/*"
    only = {"StringEquals": {"iam:AWSServiceName": "wafv2.amazonaws.com"}}
    return {**_allow("LogRole", ["iam:CreateServiceLinkedRole"], [role]), "Condition": only}


def _entries(scope: Scope) -> dict[str, Any]:
    """Of the stage's table the firewall's items alone."""
    only = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["FIREWALL#*", "FIREWALL-SECRET"]}}
    table = scope.arn("dynamodb", f"table/{scope.table}")
    return {**_allow("Entries", OF_ITEMS, [table]), "Condition": only}
