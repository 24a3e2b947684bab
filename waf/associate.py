"""Puts AWS WAF in front of a deployed stage, or brings it up to date.

    python waf/associate.py --stage dev
    python waf/associate.py --stage dev --load-balancer ARN

After each `chalice deploy`; twice in a row it does nothing the second time. docs/firewall.md says
how it is used. AWS credentials, region, profile and endpoint are the SDK's own settings.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated

if __name__ == "__main__" and not find_spec("ops"):
    sys.exit("associate: run it with the project's own Python: .venv/bin/python waf/associate.py")

import typer

from chalicelib.firewall.align import LONGEST_RUN_SECONDS
from chalicelib.firewall.calls import TIMEOUT
from chalicelib.firewall.errors import FirewallError
from ops.console import DUE, NOTHING, AsJson, Console, DryRun, StageName, Status
from ops.steps import Step, is_anything_due
from waf.acl import Options, wait_until_associated
from waf.logs import require_name
from waf.opening import Target, fill_policy, open_place
from waf.place import Place
from waf.plan import plan
from waf.removal import delete_steps, detach_steps
from waf.rotation import PROPAGATION, Rotation
from waf.rules import LEAST_REQUESTS, MOST_REQUESTS, REQUESTS, WINDOW

REFUSES_ALL = (
    "Without its web ACL the application refuses every request that comes through {}"
    " (but takes every one where LANDSCAPE_REQUIRE_WAF is false)."
)


@dataclass(frozen=True)
class Task:
    """What is to be done with the firewall, beside putting it there."""

    dry_run: bool = False
    status: bool = False
    detach: bool = False
    delete: bool = False
    yes: bool = False

    def __post_init__(self) -> None:
        if self.detach and self.delete:
            raise FirewallError("--detach or --delete, not both: --delete detaches first")


def put_up(place: Place, options: Options, rotation: Rotation, task: Task, console: Console) -> int:
    """The exit status: 0 when the association holds, or a dry run shows how it will."""
    planned = plan(place, options, rotation, console.say)
    console.show_plan(_title(place), planned.steps)
    is_due = is_anything_due(planned.steps)
    if planned.in_the_way:
        raise FirewallError(planned.in_the_way)
    if task.dry_run or task.status:
        console.say("something is due" if is_due else NOTHING)
        console.end(is_due=is_due)
        return DUE if task.status and is_due else 0
    if is_due:
        console.carry_out(planned.steps)
        wait_until_associated(place)
    console.say(f"{'' if is_due else f'{NOTHING}: '}the association holds")
    console.end(is_due=False, holds=True)
    return 0


def take_down(place: Place, task: Task, console: Console) -> int:
    """The exit status. Asks first, unless told not to."""
    steps = list(delete_steps(place)) if task.delete else detach_steps(place)
    console.show_plan(_title(place), steps)
    is_due = is_anything_due(steps)
    if is_due and not (task.dry_run or task.status):
        console.say(REFUSES_ALL.format(place.resource))
        _ask(steps, task)
        place.waf.begin()
        console.carry_out(steps)
    console.say(NOTHING if not is_due else "done" if console.done else "something is due")
    console.end(is_due=is_due and not console.done)
    return DUE if task.status and is_due else 0


def _ask(steps: Sequence[Step], task: Task) -> None:
    """Raises FirewallError unless the answer is yes."""
    what = ", ".join(step.what for step in steps if step.is_due)
    try:
        if task.yes or typer.confirm(f"Take away: {what}?", err=True):
            return
    except typer.Abort:
        pass
    raise FirewallError("nothing was changed: the answer was not yes (--yes says it beforehand)")


def _title(place: Place) -> str:
    return f"Firewall {place.names.web_acl} of {place.resource}"


def _print_policy(target: Target) -> int:
    json.dump(fill_policy(target), sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0


def main(  # noqa: PLR0913, PLR0917 - a command's options
    stage: StageName,
    rest_api_id: Annotated[
        str, typer.Option(help="where CloudFormation or Terraform deployed the API")
    ] = "",
    load_balancer: Annotated[
        str,
        typer.Option(metavar="ARN", help="an Application Load Balancer, in the place of the API"),
    ] = "",
    dry_run: DryRun = False,
    status: Status = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="take the web ACL off: everything is refused there")
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="detach, then delete the web ACL and the IP sets")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="do not ask before --detach, --delete")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="take the place of another team's web ACL")
    ] = False,
    rotate_secret: Annotated[
        bool, typer.Option("--rotate-secret", help="change the inserted header's value")
    ] = False,
    propagation_seconds: Annotated[
        float, typer.Option(min=0, help="how long a change takes to reach all of AWS WAF")
    ] = PROPAGATION,
    rate_limit: Annotated[
        int | None,
        typer.Option(
            min=LEAST_REQUESTS,
            max=MOST_REQUESTS,
            help=f"requests of one address in {WINDOW} s; {REQUESTS} at first",
        ),
    ] = None,
    count: Annotated[
        bool | None,
        typer.Option(
            "--count/--no-count", help="only count what rate limit and managed groups would block"
        ),
    ] = None,
    log_group: Annotated[
        str | None,
        typer.Option(help="aws-waf-logs-…: log what is blocked or counted; made if missing"),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(min=1, max=LONGEST_RUN_SECONDS, help="seconds for what fails in passing"),
    ] = TIMEOUT,
    as_json: AsJson = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="the IAM policy that whoever runs this needs")
    ] = False,
    pace: Annotated[float, typer.Option(min=0, hidden=True, help="multiplies every wait")] = 1.0,
) -> None:
    """Put AWS WAF in front of a deployed stage, or bring it up to date."""
    if rest_api_id and load_balancer:
        raise typer.BadParameter("--rest-api-id or --load-balancer, not both: one run is for one")
    console = Console("associate", as_json)
    with console.failures():
        target = Target(stage, rest_api_id, timeout, pace, load_balancer)
        if print_policy:
            sys.exit(_print_policy(target))
        require_name(log_group)
        task = Task(dry_run, status, detach, delete, yes)
        options = Options(rate_limit, count, log_group, replace)
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
app.command()(main)

if __name__ == "__main__":
    app()
