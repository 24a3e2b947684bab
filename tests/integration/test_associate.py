"""waf/associate.py as an operator runs it, against an emulated AWS and a strict fake of its WAF."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.firewall.calls import Waf
from tests.support.emulator import Emulator
from tests.support.fake_waf import FakeWaf
from tests.support.firewall_site import NOTHING, Site, make_site, pages
from waf.rules import versions_of
from waf.versions import newer


@pytest.fixture
def site(emulator: Emulator, tmp_path: Path) -> Iterator[Site]:
    with FakeWaf(unavailable_calls=2) as waf:
        yield make_site(emulator, tmp_path, waf)


def rules(site: Site) -> dict[str, Any]:
    assert site.acl is not None
    return {rule["Name"]: rule for rule in site.acl["Rules"]}


def make_acl(site: Site, name: str, *tags: str) -> str:
    """Creates another team's web ACL. Returns its ARN."""
    seen = {
        "SampledRequestsEnabled": False,
        "CloudWatchMetricsEnabled": False,
        "MetricName": "theirs",
    }
    tagged = {"Tags": [{"Key": tag, "Value": tag} for tag in tags]} if tags else {}
    made = site.waf.client().create_web_acl(
        Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen, **tagged
    )
    arn: str = made["Summary"]["ARN"]
    return arn


def associate(site: Site, arn: str) -> None:
    waf = site.waf.client()
    for _ in range(9):
        try:
            waf.associate_web_acl(WebACLArn=arn, ResourceArn=site.arn)
        except waf.exceptions.WAFUnavailableEntityException:
            continue
        return


def test_the_first_run_makes_everything_as_an_operator_calls_it(site: Site) -> None:
    site.list("allow", "203.0.113.0/24")
    done = site.run()
    assert done.returncode == 0, done.stderr
    assert "1/10 inserted header" in done.stdout
    assert "the web ACL is associated" in done.stdout
    assert site.associated == site.names.web_acl
    assert site.secrets == [site.inserted]
    assert site.addresses()[site.names.ip_set("allow", "IPV4")] == {"203.0.113.0/24"}


def test_on_a_terminal_progress_is_a_bar_and_not_lines(site: Site) -> None:
    done = site.run(FORCE_COLOR="1")
    assert done.returncode == 0, done.stderr
    assert "9/9" in done.stdout
    assert "1/9 inserted header" not in done.stdout


def test_again_there_is_nothing_to_change_and_nothing_is_written(site: Site) -> None:
    site.list("allow", "203.0.113.0/24", "2001:db8::/32")
    site.put_up("--log-group", "aws-waf-logs-register", "--rate-limit", "100", "--count")
    site.waf.forget()
    assert NOTHING in site.put_up()
    assert site.waf.writes == []


def test_the_documentation_is_where_the_types_of_blocked_answers_lead(site: Site) -> None:
    """A changed documentation URL in the stage's settings is due, and the next run applies it."""
    site.put_up()
    assert site.acl is not None
    path = site.path / ".chalice/config.json"
    config = json.loads(path.read_text())
    variables = config["stages"]["dev"]["environment_variables"]
    variables["LANDSCAPE_DOCUMENTATION_URL"] = "https://docs.example.org/api/"
    path.write_text(json.dumps(config))
    assert "CustomResponseBodies differs" in site.put_up("--dry-run")
    site.put_up()
    types = [json.loads(b["Content"])["type"] for b in site.acl["CustomResponseBodies"].values()]
    page = "https://docs.example.org/api/problems.html#"
    assert types == [f"{page}not-listed", f"{page}too-many-requests"]
    assert NOTHING in site.put_up()


def test_a_dry_run_tells_and_writes_nothing(site: Site) -> None:
    said = site.put_up("--dry-run")
    assert "something is due" in said
    assert f"web ACL {site.names.web_acl}" in said
    assert (site.waf.writes, site.secrets) == ([], [])


def test_status_is_3_until_all_is_as_wanted(site: Site) -> None:
    assert site.call("--status").exit_code == 3
    site.put_up()
    assert site.call("--status").exit_code == 0
    site.list("deny", "203.0.113.9/32")
    done = site.call("--status")
    assert (done.exit_code, "1 missing" in done.stdout) == (3, True)
    site.put_up()
    assert site.call("--status").exit_code == 0


def test_another_teams_web_acl_is_named_and_only_replaced_when_told_to(site: Site) -> None:
    theirs = make_acl(site, "theirs")
    associate(site, theirs)
    site.waf.forget()
    refused = site.call()
    assert refused.exit_code == 1
    assert f"another web ACL: theirs ({theirs})" in refused.stderr
    assert (site.waf.writes, site.associated) == ([], "theirs")
    site.put_up("--replace")
    assert site.associated == site.names.web_acl
    assert [each["ARN"] for each in pages(site.waf.client().list_web_acls, "WebACLs")].count(theirs)


def test_a_web_acl_that_another_team_puts_there_meanwhile_is_not_replaced(site: Site) -> None:
    theirs = make_acl(site, "theirs")

    def meanwhile(_: int, operation: str) -> None:
        if operation == "CreateWebACL":
            associate(site, theirs)

    site.waf.watch = meanwhile
    refused = site.call()
    assert (refused.exit_code, site.associated) == (1, "theirs")
    assert "another web ACL: theirs" in refused.stderr


@pytest.mark.parametrize("option", ["--dry-run", "--replace", "--delete"])
def test_a_web_acl_of_our_name_that_we_did_not_make_is_refused(site: Site, option: str) -> None:
    make_acl(site, site.names.web_acl, "app", "team", "cost")
    site.waf.forget()
    refused = site.call(option, "--yes")
    assert refused.exit_code == 1
    assert f"web ACL {site.names.web_acl} exists, and this command did not create it" in (
        refused.stderr
    )
    assert site.waf.writes == []


def test_an_ip_set_of_our_name_that_we_did_not_make_is_refused(site: Site) -> None:
    name = site.names.ip_set("deny", "IPV6")
    of = {"Scope": "REGIONAL", "IPAddressVersion": "IPV6", "Addresses": list[str]()}
    site.waf.client().create_ip_set(Name=name, **of)
    site.waf.forget()
    refused = site.call()
    assert refused.exit_code == 1
    assert f"IP set {name} exists, and this command did not create it" in refused.stderr
    assert site.waf.writes == []


def test_what_was_chosen_stays_until_it_is_chosen_anew(site: Site) -> None:
    site.put_up("--rate-limit", "100", "--count", "--log-group", "aws-waf-logs-register")
    site.put_up()
    assert rules(site)["rate-limit"]["Statement"]["RateBasedStatement"]["Limit"] == 100
    assert rules(site)["rate-limit"]["Action"] == {"Count": {}}
    assert logging(site)["LogDestinationConfigs"][0].endswith(":aws-waf-logs-register")
    site.put_up("--no-count")
    assert rules(site)["rate-limit"]["Statement"]["RateBasedStatement"]["Limit"] == 100
    assert "Block" in rules(site)["rate-limit"]["Action"]


def logging(site: Site) -> dict[str, Any]:
    assert site.acl is not None
    answer = site.waf.client().get_logging_configuration(ResourceArn=site.acl["ARN"])
    found: dict[str, Any] = answer["LoggingConfiguration"]
    return found


def test_what_was_let_in_is_never_logged_and_who_calls_is_redacted(site: Site) -> None:
    site.put_up("--log-group", "aws-waf-logs-register")
    found = logging(site)
    filters = found["LoggingFilter"]
    said = [
        (one["Behavior"], [c["ActionCondition"]["Action"] for c in one["Conditions"]])
        for one in filters["Filters"]
    ]
    assert filters["DefaultBehavior"] == "DROP"
    assert said == [("DROP", ["ALLOW"]), ("KEEP", ["BLOCK", "COUNT"])]
    redacted = [one["SingleHeader"]["Name"] for one in found["RedactedFields"]]
    assert redacted == ["authorization", "on-behalf-of", "x-amz-security-token"]
    groups = site.emulator.client("logs").describe_log_groups(logGroupNamePrefix="aws-waf-logs-r")
    assert groups["logGroups"][0]["retentionInDays"] == 30


def test_a_log_filter_that_was_taken_away_by_hand_comes_back(site: Site) -> None:
    site.put_up("--log-group", "aws-waf-logs-register")
    wanted = logging(site)
    bare = {name: wanted[name] for name in ("ResourceArn", "LogDestinationConfigs")}
    site.waf.client().put_logging_configuration(LoggingConfiguration=bare)
    assert site.call("--status").exit_code == 3
    site.put_up()
    assert logging(site) == wanted


def test_a_log_group_that_waf_would_not_take_is_refused_before_anything(site: Site) -> None:
    refused = site.call("--log-group", "my-logs")
    assert (refused.exit_code, site.waf.calls) == (1, [])
    assert "pass a name that begins with aws-waf-logs-" in refused.stderr


def test_an_api_that_is_not_there_is_named_before_anything(site: Site) -> None:
    refused = site.call("--rest-api-id", "nowhere")
    assert (refused.exit_code, site.waf.calls) == (1, [])
    assert "there is no REST API nowhere with a stage 'v1'" in refused.stderr


def test_what_was_loosened_by_hand_is_put_right(site: Site) -> None:
    site.put_up()
    acl = site.acl
    assert acl is not None
    of = {"Name": acl["Name"], "Scope": "REGIONAL", "Id": acl["Id"]}
    waf = site.waf.client()
    token = waf.get_web_acl(**of)["LockToken"]
    open_to_all = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": acl["VisibilityConfig"]}
    waf.update_web_acl(**of, LockToken=token, **open_to_all)
    assert "DefaultAction differs" in site.call("--status").stdout
    site.put_up()
    assert site.acl == acl


def make_older(site: Site) -> None:
    """Restores an older web ACL: four sets, one rate limit, no version, no data protection."""
    (acl,) = site.waf.web_acls.values()
    kept = [rule for rule in acl.held["Rules"] if rule["Name"] != "server-rate-limit"]
    for priority, rule in enumerate(kept):
        rule["Priority"] = priority
        statement = rule["Statement"]
        statement.get("RateBasedStatement", {}).pop("ScopeDownStatement", None)
        statement.get("ManagedRuleGroupStatement", {}).pop("Version", None)
    acl.held["Rules"] = kept
    del acl.held["DataProtectionConfig"]
    for arn in [arn for arn, item in site.waf.ip_sets.items() if "-servers-" in item.name]:
        del site.waf.ip_sets[arn]


def test_a_firewall_of_an_older_release_is_brought_up_to_date_with_nobody_locked_out_or_let_in(
    site: Site,
) -> None:
    site.list("allow", "203.0.113.0/24")
    site.put_up("--rate-limit", "100")
    wanted = site.acl
    make_older(site)
    assert "rule server-rate-limit is missing" in site.call("--status").stdout
    seen: list[tuple[str, str]] = []

    def look(_: int, operation: str) -> None:
        if not operation.startswith(("Get", "List")):
            asked = (site.waf.decide(site.arn, ip, {}).action for ip in ("203.0.113.7", "8.8.8.8"))
            seen.append((next(asked), next(asked)))

    site.waf.watch = look
    site.put_up()
    assert len(seen) == 4  # creation of two sets, their addresses, the web ACL
    assert set(seen) == {("ALLOW", "BLOCK")}
    assert site.acl
    assert wanted
    assert [rule["Name"] for rule in site.acl["Rules"]] == [
        rule["Name"] for rule in wanted["Rules"]
    ]
    assert site.acl["DataProtectionConfig"] == wanted["DataProtectionConfig"]
    assert site.addresses()[site.names.ip_set("servers", "IPV4")] == {"203.0.113.0/24"}


BAD_INPUTS = "AWSManagedRulesKnownBadInputsRuleSet"


def version(site: Site) -> str | None:
    statement = rules(site)["known-bad-inputs"]["Statement"]["ManagedRuleGroupStatement"]
    found: str | None = statement.get("Version")
    return found


def offer(site: Site, *versions: str) -> None:
    """Sets the available versions of the managed rules. AWS recommends the first."""
    site.waf.versions = {**site.waf.versions, BAD_INPUTS: versions}


def test_the_version_of_managed_rules_stays_until_an_operator_takes_the_next(site: Site) -> None:
    offer(site, "Version_1.9")
    site.put_up()
    offer(site, "Version_1.10", "Version_1.9")
    said = site.put_up()
    assert (version(site), "Version_1.10" in said) == ("Version_1.9", False)
    told = f"{BAD_INPUTS}: Version_1.9 is set, Version_1.10 is available"
    status = site.call("--status")
    assert status.exit_code == 0
    assert f"{told}. Set it with --update-rules" in status.stdout
    assert json.loads(site.put_up("--status", "--json"))["newer_versions"] == [told]
    assert newer(Waf(site.waf.client()), versions_of(site.acl)) == [told]
    site.put_up("--update-rules")
    assert version(site) == "Version_1.10"
    assert newer(Waf(site.waf.client()), versions_of(site.acl)) == []


def test_a_version_that_aws_offers_no_more_is_replaced_by_the_recommended_one(site: Site) -> None:
    offer(site, "Version_1.9")
    site.put_up()
    offer(site, "Version_1.10")
    gone = f"{BAD_INPUTS}: Version_1.9 is set, which AWS has withdrawn; Version_1.10 is available"
    assert newer(Waf(site.waf.client()), versions_of(site.acl)) == [gone]
    site.put_up()
    assert version(site) == "Version_1.10"


def test_a_web_acl_without_a_version_says_that_aws_changes_it(site: Site) -> None:
    site.put_up()
    make_older(site)
    (said,) = newer(Waf(site.waf.client()), versions_of(site.acl))
    assert said == f"{BAD_INPUTS}: no version is set, so it changes whenever AWS changes it"


def test_json_is_one_object_and_all_else_goes_elsewhere(site: Site) -> None:
    told = json.loads(site.put_up("--json", "--dry-run"))
    assert (told["is_due"], told["done"]) == (True, [])
    done = json.loads(site.put_up("--json"))
    assert (done["holds"], done["is_due"]) == (True, False)
    assert f"web ACL {site.names.web_acl}" in done["done"]
    assert (
        "there is no REST API"
        in json.loads(site.call("--json", "--rest-api-id", "x").stdout)["error"]
    )


def test_a_profile_is_taken_as_the_sdk_takes_it(site: Site, tmp_path: Path) -> None:
    config = tmp_path / "aws-config"
    config.write_text("[profile other]\nregion = eu-west-1\n")
    environment = {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "other", "AWS_DEFAULT_REGION": ""}
    done = site.run("--print-policy", **environment)
    assert "arn:aws:apigateway:eu-west-1::" in done.stdout, done.stderr
    refused = site.run("--print-policy", AWS_DEFAULT_REGION="")
    assert "no AWS region is set" in refused.stderr
