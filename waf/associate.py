"""Creates or updates the firewall of a deployed stage.

    python waf/associate.py --stage dev
    python waf/associate.py --stage dev --load-balancer ARN

Run it after each `chalice deploy`: docs/firewall.md. A second run changes nothing. The SDK's own
settings choose AWS credentials, region, profile and endpoint.
"""

import json
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated

if __name__ == "__main__" and not find_spec("ops"):
    sys.exit("associate: run it with the project's own Python: .venv/bin/python waf/associate.py")

import typer

from chalicelib.firewall.align import LONGEST_RUN_SECONDS
from chalicelib.firewall.calls import TIMEOUT
from chalicelib.firewall.errors import FirewallError
from ops.console import (
    DUE,
    DUE_TEXT,
    NOTHING,
    AsJson,
    Console,
    DryRun,
    Pace,
    StageName,
    Status,
    require_yes,
)
from ops.steps import is_anything_due
from waf.acl import Options, wait_until_associated
from waf.logs import require_name
from waf.opening import Target, fill_policy, open_place
from waf.place import Place
from waf.plan import plan
from waf.removal import delete_steps, detach_steps
from waf.rotation import PROPAGATION, Rotation
from waf.rules import LEAST_REQUESTS, MOST_REQUESTS, REQUESTS, SERVER_REQUESTS, versions_of
from waf.versions import newer

WHERE, CHOICES, DEEDS = "Target", "Settings, kept until changed", "Other actions"
REFUSES_ALL = (
    "Without its web ACL, the application refuses every request through {}."
    " With LANDSCAPE_REQUIRE_WAF=false it accepts every request."
)


@dataclass(frozen=True)
class Task:
    """The options beside the firewall's own settings."""

    dry_run: bool = False
    status: bool = False
    detach: bool = False
    delete: bool = False
    yes: bool = False

    def __post_init__(self) -> None:
        if self.detach and self.delete:
            raise FirewallError("pass --detach or --delete, not both: --delete detaches first")


def put_up(place: Place, options: Options, rotation: Rotation, task: Task, console: Console) -> int:
    """The exit code: DUE if `task.status` finds something due, otherwise 0."""
    planned = plan(place, options, rotation, console.say)
    console.show_plan(_title(place), planned.steps, every=task.status)
    is_due = is_anything_due(planned.steps)
    if planned.in_the_way:
        raise FirewallError(planned.in_the_way)
    if task.dry_run or task.status:
        _tell_versions(place, console)
        console.say(DUE_TEXT if is_due else NOTHING)
        console.end(is_due=is_due)
        return DUE if task.status and is_due else 0
    if is_due:
        console.carry_out(planned.steps)
        wait_until_associated(place)
    console.say(f"{'' if is_due else f'{NOTHING}: '}the web ACL is associated")
    console.end(is_due=False, holds=True)
    return 0


def take_down(place: Place, task: Task, console: Console) -> int:
    """The exit code, as of put_up. Asks for confirmation, unless `task.yes`."""
    steps = list(delete_steps(place)) if task.delete else detach_steps(place)
    console.show_plan(_title(place), steps, every=task.status)
    is_due = is_anything_due(steps)
    if is_due and not (task.dry_run or task.status):
        console.say(REFUSES_ALL.format(place.resource))
        what = ", ".join(step.what for step in steps if step.is_due)
        require_yes(f"Remove: {what}?", yes=task.yes)
        place.waf.begin()
        console.carry_out(steps)
    console.say(NOTHING if not is_due else "done" if console.done else DUE_TEXT)
    console.end(is_due=is_due and not console.done)
    return DUE if task.status and is_due else 0


def _tell_versions(place: Place, console: Console) -> None:
    """Prints each managed rule group whose version differs from AWS's recommendation."""
    acl = place.waf.until_done(place.find_acl)
    found = newer(place.waf, versions_of(acl.settings)) if acl else []
    console.answer["newer_versions"] = found
    for each in found:
        console.say(f"{each}. Set it with --update-rules")


def _title(place: Place) -> str:
    return f"Firewall {place.names.web_acl} of {place.resource}"


def _print_policy(target: Target, *, with_logs: bool) -> int:
    json.dump(fill_policy(target, with_logs=with_logs), sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0


def main(  # noqa: PLR0913, PLR0917 - a command's options
    stage: StageName,
    rest_api_id: Annotated[
        str,
        typer.Option(
            metavar="ID",
            rich_help_panel=WHERE,
            help="the API that CloudFormation or Terraform deployed",
        ),
    ] = "",
    load_balancer: Annotated[
        str,
        typer.Option(
            metavar="ARN",
            rich_help_panel=WHERE,
            help="an Application Load Balancer, instead of the API",
        ),
    ] = "",
    replace: Annotated[
        bool,
        typer.Option("--replace", rich_help_panel=WHERE, help="replace another team's web ACL"),
    ] = False,
    rate_limit: Annotated[
        int | None,
        typer.Option(
            min=LEAST_REQUESTS,
            max=MOST_REQUESTS,
            metavar="N",
            rich_help_panel=CHOICES,
            help=f"requests of one address in five minutes; {REQUESTS:,} by default",
        ),
    ] = None,
    server_rate_limit: Annotated[
        int | None,
        typer.Option(
            min=LEAST_REQUESTS,
            max=MOST_REQUESTS,
            metavar="N",
            rich_help_panel=CHOICES,
            help=f"the same for each permanent entry; {SERVER_REQUESTS:,} by default",
        ),
    ] = None,
    count: Annotated[
        bool | None,
        typer.Option(
            "--count/--no-count",
            rich_help_panel=CHOICES,
            help="only count what rate limits and managed groups would block",
        ),
    ] = None,
    log_group: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=CHOICES,
            help="aws-waf-logs-…: log blocked and counted requests; created if missing",
        ),
    ] = None,
    update_rules: Annotated[
        bool,
        typer.Option(
            "--update-rules",
            rich_help_panel=CHOICES,
            help="set the versions of AWS's managed rules that AWS recommends",
        ),
    ] = False,
    rotate_secret: Annotated[
        bool,
        typer.Option(
            "--rotate-secret",
            rich_help_panel=DEEDS,
            help="change the inserted header's value; takes about eleven minutes",
        ),
    ] = False,
    propagation_seconds: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            rich_help_panel=DEEDS,
            show_default=False,
            help=f"how long both values stay valid, at least; {PROPAGATION:.0f} by default",
        ),
    ] = PROPAGATION,
    detach: Annotated[
        bool,
        typer.Option(
            "--detach",
            rich_help_panel=DEEDS,
            help="detach the web ACL: the application then refuses every request",
        ),
    ] = False,
    delete: Annotated[
        bool,
        typer.Option(
            "--delete",
            rich_help_panel=DEEDS,
            help="detach, then delete the web ACL and the IP sets",
        ),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", rich_help_panel=DEEDS, help="do not ask before --detach, --delete"),
    ] = False,
    dry_run: DryRun = False,
    status: Status = False,
    print_policy: Annotated[
        bool,
        typer.Option(
            "--print-policy",
            help="print the IAM policy for operators; with --log-group, logs too",
        ),
    ] = False,
    as_json: AsJson = False,
    timeout: Annotated[
        float,
        typer.Option(
            min=1,
            max=LONGEST_RUN_SECONDS,
            metavar="SECONDS",
            show_default=False,
            help=f"how long to retry temporary failures; {TIMEOUT:.0f} by default",
        ),
    ] = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    """Create or update the firewall of a deployed stage."""
    if rest_api_id and load_balancer:
        raise typer.BadParameter(
            "pass --rest-api-id or --load-balancer, not both. Run the command once for each"
        )
    console = Console("associate", as_json)
    with console.failures():
        target = Target(stage, rest_api_id, timeout, pace, load_balancer)
        if print_policy:
            sys.exit(_print_policy(target, with_logs=log_group is not None))
        require_name(log_group)
        task = Task(dry_run, status, detach, delete, yes)
        options = Options(rate_limit, count, log_group, replace, server_rate_limit, update_rules)
        rotation = Rotation(rotate_secret, propagation_seconds)
        sys.exit(carry_out(target, options, rotation, task, console))


def carry_out(
    target: Target, options: Options, rotation: Rotation, task: Task, console: Console
) -> int:
    """The exit code. Raises StageError, SettingsError, FirewallError, StepError, the SDK's errors."""
    place = open_place(target)
    if task.detach or task.delete:
        return take_down(place, task, console)
    return put_up(place, options, rotation, task, console)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command(epilog="Example: python waf/associate.py --stage dev --status")(main)

if __name__ == "__main__":
    app()
