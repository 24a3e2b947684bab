"""docs/operators-policy.json allows every call to AWS that the sources name, and few others."""

import ast
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from tests.support.api import ROOT

TEXT = (ROOT / "docs/operators-policy.json").read_text()
STATEMENTS: list[dict[str, Any]] = json.loads(TEXT)["Statement"]
FOLDERS = ("ops", "waf")
SERVICES = (
    *("apigateway", "cloudwatch", "dynamodb", "events", "iam", "lambda", "logs", "sts", "wafv2"),
    *("elbv2", "acm", "route53"),
)
PREFIXES = {"elbv2": "elasticloadbalancing"}  # of actions, where boto3 has another name
WAITERS = {"function_updated": "get_function_configuration"}
OTHER_NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}
# From chalice/deploy/planner.py and chalice/awsclient.py: the calls for an API and its Lambdas.
CHALICE = """
get_role create_role put_role_policy get_function get_function_configuration create_function
update_function_code update_function_configuration put_function_concurrency
delete_function_concurrency list_tags tag_resource untag_resource get_policy add_permission
get_rest_api import_rest_api put_rest_api update_rest_api create_deployment put_rule put_targets
"""
# Rights without a call. create_function needs the first. The first traced API and the first domain
# of an account need the second.
ALONG_WITH_OTHERS = {"iam:PassRole", "iam:CreateServiceLinkedRole"}
OF_API_GATEWAY = "/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway"
# Resources of the stage, the APIs, and the stage's own domain with its hosted zone.
CONFINED = re.compile(
    r"landscape-(api-)?dev\b|::/(account$|restapis|domainnames(/api\.example\.org|$))|:hostedzone/Z"
    r"|:role/api-gateway-logs$"
)


def listed(of: str | list[str]) -> list[str]:
    return [of] if isinstance(of, str) else of


def known_calls() -> dict[str, set[tuple[str, str]]]:
    """The actions by boto3's name, with the resource if the gateway's path shows it."""
    calls: dict[str, set[tuple[str, str]]] = {}
    for service in SERVICES:
        model = get_session().get_service_model(service)
        for name in model.operation_names:
            action, resource = f"{PREFIXES.get(service, service)}:{name}", ""
            if service == "apigateway":
                http = model.operation_model(name).http
                action = f"apigateway:{http['method']}"
                path = http["requestUri"].split("?")[0].replace("{domain_name}", "api.example.org")
                resource = f"arn:aws:apigateway:eu-west-2::{path}"
            found = OTHER_NAMES.get(action, action), resource
            calls.setdefault(xform_name(name), set()).add(found)
    return calls


KNOWN = known_calls()


def named_in(source: str) -> Iterator[str]:
    """The calls in a source: as attributes (`client.create_table`) or texts (paginators, waiters)."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "attr", getattr(node, "value", None))
        if isinstance(name, str) and (name := WAITERS.get(name, name)) in KNOWN:
            yield name


def sources(folder: str) -> list[str]:
    return [path.read_text() for path in sorted((ROOT / folder).rglob("*.py"))]


CALLS = {
    folder: {name for source in sources(folder) for name in named_in(source)} for folder in FOLDERS
} | {"chalice": set(CHALICE.split())}


def is_allowed(action: str, resource: str) -> bool:
    return any(
        action in listed(one["Action"])
        and any(fnmatchcase(resource, at) or not resource for at in listed(one["Resource"]))
        for one in STATEMENTS
    )


def refused(calls: set[str], also: set[str]) -> set[str]:
    """The calls that neither the policy nor the actions `also` allow."""
    return {
        call
        for call in calls
        if not any(is_allowed(*known) or known[0] in also for known in KNOWN[call])
    }


def test_every_call_of_the_sources_and_of_chalice_is_allowed() -> None:
    """The firewall's commands print their own policy, so its actions may be missing here."""
    own = set(re.findall(r'"(\w+:\w+)"', (ROOT / "waf/policy.json").read_text()))
    assert refused(CALLS["ops"] | CALLS["chalice"], set()) == set()
    assert refused(CALLS["waf"], own) == set()


def test_the_calls_are_found() -> None:
    assert CALLS["ops"] >= {
        *("create_table", "update_time_to_live", "describe_log_groups", "put_metric_alarm"),
        *("get_resources", "publish_version", "get_caller_identity"),
    }
    assert refused({"delete_table"}, set()) == {"delete_table"}


def test_no_action_is_allowed_that_nothing_needs() -> None:
    needed = {action for calls in CALLS.values() for call in calls for action, _ in KNOWN[call]}
    assert {
        action for one in STATEMENTS for action in listed(one["Action"])
    } <= needed | ALONG_WITH_OTHERS


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: one["Sid"])
def test_every_right_is_confined_to_the_stage(statement: dict[str, Any]) -> None:
    """API Gateway's ARNs have no names, and actions that list everything take only `*`."""
    actions = listed(statement["Action"])
    looks = all(re.match(r"\w+:(Describe|G[Ee][Tt])", action) for action in actions)
    for resource in listed(statement["Resource"]):
        assert looks or re.search(CONFINED, resource) or resource.endswith(OF_API_GATEWAY)


def test_the_role_of_api_gateway_itself_may_be_made_and_no_other_services() -> None:
    (statement,) = (one for one in STATEMENTS if one["Action"] == "iam:CreateServiceLinkedRole")
    assert statement["Resource"] == f"arn:aws:iam::123456789012:role{OF_API_GATEWAY}"
    only = {"iam:AWSServiceName": "ops.apigateway.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": only}


def test_it_fits_into_a_managed_policy() -> None:
    assert len(re.sub(r"\s", "", TEXT)) <= 6144
