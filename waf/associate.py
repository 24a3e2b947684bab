"""Puts AWS WAF in front of a deployed stage, or brings it up to date.

    python waf/associate.py --stage dev

After each `chalice deploy`; twice in a row it does nothing the second time. docs/firewall.md says
how it is used. AWS credentials, region, profile and endpoint are the SDK's own settings.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from waf_acl import Wishes, check
from waf_face import GOES_ON, Face, StoppedError
from waf_logs import require_name
from waf_open import Meant, open_place, open_policy
from waf_place import Place
from waf_removal import delete_steps, detach_steps
from waf_rotation import PROPAGATION, Rotation
from waf_steps import plan

from chalicelib.errors import UnavailableError
from chalicelib.firewall.acl import LEAST_REQUESTS, MOST_REQUESTS, REQUESTS, WINDOW
from chalicelib.firewall.align import LONGEST_RUN_SECONDS
from chalicelib.firewall.calls import TIMEOUT
from chalicelib.firewall.errors import FirewallError
from chalicelib.settings import STAGES, SettingsError
from chalicelib.stores.dynamodb.transport import CallError
from operators.stage import StageError
from operators.steps import Step, StepError, explain, is_anything_due

INTERRUPTED = 130
NOTHING = "nothing to change"
REFUSES_ALL = (
    "Without its web ACL the application refuses every request to this stage"
    " (but takes every one where LANDSCAPE_REQUIRE_WAF is false)."
)


@dataclass(frozen=True)
class Asked:
    """What is to be done with the firewall, beside putting it there."""

    dry_run: bool = False
    status: bool = False
    detach: bool = False
    delete: bool = False
    yes: bool = False

    def __post_init__(self) -> None:
        if self.detach and self.delete:
            raise FirewallError("--detach or --delete, not both: --delete detaches first")


def put_up(place: Place, wishes: Wishes, rotation: Rotation, asked: Asked, face: Face) -> int:
    """The exit status: 0 when the association holds, or a dry run shows how it will."""
    planned = plan(place, wishes, rotation, face.say)
    face.show_plan(_title(place), planned.steps)
    is_due = is_anything_due(planned.steps)
    if planned.in_the_way:
        raise FirewallError(planned.in_the_way)
    if asked.dry_run or asked.status:
        face.say("something is due" if is_due else NOTHING)
        face.end(is_due=is_due)
        return int(asked.status and is_due)
    if is_due:
        face.carry_out(planned.steps)
        check(place)
    face.say(f"{'' if is_due else f'{NOTHING}: '}the association holds")
    face.end(is_due=False, holds=True)
    return 0


def take_down(place: Place, asked: Asked, face: Face) -> int:
    """The exit status. Asks first, unless told not to."""
    steps = list(delete_steps(place)) if asked.delete else detach_steps(place)
    face.show_plan(_title(place), steps)
    is_due = is_anything_due(steps)
    if is_due and not (asked.dry_run or asked.status):
        _ask(steps, asked, face)
        place.waf.begin()
        face.carry_out(steps)
    face.say(NOTHING if not is_due else "done" if face.done else "something is due")
    face.end(is_due=is_due and not face.done)
    return int(asked.status and is_due)


def _ask(steps: Sequence[Step], asked: Asked, face: Face) -> None:
    """Raises FirewallError unless the answer is yes."""
    face.say(REFUSES_ALL)
    what = ", ".join(step.what for step in steps if step.is_due)
    try:
        if asked.yes or typer.confirm(f"Take away: {what}?", err=True):
            return
    except typer.Abort:
        pass
    raise FirewallError("nothing was changed: the answer was not yes (--yes says it beforehand)")


def _title(place: Place) -> str:
    return f"Firewall {place.names.web_acl} of {place.resource_arn.partition('::')[2]}"


def _print_policy(meant: Meant) -> int:
    json.dump(open_policy(meant), sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0


def main(  # noqa: PLR0913, PLR0917 - a command's options
    stage: Annotated[str, typer.Option(help=" or ".join(STAGES[1:]))],
    rest_api_id: Annotated[
        str, typer.Option(help="where CloudFormation or Terraform deployed the API")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell, but change nothing")] = False,
    status: Annotated[
        bool, typer.Option("--status", help="as --dry-run, and exit 1 when something is due")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="take the web ACL off the API: everything is refused")
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
    as_json: Annotated[
        bool, typer.Option("--json", help="one JSON object on standard output")
    ] = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="the IAM policy that whoever runs this needs")
    ] = False,
    pace: Annotated[float, typer.Option(min=0, hidden=True, help="multiplies every wait")] = 1.0,
) -> None:
    """Put AWS WAF in front of a deployed stage, or bring it up to date."""
    meant = Meant(stage, rest_api_id, timeout, pace)
    face = Face(as_json)
    try:
        if print_policy:
            sys.exit(_print_policy(meant))
        require_name(log_group)
        asked = Asked(dry_run, status, detach, delete, yes)
        place = open_place(meant)
        if detach or delete:
            sys.exit(take_down(place, asked, face))
        wishes = Wishes(rate_limit, count, log_group, replace)
        rotation = Rotation(rotate_secret, propagation_seconds)
        sys.exit(put_up(place, wishes, rotation, asked, face))
    except (StageError, SettingsError, FirewallError) as error:
        _fail(face, str(error), 1)
    except StepError as error:
        goes_on = "" if GOES_ON in str(error) else f". {GOES_ON}"
        _fail(face, f"{error}{goes_on}", 1)
    except (UnavailableError, CallError, BotoCoreError, ClientError) as error:
        _fail(face, f"{explain(error).rstrip('.')}. {GOES_ON}", 1)
    except StoppedError as error:
        _fail(face, str(error), INTERRUPTED)
    except KeyboardInterrupt:
        _fail(face, f"stopped. {_what_stands(face)}. {GOES_ON}", INTERRUPTED)


def _what_stands(face: Face) -> str:
    return f"Done: {', '.join(face.done)}" if face.done else "Nothing was changed"


def _fail(face: Face, text: str, status: int) -> NoReturn:
    face.end(error=text)
    sys.stderr.write(f"associate: {text}\n")
    sys.exit(status)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(main)

if __name__ == "__main__":
    app()
