"""What allowlist.py says to people: lines, and a table."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chalicelib.firewall.align import Changes, View
from chalicelib.firewall.cidrs import in_order
from chalicelib.firewall.entries import Entry
from waf.check import Decision
from waf.lists import MOST_NAMED, Outcome

ALONE = "There are no IP sets yet, there is the table alone: waf/associate.py makes them"
MANY = 500  # entries, from which on a list is plain
COLUMNS = ("list", "range", "until", "owner", "note", "state")
DECIDED = {
    "allow": "the allow set lets it in",
    "deny": "the deny set shuts it out",
    None: "the default action shuts it out: it is not listed",
}
NOT_FORETOLD = (
    "the rate limit and AWS's managed rule groups are decided before the allow set: whether they"
    " block a request cannot be foretold"
)


def until(entry: Entry, now: datetime) -> str:
    """`2026-01-01 12:00 UTC (in 3 h)`."""
    if entry.expires_at is None:
        return "for ever"
    at = datetime.fromisoformat(entry.expires_at)
    left = (at - now).total_seconds()
    words = f"in {_length(left)}" if left > 0 else f"{_length(-left)} ago"
    return f"{at:%Y-%m-%d %H:%M} UTC ({words})"


def _length(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    return f"{round(minutes / 60)} h" if minutes < 72 * 60 else f"{round(minutes / 1440)} d"


def say(outcome: Outcome, verb: str, now: datetime, *, dry_run: bool) -> list[str]:
    """The lines about a command that changes something."""
    verb = f"would be {verb}" if dry_run and verb else verb
    told = [_said_of(entry, outcome, verb, now) for entry in outcome.entries]
    told += [f"{cidr} {verb} the {kind} set" for kind, cidr in outcome.unknown]
    lines = told[:MOST_NAMED]
    if len(told) > MOST_NAMED:
        lines.append(f"and {len(told) - MOST_NAMED:,} more, {len(told):,} in all")
    if not told and verb:
        lines.append("Nothing was to be changed")
    lines += outcome.remarks
    if outcome.changes is not None or not dry_run:
        lines += said_of_sets(outcome.changes)
    return [*lines, "A dry run: nothing was written"] if dry_run else lines


def _said_of(entry: Entry, outcome: Outcome, verb: str, now: datetime) -> str:
    old = outcome.before.get(entry.cidr)
    if "taken out" in verb:
        return f"{entry.cidr} {verb} the {entry.kind} list"
    renewed = f", renewed: it was until {until(old, now)}" if old else ""
    return f"{entry.cidr} {verb} until {until(entry, now)}{renewed}".replace("until for", "for")


def said_of_sets(changes: Changes | None) -> list[str]:
    if changes is None:
        return [ALONE]
    lines = []
    for change in changes.sets:
        parts = [
            f"{len(some):,} {what} ({_named(some)})"
            for some, what in ((change.added, "put in"), (change.removed, "taken out"))
            if some
        ]
        if parts:
            lines.append(f"IP set {change.name}: {', '.join(parts)}")
        if change.unknown:
            lines.append(
                f"IP set {change.name}: {len(change.unknown):,} put in by hand"
                f" ({_named(change.unknown)}); flush --unknown takes such out"
            )
    return lines if changes.is_any else [*lines, "The IP sets are as wanted"]


def _named(cidrs: Sequence[str], most: int = 5) -> str:
    return ", ".join(cidrs[:most]) + (", …" if len(cidrs) > most else "")


def rows(views: Sequence[View]) -> Iterator[tuple[str, str, Entry | None, str]]:
    """(kind, CIDR, entry or None where it is unknown, state), in order."""
    for view in views:
        live, leaving, unknown = view.live, view.leaving, view.unknown
        for cidr in sorted(live | leaving | unknown, key=in_order):
            yield view.kind, cidr, view.entries.get(cidr), _state(view, cidr, live, leaving)


def _state(view: View, cidr: str, live: frozenset[str], leaving: frozenset[str]) -> str:
    if view.addresses is None:
        return "no IP set yet"
    if cidr in live:
        return "in force" if cidr in view.addresses else "pending: not in the set yet"
    return "over: to be taken out" if cidr in leaving else "unknown: put in by hand"


def print_listing(views: Sequence[View], now: datetime) -> None:
    if sum(1 for _ in rows(views)) > MANY:
        typer.echo("\n".join(plain_listing(views, now)))
    else:
        Console().print(listing(views, now))


def listing(views: Sequence[View], now: datetime) -> Table:
    table = Table(box=None)
    for name in COLUMNS:
        table.add_column(name, no_wrap=name in ("list", "range"), overflow="fold")
    for kind, cidr, entry, state in rows(views):
        of_entry = (until(entry, now), entry.owner, entry.note) if entry else ("", "", "")
        table.add_row(*(Text(text) for text in (kind, cidr, *of_entry, state)))
    return table


def plain_listing(views: Sequence[View], now: datetime) -> Iterator[str]:
    """The same for many: a table takes as long to lay out as to read."""
    yield "\t".join(COLUMNS)
    for kind, cidr, entry, state in rows(views):
        of_entry = (until(entry, now), entry.owner, entry.note) if entry else ("", "", "")
        yield "\t".join((kind, cidr, *of_entry, state))


def said_of(decision: Decision) -> list[str]:
    if not decision.has_sets:
        lines = ["There is no firewall yet, so the application refuses everybody. By the table:"]
    else:
        lines = []
    by = f" ({', '.join(decision.cidrs)})" if decision.cidrs else ""
    lines.append(f"{decision.address}: {DECIDED[decision.rule]}{by}")
    if decision.rule == "allow":
        lines.append(NOT_FORETOLD)
    if decision.after_sync != decision.rule:
        lines.append(
            f"The sets differ from the table. Once they are in line: {DECIDED[decision.after_sync]}"
        )
    return [*lines, *decision.remarks]


def tell(lines: Sequence[str], found: dict[str, Any], *, as_json: bool) -> None:
    """The object alone on stdout, and then the lines on stderr; or the lines on stdout."""
    console = Console(stderr=as_json)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
