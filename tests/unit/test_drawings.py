"""The documentation's drawings and tables agree with the code and .chalice/."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from chalicelib.firewall.names import HEADER, SET_KINDS, VERSIONS, Names
from chalicelib.models.caller import SERVICES
from chalicelib.services.access import RULES
from container.command import TEMPLATE
from ops.gateway.alarms import Watched, alarms
from ops.stage import Stage
from tests.api.test_routes import TABLE
from tests.support.api import ROOT
from tools.documentation import route_table, rule_table
from tools.openapi.routes import operations
from waf import rules

CHALICE = ROOT / ".chalice"
CONFIG = json.loads((CHALICE / "config.json").read_text())
DEV = CONFIG["stages"]["dev"]
NAMES = Names(CONFIG["app_name"], "dev")
SCHEDULED = DEV["lambda_functions"]
# Resources that only connect the container's parts. The drawing omits them.
UNDRAWN = {
    *("EC2::InternetGateway", "EC2::VPCGatewayAttachment", "EC2::RouteTable", "EC2::Route"),
    *("EC2::SubnetRouteTableAssociation", "EC2::SecurityGroup"),
    *("ECS::Cluster", "ApplicationAutoScaling::ScalableTarget"),
}
BOX = r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)" rx'
TITLE = r'<text class="title" x="(\d+)" y="(\d+)">([^<]+)'
ARROW = r'<path class="arrow" d="M(\d+) (\d+)((?:[HV]\d+)+)"'
# A phone 390 pixels wide leaves this width for a drawing. Smaller letters are hard to read there.
PHONE, LEGIBLE = 358, 9


def words(drawing: str) -> list[str]:
    svg = (ROOT / f"docs/drawings/{drawing}.svg").read_text()
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg)


def arrows(drawing: str) -> Counter[tuple[str, str]]:
    """The number of arrows from one box to another, by the boxes' titles."""
    svg = (ROOT / f"docs/drawings/{drawing}.svg").read_text()
    boxes = [[*map(int, box)] for box in re.findall(BOX, svg)]
    titles: list[tuple[int, int, str]] = [
        (int(x), int(y), title) for x, y, title in re.findall(TITLE, svg)
    ]

    def title_at(x: float, y: float) -> str:
        left, top, width, height = next(
            (a, b, w, h) for a, b, w, h in boxes if -4 <= x - a <= w + 4 and -4 <= y - b <= h + 4
        )
        return next(t for a, b, t in titles if 0 <= a - left <= width and 0 <= b - top <= height)

    found = Counter[tuple[str, str]]()
    for x, y, turns in re.findall(ARROW, svg):
        end = {"H": x, "V": y, **dict(re.findall(r"([HV])(\d+)", turns))}
        found[title_at(float(x), float(y)), title_at(float(end["H"]), float(end["V"]))] += 1
    assert found.total() == svg.count('class="arrow"')
    return found


def partitions(function: dict[str, Any], effect: str) -> set[str]:
    """The partitions of the table in the condition of each statement: allowed or denied."""
    policy = json.loads((CHALICE / function["iam_policy_file"]).read_text())
    return {
        key
        for statement in policy["Statement"]
        if statement["Effect"] == effect
        for operator, values in statement.get("Condition", {}).items()
        if operator != "Null"
        for keys in values.values()
        for key in keys
    }


def test_the_infrastructure_is_drawn_as_it_is() -> None:
    said = words("infrastructure")
    authorizers = {authorizer for *_, authorizer, _ in TABLE if authorizer}
    numbered = [line.split() for line in said if re.fullmatch(r"\d  \S+", line)]
    assert [(int(n), *rule) for n, *rule in numbered] == list(enumerate(rules.RULES, 1))
    for expected in (
        f"web ACL {NAMES.web_acl}",
        HEADER,
        *(f"pool of {service}" for service in SERVICES),
        f"REST API {CONFIG['app_name']}",
        f"stage {DEV['api_gateway_stage']}, {DEV['api_gateway_endpoint_type']}",
        f"{len(TABLE)} routes, {len(authorizers)} authorizers",
        f"compresses from {DEV['minimum_compression_size']} bytes",
        *(
            f"{one['lambda_memory_size']} MB, {one['lambda_timeout']} s"
            for one in (DEV, *SCHEDULED.values())
        ),
    ):
        assert expected in said
    drawn = " ".join(said)
    assert SCHEDULED.keys() == {"expire", "finish"}
    assert partitions(SCHEDULED["expire"], "Allow") == {"FIREWALL#*"}
    assert "reads and deletes FIREWALL#* alone" in drawn
    assert "expire changes them" in drawn
    assert partitions(SCHEDULED["finish"], "Deny") == {"FIREWALL*"}
    assert "reads and writes the table, all but FIREWALL*" in drawn
    names = dict.fromkeys(SCHEDULED, "f")
    watched = Watched(Stage("dev", "landscape-api", "v1"), "the API", "f", names, "the table")
    assert f"{len(alarms(watched))} alarms, one dashboard" in said
    assert set(re.findall(r"rate\([^)]+\)", (ROOT / "app.py").read_text())) == {"rate(15 minutes)"}


@pytest.mark.parametrize("drawing", ["infrastructure", "alternative"])
def test_a_drawing_has_the_functions_and_the_table_and_no_others(drawing: str) -> None:
    said = words(drawing)
    own = {NAMES.web_acl} if drawing == "infrastructure" else set()
    scheduled = {f"{NAMES.web_acl}-{name}" for name in SCHEDULED}
    assert {line for line in said if line.startswith(NAMES.web_acl)} == own | scheduled
    store = DEV["environment_variables"]["LANDSCAPE_STORE_URL"].removeprefix("dynamodb://")
    assert [line for line in said if line.startswith("table l")] == [f"table {store}"]
    sets = {NAMES.ip_set(k, v).replace(NAMES.web_acl, "…") for k in SET_KINDS for v in VERSIONS}
    assert {line for line in said if line.startswith("…")} == (sets if own else set())
    assert "rate(15 minutes)" in " ".join(said)


def test_the_arrows_lead_where_requests_and_data_go() -> None:
    """Each function has an arrow to the table and to its log. The firewall leads only to the API."""
    assert arrows("infrastructure") == {
        ("Callers", "AWS WAF"): 1,
        ("AWS WAF", "IP sets"): 1,
        ("AWS WAF", "API Gateway"): 1,
        ("API Gateway", "Amazon Cognito"): 1,
        ("API Gateway", "AWS Lambda"): 1,
        ("EventBridge", "AWS Lambda"): len(SCHEDULED),
        ("AWS Lambda", "DynamoDB"): 1 + len(SCHEDULED),
        ("AWS Lambda", "IP sets"): 1,
        ("API Gateway", "CloudWatch and X-Ray"): 1,
        ("AWS Lambda", "CloudWatch and X-Ray"): 1 + len(SCHEDULED),
        ("CloudWatch and X-Ray", "Amazon SNS"): 1,
    }
    assert arrows("alternative") == {
        ("Callers", "AWS WAF"): 1,
        ("AWS WAF", "Application Load Balancer"): 1,
        ("Application Load Balancer", "Fargate tasks"): 1,
        ("Fargate tasks", "ECR"): 1,
        ("Fargate tasks", "Amazon Cognito"): 1,
        ("Fargate tasks", "CloudWatch"): 1,
        ("CloudWatch", "Amazon SNS"): 1,
        ("Fargate tasks", "DynamoDB"): 1,
        ("AWS Lambda", "DynamoDB"): 1,
        ("AWS Lambda", "AWS WAF"): 1,
    }


def test_the_container_door_is_drawn_as_its_template_makes_it() -> None:
    """A new kind of resource in the template must be drawn, or be listed here as omitted."""
    template = cfn_yaml.load(str(TEMPLATE))
    first = {name: one.get("Default") for name, one in template["Parameters"].items()}
    kinds = Counter(one["Type"].removeprefix("AWS::") for one in template["Resources"].values())
    ports = [
        one["Properties"]["Port"]
        for one in template["Resources"].values()
        if one["Type"].endswith("::Listener")
    ]
    drawn = {
        "EC2::VPC": "subnets of the stack's VPC",
        "EC2::Subnet": f"{kinds['EC2::Subnet']} subnets",
        "EC2::VPCEndpoint": "by a gateway endpoint",
        "ElasticLoadBalancingV2::LoadBalancer": "Application Load Balancer",
        "ElasticLoadBalancingV2::Listener": "HTTPS {}; HTTP {} redirects".format(*ports),
        "ElasticLoadBalancingV2::TargetGroup": "requests 8080, health 8081",
        "Logs::LogGroup": "log group /ecs/…-container",
        "IAM::Role": "role for the table alone",
        "ECS::Service": "Fargate tasks",
        "ECS::TaskDefinition": f"{first['Cpu'] / 1024:g} vCPU, {first['Memory'] / 1024:g} GB",
        "ApplicationAutoScaling::ScalingPolicy": f"{first['Tasks']} to {first['MaximumTasks']} tasks",
        "CloudWatch::Alarm": f"{kinds['CloudWatch::Alarm']} alarms",
    }
    said = " ".join(words("alternative"))
    assert [text for text in drawn.values() if text not in said] == []
    assert kinds.keys() == drawn.keys() | UNDRAWN


def test_prod_is_configured_like_dev() -> None:
    dev, prod = (json.dumps(CONFIG["stages"][stage]) for stage in ("dev", "prod"))
    assert dev.replace("dev", "prod") == prod


@pytest.mark.parametrize(
    "drawing", ["infrastructure", "alternative", "performance", "radar", "radar-rings"]
)
def test_a_drawing_is_legible_on_a_phone(drawing: str) -> None:
    svg = (ROOT / f"docs/drawings/{drawing}.svg").read_text()
    (width,) = re.findall(r'^<svg .*?viewBox="0 0 (\d+)', svg)
    sizes = [float(size) for size in re.findall(r"([\d.]+)px", svg)]
    assert sizes
    assert min(sizes) * PHONE / float(width) >= LEGIBLE


@pytest.mark.parametrize("drawing", ["infrastructure", "alternative"])
def test_a_drawing_says_what_it_shows_and_asks_no_other_host(drawing: str) -> None:
    svg = (ROOT / f"docs/drawings/{drawing}.svg").read_text()
    page = "fargate" if drawing == "alternative" else drawing
    said = svg.split("<desc>")[1].split("</desc>")[0]
    assert f"![{said}](drawings/{drawing}.svg)" in (ROOT / f"docs/{page}.md").read_text()
    if drawing == "infrastructure":
        assert f"![{said}](docs/drawings/{drawing}.svg)" in (ROOT / "README.md").read_text()
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert {NAMES.web_acl, HEADER} <= {word for line in words(drawing) for word in line.split()}


def test_the_table_of_routes_has_a_row_for_each(tmp_path: Path) -> None:
    rows = route_table(operations(tmp_path)).splitlines()[2:]
    for path, method, authorizer, rule in TABLE:
        said = f"`{authorizer}`" if authorizer else "none"
        link = f"[{rule}](identity.md#rules)" if rule else ""
        assert f"| `{method} {path}` | {said} | {link} |" in rows
    assert len(rows) == len(TABLE) + 2  # and HEAD, and OPTIONS


def test_the_table_of_rules_says_who_may_do_what() -> None:
    rows = {row.split("`")[1]: row for row in rule_table(RULES).splitlines()[2:]}
    assert rows.keys() == RULES.keys()
    assert rows["read-me"] == "| `read-me` | yes | yes |  | yes |"
    contact = "a contact of the project, or in group `Admin`"
    assert rows["update-project"] == f"| `update-project` | yes | no | {contact} | yes |"
    alone = {action for action, row in rows.items() if row.endswith("| yes |")}
    assert alone == {action for action, rule in RULES.items() if rule.role}
    assert rows["move-technology"].split("|")[2:4] == [" no ", " in group `admin` or `reviewer` "]
