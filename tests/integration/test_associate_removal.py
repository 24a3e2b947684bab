"""waf/associate.py --detach, --delete and --print-policy."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.emulator import Emulator
from tests.support.fake_waf import FakeWaf
from tests.support.firewall_site import Site, make_site, pages

REFUSED = "nothing was changed: the answer was not yes"


@pytest.fixture
def site(emulator: Emulator, tmp_path: Path) -> Iterator[Site]:
    with FakeWaf() as waf:
        found = make_site(emulator, tmp_path, waf)
        found.list("allow", "203.0.113.0/24")
        found.put_up("--log-group", "aws-waf-logs-register")
        waf.forget()
        yield found


@pytest.mark.parametrize("option", ["--detach", "--delete"])
@pytest.mark.parametrize("answers", ["n\n", ""])
def test_nothing_is_taken_away_before_the_answer_is_yes(
    site: Site, option: str, answers: str
) -> None:
    refused = site.call(option, answers=answers)
    assert (refused.exit_code, site.waf.writes) == (1, [])
    assert REFUSED in refused.stderr
    assert "the application refuses every request" in refused.stdout


def test_detaching_takes_the_association_and_nothing_else(site: Site) -> None:
    kept = (site.acl, site.addresses(), site.secrets)
    done = site.call("--detach", answers="y\n")
    assert (done.exit_code, site.associated) == (0, None)
    assert site.waf.writes == ["DisassociateWebACL"]
    assert (site.acl, site.addresses(), site.secrets) == kept
    assert "nothing to change" in site.call("--detach").stdout
    site.put_up()
    assert site.associated == site.names.web_acl


def test_deleting_takes_all_that_was_made_in_waf_and_keeps_the_table(site: Site) -> None:
    secrets = site.secrets
    assert site.call("--delete", "--yes").exit_code == 0
    first = ["DisassociateWebACL", "DeleteLoggingConfiguration", "DeleteWebACL"]
    assert site.waf.writes == [*first, *["DeleteIPSet"] * 6]
    waf = site.waf.client()
    assert pages(waf.list_web_acls, "WebACLs") == pages(waf.list_ip_sets, "IPSets") == []
    assert (site.associated, site.secrets) == (None, secrets)
    assert "nothing to change" in site.call("--delete", "--yes").stdout
    site.put_up()
    assert site.secrets == [site.inserted]
    assert site.addresses()[site.names.ip_set("allow", "IPV4")] == {"203.0.113.0/24"}


@pytest.mark.parametrize("option", ["--detach", "--delete"])
def test_a_dry_run_takes_nothing_away(site: Site, option: str) -> None:
    assert "something is due" in site.call(option, "--dry-run").stdout
    assert site.waf.writes == []


@pytest.mark.parametrize("option", ["--detach", "--delete"])
def test_another_teams_web_acl_stays_where_it_is(site: Site, option: str) -> None:
    waf = site.waf.client()
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    theirs = waf.create_web_acl(
        Name="theirs", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen
    )["Summary"]["ARN"]
    waf.associate_web_acl(WebACLArn=theirs, ResourceArn=site.arn)
    assert site.call(option, "--yes").exit_code == 0
    assert site.associated == "theirs"


def test_the_rights_for_wafs_logs_are_printed_where_a_log_group_is_named(site: Site) -> None:
    def printed(*options: str) -> set[str]:
        policy = json.loads(site.call("--print-policy", *options).stdout)
        return {action for statement in policy["Statement"] for action in statement["Action"]}

    with_logs = printed("--log-group", "aws-waf-logs-register")
    assert with_logs - printed() == {
        "logs:CreateLogGroup",
        "logs:PutRetentionPolicy",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:PutResourcePolicy",
        "iam:CreateServiceLinkedRole",
    }


def test_the_printed_policy_covers_every_call_that_is_made(site: Site) -> None:
    policy = json.loads(site.call("--print-policy").stdout)
    assert policy["Version"] == "2012-10-17"
    site.put_up("--rotate-secret", "--rate-limit", "100")
    site.call("--delete", "--yes")
    site.put_up()
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {f"wafv2:{call}" for call in site.waf.calls} <= allowed
    confined = [s for s in policy["Statement"] if s["Resource"] != ["*"]]
    resources = [arn for statement in confined for arn in statement["Resource"]]
    assert (
        f"arn:aws:wafv2:eu-west-2:000000000000:regional/webacl/{site.names.web_acl}/*" in resources
    )
    assert site.arn in resources
    everywhere = [s["Action"] for s in policy["Statement"] if s["Resource"] == ["*"]]
    assert "logs:FilterLogEvents" in allowed
    assert not [
        one for actions in everywhere for one in actions if "Delete" in one and "waf" in one
    ]
