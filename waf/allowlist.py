"""Manages the addresses that may reach the API: add, deny, remove, flush, list, check, sync.

    python waf/allowlist.py add --me --for 12h --stage dev

The stage's table is the source of truth, and AWS WAF's IP sets follow it: docs/firewall.md. The SDK's
own settings choose AWS credentials, region, profile and endpoint.
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
    Action,
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
    "Allow addresses, for 12 hours by default. This renews a listed address: it keeps owner and note,"
    " and a permanent entry stays permanent."
)
DENY = "Block addresses, also inside allowed ranges. Without --for the entry does not expire."

EXPIRY, ABOUT, CARE = "Expiry", "About the entry", "Overrides"
EXAMPLE = "Example: landscape allow"

Timeout = Annotated[
    float,
    typer.Option(
        min=1,
        max=LONGEST_RUN_SECONDS,
        metavar="SECONDS",
        show_default=False,
        help=f"how long to retry while AWS WAF is busy; {TIMEOUT:.0f} by default",
    ),
]
Cidrs = Annotated[
    list[str] | None,
    typer.Argument(metavar="CIDR...", help="addresses or ranges", show_default=False),
]
File = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="read them from a file, one a line; # begins a comment"),
]

app = typer.Typer(
    help="Manage the addresses that may reach the API: allow, block, remove, list them.",
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
        typer.Option("--me", help="this machine's public addresses, IPv4 and IPv6"),
    ] = False,
    file: File = None,
    lasts: Annotated[
        str,
        typer.Option(
            "--for", metavar="TIME", rich_help_panel=EXPIRY, help="such as 30m, 12h or 7d"
        ),
    ] = "",
    permanent: Annotated[
        bool,
        typer.Option(
            "--permanent",
            rich_help_panel=EXPIRY,
            help="until it is removed: for servers, which get a higher rate limit",
        ),
    ] = False,
    owner: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=ABOUT,
            help="its owner. Default: unchanged, or for a new entry your AWS identity",
        ),
    ] = None,
    note: Annotated[
        str | None,
        typer.Option(rich_help_panel=ABOUT, help='its purpose. Default: unchanged. "" empties it'),
    ] = None,
    wide: Annotated[
        bool,
        typer.Option(
            "--wide", rich_help_panel=CARE, help="accept ranges wider than /16 (IPv6: /32)"
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", rich_help_panel=CARE, help="accept addresses reserved for documentation"
        ),
    ] = False,
    checkip_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            show_default=False,
            help="the service that --me asks; checkip.amazonaws.com by default",
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
            raise InputError("pass --for or --permanent, not both")
        now = lists.clock()
        expires_at = timestamp(now + duration(lasts)) if lasts else None
        note = one_line(note or "", "note")
        written = read_ranges(cidrs, file)
        mine = my_addresses(checkip_url) if me else MyAddresses([], [])
        written += map(WrittenRange, mine.addresses)
        if not written:
            raise InputError("no address given: pass addresses or ranges, --me, or --file")
        accepted = accept_all(written, wide=wide, force=force)
        owner = one_line(owner or boto3.client("sts").get_caller_identity()["Arn"], "owner")
        entries = [Entry(kind, each, owner, note, timestamp(now), expires_at) for each in accepted]
        with waiting(f"adding {len(entries):,}"):
            outcome = lists.add(entries, keeps)
        outcome = replace(outcome, remarks=[*mine.remarks, *outcome.remarks])
        report(lists, outcome, kind, as_json=as_json)


@app.command(epilog=f"{EXAMPLE} remove 8.8.8.8 --stage dev")
def remove(  # noqa: PLR0913, PLR0917 - a command's options
    stage: StageName,
    cidrs: Cidrs = None,
    file: File = None,
    kind: Annotated[Kind | None, typer.Option(help="the list, if the address is in both")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    """Remove addresses from their list."""
    with Console("allowlist").failures():
        written = read_ranges(cidrs, file)
        if not written:
            raise InputError("no address given: pass addresses or ranges, or --file")
        lists = open_lists(stage, timeout, pace, dry_run=dry_run)
        with waiting(f"removing {len(written):,}"):
            outcome = lists.remove(spell_all(written), kind)
        report(lists, outcome, "remove", as_json=as_json)


@app.command("list", epilog=f"{EXAMPLE} list --stage dev")
def list_entries(
    stage: StageName, as_json: AsJson = False, timeout: Timeout = TIMEOUT, pace: Pace = 1.0
) -> None:
    """List the entries, their expiry, and the differences between IP sets and table."""
    with Console("allowlist").failures():
        lists = open_lists(stage, timeout, pace)
        with waiting("reading"):
            found = listing_document(lists.views())
        show_listing(found, lists.clock(), as_json=as_json)


@app.command(epilog=f"{EXAMPLE} flush --unknown --stage dev")
def flush(  # noqa: PLR0913, PLR0917 - a command's options
    stage: StageName,
    unknown: Annotated[
        bool,
        typer.Option("--unknown", help="only addresses that were added to the IP sets by hand"),
    ] = False,
    kind: Annotated[Literal["allow", "deny", "both"], typer.Option(help="the list")] = "allow",
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    """Remove every entry of the allow-list, or of the list in --kind."""
    with Console("allowlist").failures():
        lists = open_lists(stage, timeout, pace, dry_run=dry_run)
        kinds = KINDS if kind == "both" else (kind,)
        with waiting("reading"):
            strangers = lists.unknown(kinds) if unknown else []
            entries = [] if unknown else lists.live(kinds)
        number = len(strangers) + len(entries)
        if number and not dry_run:
            what = "added by hand" if unknown else f"of the {' and '.join(kinds)} list"
            question = f"Remove every address {what} in the stage {stage}, {number:,} in all?"
            require_yes(question, yes=yes)
        with waiting(f"removing {number:,}"):
            outcome = lists.flush_unknown(strangers) if unknown else lists.flush(entries)
        report(lists, outcome, "remove", as_json=as_json)


@app.command("check", epilog=f"{EXAMPLE} check 8.8.8.8 --stage dev")
def explain_decision(
    stage: StageName,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="one address, not a range")],
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    """Print the rule that decides about an address, and the reason."""
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
    """Update the IP sets from the table, as every other command and the schedule do."""
    with Console("allowlist").failures():
        lists = open_lists(stage, timeout, pace, dry_run=dry_run)
        with waiting("updating the IP sets"):
            outcome = lists.sync()
        report(lists, outcome, "sync", as_json=as_json)


def open_lists(stage: str, timeout: float, pace: float, *, dry_run: bool = False) -> Lists:
    """Raises StageError, SettingsError and the SDK's errors."""
    found = Stage.read(stage)
    ledger = Ledger(open_table(stage))
    waf = Waf(waf_client(), timeout=timeout, pace=pace)
    return Lists(waf, Names(found.app, found.name), ledger, utc_now, dry_run)


def report(lists: Lists, outcome: Outcome, action: Action, *, as_json: bool) -> None:
    found = outcome_document(outcome, dry_run=lists.dry_run)
    show(found, outcome_text(found, action, lists.clock()), as_json=as_json)


def waiting(what: str) -> Any:
    """A spinner on stderr, if that is a terminal."""
    return Terminal(stderr=True).status(f"{what} …")


if __name__ == "__main__":
    app()
