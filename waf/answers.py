"""The output of allowlist.py: one JSON object, and its text for people."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

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
from waf.overlaps import Overlap

Document = dict[str, Any]
Action = Literal["allow", "deny", "remove", "sync"]
VERBS = {"allow": "allowed", "deny": "denied", "remove": "removed from", "sync": ""}
ENTRY = ("kind", "cidr", "owner", "note", "created_at", "expires_at")
ALONE = "There are no IP sets yet, only the table. Run waf/associate.py to create them"
MANY = 500  # entries; a longer list is plain lines
WIDE = 110  # columns; a narrower terminal gets two lines for each entry
COLUMNS = ("list", "range", "until", "owner", "note", "state")
STATES = {
    "no IP set yet": "",
    "in force": "",
    "pending": "not in the set yet",
    "over": "still in the set",
    "unknown": "added by hand",
}
DECIDED = {
    "allow": "allowed by the allow set",
    "deny": "blocked by the deny set",
    "default": "blocked by the default action: it is not listed",
}


def show(found: Document, lines: Sequence[str], *, as_json: bool) -> None:
    """Prints the object on stdout and the lines on stderr; or the lines on stdout."""
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
        "overlaps": [
            {"kind": kind, "cidr": cidr, "with": [_overlap_document(each) for each in found]}
            for (kind, cidr), found in outcome.overlaps.items()
        ],
        "unknown": [{"kind": kind, "cidr": cidr} for kind, cidr in outcome.unknown],
        "sets": _sets_document(outcome.changes),
        "remarks": list(outcome.remarks),
    }


def _overlap_document(overlap: Overlap) -> Document:
    """An entry has its `expires_at`. An address that was added by hand has none."""
    document: Document = {"kind": overlap.kind, "cidr": overlap.cidr}
    document["is"] = "wider" if overlap.is_wider else "narrower"
    if overlap.entry:
        document["expires_at"] = overlap.entry.expires_at
    return document


def _sets_document(changes: Changes | None) -> list[Document] | None:
    if changes is None:
        return None
    parts = ("name", "added", "removed", "unknown")
    return [{part: getattr(each, part) for part in parts} for each in changes.sets]


def outcome_text(found: Document, action: Action, now: datetime) -> list[str]:
    """The lines about a command that changes something."""
    dry_run, sets = found["dry_run"], found["sets"]
    verb = f"would be {VERBS[action]}" if dry_run else VERBS[action]
    removed = action == "remove"
    changed = [_entry_text(entry, verb, now, removed=removed) for entry in found["entries"]]
    changed += [f"{each['cidr']} {verb} the {each['kind']} set" for each in found["unknown"]]
    lines = shortened(changed) or ["Nothing to change"] * (action != "sync")
    lines += shortened([s for e in found["overlaps"] for s in _overlap_texts(e, now, removed)])
    lines += found["remarks"]
    if sets is not None or not dry_run:
        lines += [ALONE] if sets is None else _sets_text(sets)
    return lines + ["Dry run: nothing was changed"] * dry_run


def _entry_text(entry: Document, verb: str, now: datetime, *, removed: bool) -> str:
    if removed:
        return f"{entry['cidr']} {verb} the {entry['kind']} list"
    renewed = f"; before: {_until(entry['was'], now)}" if "was" in entry else ""
    return f"{entry['cidr']} {verb} {_until(entry, now)}{renewed}"


def _overlap_texts(about: Document, now: datetime, removed: bool) -> Iterator[str]:
    """The other entries that decide about a range that was added, or about one after its removal."""
    cidr, others = about["cidr"], about["with"]
    denied = [each for each in others if (each["kind"], each["is"]) == ("deny", "wider")]
    if denied and about["kind"] == "allow":
        by = denied[0]
        yield f"{cidr} stays blocked: {by['cidr']} is denied {_overlap_until(by, now)}"
        return
    for each in others:
        if removed and each["kind"] != about["kind"]:
            continue
        verb = f"is {'still' if removed else 'also'} {VERBS[each['kind']]} by"
        until = _overlap_until(each, now)
        if each["is"] == "wider":
            yield f"{cidr} {verb} {each['cidr']}, {until}"
        else:
            yield f"{each['cidr']}, inside {cidr}, {verb} its own entry, {until}"


def _overlap_until(overlap: Document, now: datetime) -> str:
    return _until(overlap, now) if "expires_at" in overlap else "which was added by hand"


def _sets_text(sets: Sequence[Document]) -> Iterator[str]:
    for each in sets:
        added, removed, by_hand = each["added"], each["removed"], each["unknown"]
        parts = [f"{len(added):,} added ({_some(added)})"] * bool(added)
        parts += [f"{len(removed):,} removed ({_some(removed)})"] * bool(removed)
        if parts:
            yield f"IP set {each['name']}: {', '.join(parts)}"
        if by_hand:
            yield (
                f"IP set {each['name']}: {len(by_hand):,} added by hand"
                f" ({_some(by_hand)}). Remove with flush --unknown"
            )
    if not any(each["added"] or each["removed"] for each in sets):
        yield "The IP sets are unchanged"


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
    """More than MANY entries are plain lines: the layout of a long table takes long."""
    rows = [_row(entry, now) for entry in found["entries"]]
    if as_json or not rows:
        show(found, [] if as_json else ["No address is listed"], as_json=as_json)
    elif len(rows) > MANY:
        typer.echo("\n".join("\t".join(row) for row in (COLUMNS, *rows)))
    else:
        terminal = Terminal()
        names, rows = (COLUMNS, rows) if terminal.width >= WIDE else (("", ""), [*map(_two, rows)])
        table = Table(box=None, pad_edge=False, show_header=names is COLUMNS)
        for name in names:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        terminal.print(table)


def _two(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row as two lines beside the list's name, for a narrow terminal."""
    kind, cidr, until, owner, note, state = row
    until = until if until in ("", "for ever") else f"until {until}"
    about = ": ".join(filter(None, (owner, note)))
    return kind, f"{cidr} {until}\n{', '.join(filter(None, (state, about)))}"


def _row(entry: Document, now: datetime) -> tuple[str, ...]:
    state = ": ".join(filter(None, (entry["state"], STATES[entry["state"]])))
    until = _until(entry, now).removeprefix("until ") if "expires_at" in entry else ""
    about = (until, short_owner(entry.get("owner", "")), entry.get("note", ""))
    return entry["kind"], entry["cidr"], *about, state


def short_owner(owner: str) -> str:
    """`role/landscape-operators` for the ARN of a role's session, `user/jane` for a user's.

    The result omits the session's name: it is often an e-mail address.
    """
    head, _, rest = owner.partition("/")
    kind = head.rpartition(":")[2] if head.startswith("arn:") else ""
    if kind == "assumed-role":
        return f"role/{rest.partition('/')[0]}"
    return f"{kind}/{rest.rpartition('/')[2]}" if kind in ("role", "user") else owner


def decision_document(decision: Decision) -> Document:
    return {**asdict(decision), "entries": [entry_document(each) for each in decision.entries]}


def decision_text(found: Document) -> list[str]:
    lines = []
    if not found["sets"]:
        lines.append("There is no firewall yet: the API refuses everybody. Run waf/associate.py")
        lines.append("According to the table alone:")
    by = f" ({', '.join(found['cidrs'])})" if found["cidrs"] else ""
    lines.append(f"{found['address']}: {DECIDED[found['rule']]}{by}")
    if found["after_sync"] != found["rule"]:
        then = DECIDED[found["after_sync"]]
        lines.append(f"The sets differ from the table. After sync: {then}")
    return [*lines, *found["remarks"]]
