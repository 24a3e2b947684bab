"""Who may reach the API: lets addresses in for a while, shuts them out, takes them out, lists them.

    python waf/allowlist.py add --me --for 12h --stage dev

The stage's table is the truth; the IP sets of AWS WAF follow it. docs/firewall.md says more. AWS
credentials, region, profile and endpoint are the SDK's own settings.
"""

import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

if __name__ == "__main__" and not find_spec("ops"):
    sys.exit("allowlist: run it with the project's own Python: .venv/bin/python waf/allowlist.py")

import boto3
import typer
from rich.console import Console as Terminal

from chalicelib.firewall.align import LONGEST_RUN_SECONDS
from chalicelib.firewall.calls import Waf, waf_client
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.names import KINDS, Kind, Names
from chalicelib.services.clock import timestamp, utc_now
from ops.console import AsJson, Console, DryRun, Pace, StageName, Yes, require_yes
from ops.stage import Stage
from waf.answers import (
    decision_document,
    decision_text,
    listing_document,
    outcome_document,
    outcome_text,
    show,
    show_listing,
)
from waf.asking import (
    WrittenRange,
    accept_all,
    duration,
    one_line,
    read_ranges,
    spell_all,
)
from waf.check import decide, parse_address
from waf.lists import Lists, Outcome
from waf.my_address import CHECKIP_URL, MyAddresses, my_addresses
from waf.opening import open_table
from waf.ranges import InputError

DEFAULT_FOR = "12h"
TIMEOUT = 600.0  # seconds
ADD = (
    "Let addresses in, for 12 hours where nothing else is said. Those that are in are renewed: they"
    " keep owner and note, and a permanent one stays permanent."
)
DENY = "Shut addresses out, inside of allowed ranges too; until they are removed, without --for."

FOR_HOW_LONG, ABOUT, CARE = "For how long", "About the entry", "With care"
EXAMPLE = "Example: landscape allow"

Timeout = Annotated[
    float,
    typer.Option(
        min=1,
        max=LONGEST_RUN_SECONDS,
        metavar="SECONDS",
        show_default=False,
        help=f"after which a busy WAF is given up; {TIMEOUT:.0f} if left out",
    ),
]
Cidrs = Annotated[
    list[str] | None,
    typer.Argument(metavar="CIDR...", help="addresses or ranges", show_default=False),
]
File = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="more of them, one a line; # begins a remark"),
]

app = typer.Typer(
    help="Who may reach the API: let addresses in, shut them out, take them out, list them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("deny", help=DENY, epilog=f"{EXAMPLE} deny 8.8.8.8 --for 7d --stage dev")
@app.command("add", help=ADD, epilog=f"{EXAMPLE} add --me --for 12h --stage dev")
def put(  # noqa: PLR0913, PLR0917 - a command's options
    context: typer.Context,
    stage: StageName,
    cidrs: Cidrs = None,
    me: Annotated[
        bool,
        typer.Option("--me", help="what this machine is seen with, over IPv4 and over IPv6"),
    ] = False,
    file: File = None,
    lasts: Annotated[
        str,
        typer.Option(
            "--for", metavar="TIME", rich_help_panel=FOR_HOW_LONG, help="like 30m, 12h or 7d"
        ),
    ] = "",
    permanent: Annotated[
        bool,
        typer.Option(
            "--permanent",
            rich_help_panel=FOR_HOW_LONG,
            help="until it is taken out: for servers, which have a higher rate limit",
        ),
    ] = False,
    owner: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=ABOUT,
            help="who answers for it. If left out: as it is, or you, as AWS knows you",
        ),
    ] = None,
    note: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=ABOUT, help='what it is for; as it is, if left out; "" empties it'
        ),
    ] = None,
    wide: Annotated[
        bool,
        typer.Option(
            "--wide", rich_help_panel=CARE, help="take more than a /16, or for IPv6 a /32"
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", rich_help_panel=CARE, help="take ranges that are for documentation"
        ),
    ] = False,
    checkip_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            show_default=False,
            help="whom --me asks; checkip.amazonaws.com if left out",
        ),
    ] = CHECKIP_URL,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    kind: Kind = "allow" if context.info_name == "add" else "deny"
    fields = {"owner": owner, "note": note, "expires_at": lasts or permanent or None}
    keeps = [name for name, given in fields.items() if given is None]
    if kind == "allow" and not permanent:
        lasts = lasts or DEFAULT_FOR
    with Console("allowlist").failures():
        lists = open_lists(stage, timeout, pace, dry_run=dry_run)
        if permanent and lasts:
            raise InputError("--for and --permanent exclude each other")
        now = lists.clock()
        expires_at = timestamp(now + duration(lasts)) if lasts else None
        note = one_line(note or "", "note")
        written = read_ranges(cidrs, file)
        mine = my_addresses(checkip_url) if me else MyAddresses([], [])
        written += map(WrittenRange, mine.addresses)
        if not written:
            raise InputError("say what is meant: addresses or ranges, --me, or --file")
        accepted = accept_all(written, wide=wide, force=force)
        owner = one_line(owner or boto3.client("sts").get_caller_identity()["Arn"], "owner")
        entries = [Entry(kind, each, owner, note, timestamp(now), expires_at) for each in accepted]
        with waiting(f"{len(entries):,} to be put in"):
            outcome = lists.add(entries, keeps)
        outcome = replace(outcome, remarks=[*mine.remarks, *outcome.remarks])
        report(lists, outcome, "let in" if kind == "allow" else "shut out", as_json=as_json)


@app.command(epilog=f"{EXAMPLE} remove 8.8.8.8 --stage dev")
def remove(  # noqa: PLR0913, PLR0917 - a command's options
    stage: StageName,
    cidrs: Cidrs = None,
    file: File = None,
    kind: Annotated[Kind | None, typer.Option(help="where an address is in both lists")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    """Take addresses out of the list that they are in."""
    with Console("allowlist").failures():
        written = read_ranges(cidrs, file)
        if not written:
            raise InputError("say what is to be taken out: addresses or ranges, or --file")
        lists = open_lists(stage, timeout, pace, dry_run=dry_run)
        with waiting(f"{len(written):,} to be taken out"):
            outcome = lists.remove(spell_all(written), kind)
        report(lists, outcome, "taken out of", as_json=as_json)


@app.command("list", epilog=f"{EXAMPLE} list --stage dev")
def list_entries(
    stage: StageName, as_json: AsJson = False, timeout: Timeout = TIMEOUT, pace: Pace = 1.0
) -> None:
    """List who is in, until when, and where the IP sets differ from the table."""
    with Console("allowlist").failures():
        lists = open_lists(stage, timeout, pace)
        with waiting("reading"):
            found = listing_document(lists.views())
        show_listing(found, lists.clock(), as_json=as_json)


@app.command(epilog=f"{EXAMPLE} flush --unknown --stage dev")
def flush(  # noqa: PLR0913, PLR0917 - a command's options
    stage: StageName,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="what was put into the IP sets by hand, and only that")
    ] = False,
    kind: Annotated[Literal["allow", "deny", "both"], typer.Option(help="which list")] = "allow",
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    """Take everybody out of the allow list."""
    with Console("allowlist").failures():
        lists = open_lists(stage, timeout, pace, dry_run=dry_run)
        kinds = KINDS if kind == "both" else (kind,)
        with waiting("reading"):
            strangers = lists.unknown(kinds) if unknown else []
            entries = [] if unknown else lists.live(kinds)
        number = len(strangers) + len(entries)
        if number and not dry_run:
            what = "put into the IP sets by hand" if unknown else f"in the {kind} list"
            question = f"Take out everything {what} of the stage {stage}, {number:,} in all?"
            require_yes(question, yes=yes)
        with waiting(f"{number:,} to be taken out"):
            outcome = lists.flush_unknown(strangers) if unknown else lists.flush(entries)
        report(lists, outcome, "taken out of", as_json=as_json)


@app.command("check", epilog=f"{EXAMPLE} check 8.8.8.8 --stage dev")
def explain_decision(
    stage: StageName,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="one address, no range")],
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    """Tell which rule decides about an address, and why."""
    with Console("allowlist").failures():
        network = parse_address(address)
        decision = decide(network, open_lists(stage, timeout, pace).views())
        found = decision_document(decision)
        show(found, decision_text(found), as_json=as_json)


@app.command(epilog=f"{EXAMPLE} sync --stage dev --dry-run")
def sync(
    stage: StageName,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    """Bring the IP sets in line with the table, as every other command and the schedule do."""
    with Console("allowlist").failures():
        lists = open_lists(stage, timeout, pace, dry_run=dry_run)
        with waiting("bringing the IP sets in line"):
            outcome = lists.sync()
        report(lists, outcome, "", as_json=as_json)


def open_lists(stage: str, timeout: float, pace: float, *, dry_run: bool = False) -> Lists:
    """Raises StageError, SettingsError, and the SDK's errors."""
    found = Stage.read(stage)
    ledger = Ledger(open_table(stage))
    waf = Waf(waf_client(), timeout=timeout, pace=pace)
    return Lists(waf, Names(found.app, found.name), ledger, utc_now, dry_run)


def report(lists: Lists, outcome: Outcome, verb: str, *, as_json: bool) -> None:
    found = outcome_document(outcome, dry_run=lists.dry_run)
    show(found, outcome_text(found, verb, lists.clock()), as_json=as_json)


def waiting(what: str) -> Any:
    """A sign of life on stderr, where that is a terminal."""
    return Terminal(stderr=True).status(f"{what} …")


if __name__ == "__main__":
    app()
