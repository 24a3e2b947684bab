"""Who may reach the API: lets addresses in for a while, shuts them out, takes them out, tells.

    python waf/allowlist.py add --me --for 12h --stage dev

The stage's table is the truth; the IP sets of AWS WAF follow it. docs/firewall.md says more. AWS
credentials, region, profile and endpoint are the SDK's own settings.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Annotated, Any, Literal

if __name__ == "__main__" and not find_spec("ops"):
    sys.exit("allowlist: run it with the project's own Python: .venv/bin/python waf/allowlist.py")

import typer
from rich.console import Console as Terminal

from chalicelib.firewall.entries import EntryError, spell_all
from chalicelib.firewall.names import KINDS, Kind
from ops.console import AsJson, Console, DryRun, StageName
from waf.asking import (
    Asking,
    CheckIp,
    Cidrs,
    File,
    For,
    Force,
    Me,
    Note,
    Owner,
    Pace,
    Permanent,
    Timeout,
    Wide,
    open_lists,
    read_asked,
)
from waf.check import decide, parse_address
from waf.documents import decision_document, document, listing_document
from waf.lists import Lists, Outcome
from waf.messages import print_listing, said_of, say, tell
from waf.my_address import CHECKIP_URL

DEFAULT_FOR = "12h"
TIMEOUT = 600.0  # seconds
ADD = "Let addresses in, for 12 hours where nothing else is said; those that are in are renewed."
DENY = "Shut addresses out, inside of allowed ranges too; until they are removed, without --for."

app = typer.Typer(
    help="Who may reach the API: let addresses in, shut them out, take them out, tell.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("deny", help=DENY)
@app.command("add", help=ADD)
def put(  # noqa: PLR0913, PLR0917 - a command's options
    context: typer.Context,
    stage: StageName,
    cidrs: Cidrs = None,
    me: Me = False,
    file: File = None,
    lasts: For = "",
    permanent: Permanent = False,
    owner: Owner = "",
    note: Note = "",
    wide: Wide = False,
    force: Force = False,
    checkip_url: CheckIp = CHECKIP_URL,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    kind: Kind = "allow" if context.info_name == "add" else "deny"
    if kind == "allow" and not permanent:
        lasts = lasts or DEFAULT_FOR
    asking = Asking(cidrs, file, me, checkip_url, lasts, permanent, owner, note, wide, force)
    with Console("allowlist").failures():
        lists = open_lists(stage, timeout, pace, dry_run=dry_run)
        entries, remarks = asking.entries(kind, lists.clock())
        with waiting(f"{len(entries):,} to be put in"):
            outcome = lists.add(entries)
        outcome = replace(outcome, remarks=[*remarks, *outcome.remarks])
        told(lists, outcome, "let in" if kind == "allow" else "shut out", as_json=as_json)


@app.command()
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
        asked = read_asked(cidrs, file)
        if not asked:
            raise EntryError("say what is to be taken out: addresses or ranges, or --file")
        lists = open_lists(stage, timeout, pace, dry_run=dry_run)
        with waiting(f"{len(asked):,} to be taken out"):
            outcome = lists.remove(spell_all(asked), kind)
        told(lists, outcome, "taken out of", as_json=as_json)


@app.command("list")
def list_entries(
    stage: StageName, as_json: AsJson = False, timeout: Timeout = TIMEOUT, pace: Pace = 1.0
) -> None:
    """Tell who is in, until when, and where the IP sets differ from the table."""
    with Console("allowlist").failures():
        lists = open_lists(stage, timeout, pace)
        with waiting("reading"):
            views = lists.views()
        found = listing_document(views)
        if as_json or not found["entries"]:
            tell([] if as_json else ["Nobody is listed"], found, as_json=as_json)
        else:
            print_listing(views, lists.clock())


@app.command()
def flush(  # noqa: PLR0913, PLR0917 - a command's options
    stage: StageName,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="what was put into the IP sets by hand, and only that")
    ] = False,
    kind: Annotated[Literal["allow", "deny", "both"], typer.Option(help="which list")] = "allow",
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
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
            go, number = _flush(lists, kinds, unknown=unknown)
        if number and not (yes or dry_run):
            what = "put into the IP sets by hand" if unknown else f"in the {kind} list"
            require_yes(f"Take out everything {what} of the stage {stage}, {number:,} in all?")
        with waiting(f"{number:,} to be taken out"):
            outcome = go()
        told(lists, outcome, "taken out of", as_json=as_json)


def _flush(
    lists: Lists, kinds: tuple[Kind, ...], *, unknown: bool
) -> tuple[Callable[[], Outcome], int]:
    """What takes out all that is there now, and how many that are."""
    if unknown:
        strangers = lists.unknown(kinds)
        return partial(lists.flush_unknown, strangers), len(strangers)
    entries = lists.live(kinds)
    return partial(lists.flush, entries), len(entries)


@app.command()
def check(
    stage: StageName,
    address: str,
    as_json: AsJson = False,
    timeout: Timeout = TIMEOUT,
    pace: Pace = 1.0,
) -> None:
    """Tell which rule decides about an address, and why."""
    with Console("allowlist").failures():
        network = parse_address(address)
        decision = decide(network, open_lists(stage, timeout, pace).views())
        tell(said_of(decision), decision_document(decision), as_json=as_json)


@app.command()
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
        told(lists, outcome, "", as_json=as_json)


def told(lists: Lists, outcome: Outcome, verb: str, *, as_json: bool) -> None:
    lines = say(outcome, verb, lists.clock(), dry_run=lists.dry_run)
    tell(lines, document(outcome, dry_run=lists.dry_run), as_json=as_json)


def waiting(what: str) -> Any:
    """A sign of life on stderr, where that is a terminal."""
    return Terminal(stderr=True).status(f"{what} …")


def require_yes(question: str) -> None:
    """Raises EntryError where the answer is no, or nobody can be asked."""
    if not sys.stdin.isatty():
        raise EntryError(f"{question} Nobody can be asked here: --yes says yes")
    if not typer.confirm(question, err=True):
        raise EntryError("nothing was changed")


if __name__ == "__main__":
    app()
