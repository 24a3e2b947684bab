"""`landscape deploy`: creates or updates all of a stage.

    make deploy STAGE=dev

Settings → API → table → chalice deploy → gateway → firewall → smoke check → release. It stops at
the first failure and names the phases that are done. A second run changes only what differs.
"""

import os
import sys
import time
from collections.abc import Iterator
from typing import Annotated, NoReturn

import typer

from chalicelib.firewall.errors import FirewallError
from chalicelib.settings import OURS, SettingsError
from ops.console import FAILED, INTERRUPTED, UNPROVEN, AlarmTopic, DryRun, Pace, StageName
from ops.phases import Deploy
from ops.report import changed, have_listeners
from ops.stage import Stage
from ops.steps import (
    AWS_FAILURES,
    OperatorError,
    StoppedError,
    explain,
    tally,
)
from waf.my_address import CHECKIP_URL

# The phases that change nothing; they come first.
READING = ("settings", "API", "concurrency")


def main(  # noqa: PLR0913, PLR0917 - a command's options
    stage: StageName,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="adopt an API that Chalice has no record of")
    ] = False,
    any_region: Annotated[
        bool,
        typer.Option("--any-region", help="create the first API outside the user pools' region"),
    ] = False,
    url: Annotated[
        str, typer.Option(help="the API's base URL, if not its own; {api} becomes its id")
    ] = "",
    alarm_topic: AlarmTopic = "",
    checkip_url: Annotated[
        str, typer.Option(help="service that tells the smoke check this machine's address")
    ] = CHECKIP_URL,
    dry_run: DryRun = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="list unchanged parts too")] = False,
    pace: Pace = 1.0,
) -> None:
    """Deploy a stage: table, Lambda, API, gateway, firewall, smoke check, release."""
    done: list[str] = []
    phase = "settings"
    # Settings that this shell exports do not apply to a deployed stage.
    for name in filter(OURS.match, list(os.environ)):
        del os.environ[name]
    try:
        found = Stage.read(stage)
        deploy = Deploy(
            found, adopt, any_region, url, alarm_topic, dry_run, pace, verbose, checkip_url
        )
        for phase, carry_out in deploy.phases().items():
            print(f"deploy: {phase} …", flush=True)
            if said := carry_out():
                print(f"deploy: {phase}: {said}", flush=True)
            done.append(phase)
        print(*_tell(deploy), sep="\n", flush=True)
    except (KeyboardInterrupt, StoppedError) as error:
        _stop(
            f"interrupted at {phase}: {error}".rstrip(": "),
            _begun(phase, done, dry_run),
            INTERRUPTED,
        )
    except (OperatorError, SettingsError, FirewallError, *AWS_FAILURES, OSError) as error:
        _stop(f"stopped at {phase}: {explain(error)}", _begun(phase, done, dry_run), FAILED)
    if deploy.unproven:
        print(
            "deploy: deployed, but unproven: no request came through gateway and firewall, see the"
            " smoke check above. Request /health from an allowed address (landscape allow add --me"
            f" --stage {stage}). Exit code {UNPROVEN}",
            file=sys.stderr,
        )
        sys.exit(UNPROVEN)


def _begun(phase: str, done: list[str], dry_run: bool) -> list[str]:
    """The completed phases; empty if none of them can have changed anything."""
    return [] if dry_run or phase in READING else done


def _stop(why: str, done: list[str], status: int) -> NoReturn:
    lines = [why]
    if done:
        lines.append(
            f"done so far: {', '.join(done)}. Correct the cause and run the same command again"
        )
    print(*(f"deploy: {line}" for line in lines), sep="\n", file=sys.stderr)
    sys.exit(status)


def _tell(deploy: Deploy) -> Iterator[str]:
    """The last lines of the output. Raises the SDK's errors."""
    if deploy.dry_run:
        every = [step for steps in deploy.steps.values() for step in steps]
        yield f"deploy: {tally(every)}; nothing was changed"
    else:
        seconds = time.monotonic() - deploy.begun
        yield f"deploy: {deploy.stage.name} is deployed, after {seconds:.0f} s"
        yield f"  API      {deploy.address}"
        yield f"  page     {deploy.address}/docs"
        yield f"  release  {deploy.release}"
        yield from (f"  changed  {line}" for line in changed(deploy.steps))
        if deploy.settings.require_waf:
            yield "To let yourself in for 12 hours:"
            yield f"  .venv/bin/landscape allow add --me --for 12h --stage {deploy.stage.name}"
    if not (deploy.alarm_topic or have_listeners(deploy.stage)):
        yield "The alarms notify nobody. To send them to an SNS topic:"
        yield f"  make deploy STAGE={deploy.stage.name} ALARM_TOPIC=ARN"
