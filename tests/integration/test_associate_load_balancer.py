"""waf/associate.py --load-balancer: the stage's own web ACL in front of a load balancer."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from chalicelib.firewall.names import HEADER
from tests.support.emulator import Emulator
from tests.support.fake_waf import FakeWaf
from tests.support.firewall_site import NOTHING, Site, make_site

LISTED, UNLISTED = "203.0.113.7", "192.0.2.1"
AT = "arn:aws:elasticloadbalancing:eu-west-2:000000000000:"
ELSEWHERE = (
    "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/x/50dc6c495c0c9188"
)

# The options that name each resource, by its ARN.
Doors = Mapping[str, tuple[str, ...]]


@pytest.fixture
def site(emulator: Emulator, tmp_path: Path) -> Iterator[Site]:
    with FakeWaf(unavailable_calls=2) as waf:
        found = make_site(emulator, tmp_path, waf)
        found.list("allow", "203.0.113.0/24")
        yield found


@pytest.fixture
def arn(site: Site) -> str:
    return site.add_load_balancer()


@pytest.fixture
def both(site: Site, arn: str) -> Doors:
    """The web ACL in front of the API's stage and of a load balancer."""
    doors = {site.arn: ("--rest-api-id", site.api_id), arn: ("--load-balancer", arn)}
    for options in doors.values():
        site.put_up("--log-group", "aws-waf-logs-register", *options)
    site.waf.forget()
    return doors


def attempt(site: Site, *options: str) -> tuple[int, str]:
    """The exit code and the whole output."""
    done = site.call(*options)
    return done.exit_code, done.output


def test_it_is_put_up_where_chalice_deployed_nothing(site: Site, arn: str) -> None:
    (site.path / ".chalice/deployed/dev.json").unlink()
    said = site.put_up("--load-balancer", arn)
    assert f"Firewall {site.names.web_acl} of the load balancer {site.names.app}" in said
    assert f"web ACL of the load balancer {site.names.app}" in said
    assert (site.in_front_of(arn), site.associated) == (site.names.web_acl, None)
    assert site.secrets == [site.inserted]
    assert site.addresses()[site.names.ip_set("allow", "IPV4")] == {"203.0.113.0/24"}


def test_again_there_is_nothing_to_change_and_nothing_is_written(site: Site, arn: str) -> None:
    site.put_up("--load-balancer", arn)
    site.waf.forget()
    assert NOTHING in site.put_up("--load-balancer", arn)
    assert site.waf.writes == []


@pytest.mark.parametrize(("option", "code"), [("--dry-run", 0), ("--status", 3)])
def test_it_is_told_what_is_due_and_nothing_is_written(
    site: Site, arn: str, option: str, code: int
) -> None:
    found, said = attempt(site, "--load-balancer", arn, option)
    assert (found, site.waf.writes, site.secrets) == (code, [], [])
    assert "something is due" in said
    site.put_up("--load-balancer", arn)
    assert attempt(site, "--load-balancer", arn, option)[0] == 0


def test_the_second_door_takes_one_call_and_lets_the_same_callers_in(site: Site, arn: str) -> None:
    site.put_up()
    site.waf.forget()
    site.put_up("--load-balancer", arn)
    assert {*site.waf.writes} == {"AssociateWebACL"}
    for door in (site.arn, arn):
        assert site.waf.decide(door, LISTED, {}).headers_in[HEADER] == site.secrets[0]
        assert site.waf.decide(door, UNLISTED, {}).action == "BLOCK"
    assert len(site.waf.web_acls) == 1


def test_a_rotation_changes_the_value_at_both_doors(site: Site, both: Doors, arn: str) -> None:
    old = site.secrets
    site.put_up("--rotate-secret", "--load-balancer", arn)
    assert site.secrets != old
    for door in both:
        assert site.waf.decide(door, LISTED, {}).headers_in[HEADER] == site.secrets[0]


@pytest.mark.parametrize("leaves", [0, 1], ids=["the API's stage", "the load balancer"])
def test_detaching_one_door_leaves_the_other(site: Site, both: Doors, leaves: int) -> None:
    closed, kept = [*both][leaves], [*both][1 - leaves]
    code, said = attempt(site, "--detach", "--yes", *both[closed])
    assert code == 0, said
    assert "the application refuses every request through the " in said
    assert site.waf.writes == ["DisassociateWebACL"]
    assert (site.in_front_of(closed), site.in_front_of(kept)) == (None, site.names.web_acl)
    assert site.waf.decide(kept, LISTED, {}).headers_in[HEADER] == site.secrets[0]


@pytest.mark.parametrize("asked", [0, 1], ids=["the API's stage", "the load balancer"])
@pytest.mark.parametrize("option", ["--yes", "--dry-run", "--status"])
def test_nothing_is_deleted_while_another_door_has_the_web_acl(
    site: Site, both: Doors, asked: int, option: str
) -> None:
    door, other = [*both][asked], [*both][1 - asked]
    code, said = attempt(site, "--delete", option, *both[door])
    assert (code, site.waf.writes) == (1, [])
    assert "nothing was changed" in said
    assert f"Detach it there first (--detach {' '.join(both[other])})" in said
    assert {site.in_front_of(each) for each in both} == {site.names.web_acl}


def test_what_that_refusal_advises_helps(site: Site, both: Doors, arn: str) -> None:
    assert attempt(site, "--detach", "--yes", *both[arn])[0] == 0
    assert attempt(site, "--delete", "--yes")[0] == 0
    assert (site.waf.web_acls, site.waf.ip_sets, site.waf.logging) == ({}, {}, {})


def test_the_last_door_may_be_a_load_balancer(site: Site, arn: str) -> None:
    site.put_up("--load-balancer", arn)
    code, said = attempt(site, "--delete", "--yes", "--load-balancer", arn)
    assert (code, site.waf.web_acls, site.waf.ip_sets) == (0, {}, {}), said


def test_another_teams_web_acl_is_named_and_only_replaced_when_told_to(
    site: Site, arn: str
) -> None:
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    site.waf.unavailable_calls = 0
    waf = site.waf.client()
    theirs = waf.create_web_acl(
        Name="theirs", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen
    )["Summary"]["ARN"]
    waf.associate_web_acl(WebACLArn=theirs, ResourceArn=arn)
    code, said = attempt(site, "--load-balancer", arn)
    assert (code, site.in_front_of(arn)) == (1, "theirs")
    assert f"the load balancer {site.names.app} has another web ACL: theirs ({theirs})" in said
    assert attempt(site, "--detach", "--yes", "--load-balancer", arn)[0] == 0
    assert site.in_front_of(arn) == "theirs"
    site.put_up("--replace", "--load-balancer", arn)
    assert site.in_front_of(arn) == site.names.web_acl


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (f"{AT}loadbalancer/net/x/50dc6c495c0c9188", "is a Network Load Balancer, which AWS WAF"),
        (f"{AT}loadbalancer/gwy/x/50dc6c495c0c9188", "is a Gateway Load Balancer, which AWS WAF"),
        (f"{AT}listener/app/x/50dc6c495c0c9188/f2f7dc8efc522ab2", "is a listener: pass the ARN of"),
        (f"{AT}targetgroup/x/50dc6c495c0c9188", "is a target group: pass the ARN of its load"),
        (f"{AT}loadbalancer/classic", "is not the ARN of a load balancer"),
        ("landscape", "is not the ARN of a load balancer"),
        (ELSEWHERE, "set AWS_DEFAULT_REGION=eu-west-1"),
        (f"{AT}loadbalancer/app/gone/50dc6c495c0c9188", "in this account and region: create it"),
    ],
)
def test_what_is_no_load_balancer_here_is_refused_before_anything(
    site: Site, wrong: str, why: str
) -> None:
    code, said = attempt(site, "--load-balancer", wrong)
    assert (code, site.waf.calls, site.secrets) == (1, [], [])
    assert why in said


def test_an_api_and_a_load_balancer_in_one_run_are_a_misuse(site: Site, arn: str) -> None:
    code, said = attempt(site, "--rest-api-id", site.api_id, "--load-balancer", arn)
    assert (code, site.waf.calls) == (2, [])
    assert "--rest-api-id or --load-balancer, not both" in said


def rights(site: Site, *options: str) -> dict[str, Any]:
    """The resources of each action that the printed policy allows."""
    policy = json.loads(site.put_up("--print-policy", *options))
    return {a: one["Resource"] for one in policy["Statement"] for a in one["Action"]}


def test_the_printed_policy_is_for_the_load_balancer_alone(site: Site, arn: str) -> None:
    found = rights(site, "--load-balancer", arn)
    for action in ("CreateWebACLAssociation", "DeleteWebACLAssociation", "SetWebACL"):
        assert found[f"elasticloadbalancing:{action}"] == [arn]
    assert found["elasticloadbalancing:DescribeLoadBalancers"] == ["*"]
    assert arn in found["wafv2:DisassociateWebACL"]
    assert not [action for action in found if action.startswith("apigateway:")]
    of_stage = rights(site)
    assert of_stage["apigateway:SetWebACL"] == [site.arn]
    assert "elasticloadbalancing:SetWebACL" not in of_stage


def test_the_printed_policy_covers_every_call_that_is_made(site: Site, arn: str) -> None:
    found = rights(site, "--load-balancer", arn)
    site.put_up("--load-balancer", arn, "--log-group", "aws-waf-logs-register")
    site.call("--delete", "--yes", "--load-balancer", arn)
    assert {f"wafv2:{call}" for call in site.waf.calls} <= {*found}
