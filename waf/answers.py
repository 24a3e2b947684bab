"""What allowlist.py answers: one JSON object, and the text that people read of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import typer
from rich.console import Console as Terminal
from rich.table import Table
from rich.text import Text

from chalicelib.firewall.align import Changes, View
from chalicelib.firewall.cidrs import in_order
from chalicelib.firewall.entries import Entry
from ops.console import Console
from waf.check import Decision
from waf.lists import Outcome, shortened

Document = dict[str, Any]
ENTRY = ("kind", "cidr", "owner", "note", "created_at", "expires_at")
ALONE = "There are no IP sets yet, there is the table alone: waf/associate.py makes them"
MANY = 500  # entries, from which on a list is plain
COLUMNS = ("list", "range", "until", "owner", "note", "state")
STATES = {
    "no IP set yet": "",
    "in force": "",
    "pending": "not in the set yet",
    "over": "to be taken out",
    "unknown": "put in by hand",
}
DECIDED = {
    "allow": "the allow set lets it in",
    "deny": "the deny set shuts it out",
    "default": "the default action shuts it out: it is not listed",
}


def show(found: Document, lines: Sequence[str], *, as_json: bool) -> None:
    """The object alone on stdout, and the lines on stderr; or the lines on stdout."""
    console = Console("allowlist", as_json)
    for line in lines:
        console.say(line)
    if as_json:
        typer.echo(json.dumps(found, indent=2))


def entry_document(entry: Entry) -> Document:
    return {name: getattr(entry, name) for name in ENTRY}


def outcome_document(outcome: Outcome, *, dry_run: bool) -> Document:
    was = {cidr: {"was": entry_document(old)} for cidr, old in outcome.before.items()}
    return {
        "dry_run": dry_run,
        "entries": [entry_document(each) | was.get(each.cidr, {}) for each in outcome.entries],
        "unknown": [{"kind": kind, "cidr": cidr} for kind, cidr in outcome.unknown],
        "sets": _sets_document(outcome.changes),
        "remarks": list(outcome.remarks),
    }


def _sets_document(changes: Changes | None) -> list[Document] | None:
    if changes is None:
        return None
    parts = ("name", "added", "removed", "unknown")
    return [{part: getattr(each, part) for part in parts} for each in changes.sets]


def outcome_text(found: Document, verb: str, now: datetime) -> list[str]:
    """The lines about a command that changes something."""
    dry_run, sets = found["dry_run"], found["sets"]
    verb = f"would be {verb}" if dry_run and verb else verb
    changed = [_entry_text(entry, verb, now) for entry in found["entries"]]
    changed += [f"{each['cidr']} {verb} the {each['kind']} set" for each in found["unknown"]]
    lines = shortened(changed) or ["Nothing was to be changed"] * bool(verb)
    lines += found["remarks"]
    if sets is not None or not dry_run:
        lines += [ALONE] if sets is None else _sets_text(sets)
    return lines + ["A dry run: nothing was written"] * dry_run


def _entry_text(entry: Document, verb: str, now: datetime) -> str:
    if "taken out" in verb:
        return f"{entry['cidr']} {verb} the {entry['kind']} list"
    renewed = f", renewed: it was {_until(entry['was'], now)}" if "was" in entry else ""
    return f"{entry['cidr']} {verb} {_until(entry, now)}{renewed}"


def _sets_text(sets: Sequence[Document]) -> Iterator[str]:
    for each in sets:
        put_in, taken_out, by_hand = each["added"], each["removed"], each["unknown"]
        parts = [f"{len(put_in):,} put in ({_some(put_in)})"] * bool(put_in)
        parts += [f"{len(taken_out):,} taken out ({_some(taken_out)})"] * bool(taken_out)
        if parts:
            yield f"IP set {each['name']}: {', '.join(parts)}"
        if by_hand:
            yield (
                f"IP set {each['name']}: {len(by_hand):,} put in by hand"
                f" ({_some(by_hand)}); flush --unknown takes such out"
            )
    if not any(each["added"] or each["removed"] for each in sets):
        yield "The IP sets are as wanted"


def _some(cidrs: Sequence[str], most: int = 5) -> str:
    return ", ".join(cidrs[:most]) + (", …" if len(cidrs) > most else "")


def _until(entry: Mapping[str, Any], now: datetime) -> str:
    """`until 2026-01-01 12:00 UTC (in 3 h)`."""
    if entry["expires_at"] is None:
        return "for ever"
    at = datetime.fromisoformat(entry["expires_at"])
    left = (at - now).total_seconds()
    words = f"in {_length(left)}" if left > 0 else f"{_length(-left)} ago"
    return f"until {at:%Y-%m-%d %H:%M} UTC ({words})"


def _length(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    return f"{round(minutes / 60)} h" if minutes < 72 * 60 else f"{round(minutes / 1440)} d"


def listing_document(views: Sequence[View]) -> Document:
    entries = []
    for view in views:
        live, leaving, unknown = view.live, view.leaving, view.unknown
        for cidr in sorted(live | leaving | unknown, key=in_order):
            entry = view.entries.get(cidr)
            about = entry_document(entry) if entry else {"kind": view.kind, "cidr": cidr}
            entries.append(about | {"state": _state(view, cidr, live, leaving)})
    return {"sets": any(view.addresses is not None for view in views), "entries": entries}


def _state(view: View, cidr: str, live: frozenset[str], leaving: frozenset[str]) -> str:
    if view.addresses is None:
        return "no IP set yet"
    if cidr in live:
        return "in force" if cidr in view.addresses else "pending"
    return "over" if cidr in leaving else "unknown"


def show_listing(found: Document, now: datetime, *, as_json: bool) -> None:
    """Many are plain lines: a table of them takes as long to lay out as to read."""
    rows = [_row(entry, now) for entry in found["entries"]]
    if as_json or not rows:
        show(found, [] if as_json else ["Nobody is listed"], as_json=as_json)
    elif len(rows) > MANY:
        typer.echo("\n".join("\t".join(row) for row in (COLUMNS, *rows)))
    else:
        table = Table(box=None)
        for name in COLUMNS:
            table.add_column(name, no_wrap=name in ("list", "range"), overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        Terminal().print(table)


def _row(entry: Document, now: datetime) -> tuple[str, ...]:
    state = ": ".join(filter(None, (entry["state"], STATES[entry["state"]])))
    until = _until(entry, now).removeprefix("until ") if "expires_at" in entry else ""
    about = (until, entry.get("owner", ""), entry.get("note", ""))
    return entry["kind"], entry["cidr"], *about, state


def decision_document(decision: Decision) -> Document:
    return {**asdict(decision), "entries": [entry_document(each) for each in decision.entries]}


def decision_text(found: Document) -> list[str]:
    lines = []
    if not found["sets"]:
        lines.append(
            "There is no firewall yet, so the application refuses everybody. By the table:"
        )
    by = f" ({', '.join(found['cidrs'])})" if found["cidrs"] else ""
    lines.append(f"{found['address']}: {DECIDED[found['rule']]}{by}")
    if found["after_sync"] != found["rule"]:
        then = DECIDED[found["after_sync"]]
        lines.append(f"The sets differ from the table. Once they are in line: {then}")
    return [*lines, *found["remarks"]]
