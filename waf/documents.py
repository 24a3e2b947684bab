"""What allowlist.py says to programs: JSON objects."""

from collections.abc import Sequence
from typing import Any

from chalicelib.firewall.align import Changes, View
from chalicelib.firewall.entries import Entry
from waf.check import Decision
from waf.lists import Outcome
from waf.messages import NOT_FORETOLD, rows


def document_of(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "cidr": entry.cidr,
        "owner": entry.owner,
        "note": entry.note,
        "created_at": entry.created_at,
        "expires_at": entry.expires_at,
    }


def document(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    entries = []
    for entry in outcome.entries:
        old = outcome.before.get(entry.cidr)
        was = {"was": document_of(old)} if old else {}
        entries.append(document_of(entry) | was)
    return {
        "dry_run": dry_run,
        "entries": entries,
        "unknown": [{"kind": kind, "cidr": cidr} for kind, cidr in outcome.unknown],
        "sets": sets_document(outcome.changes),
        "remarks": list(outcome.remarks),
    }


def sets_document(changes: Changes | None) -> list[dict[str, Any]] | None:
    if changes is None:
        return None
    return [
        {
            "name": change.name,
            "added": list(change.added),
            "removed": list(change.removed),
            "unknown": list(change.unknown),
        }
        for change in changes.sets
    ]


def listing_document(views: Sequence[View]) -> dict[str, Any]:
    found = [
        (document_of(entry) if entry else {"kind": kind, "cidr": cidr})
        | {"state": state.partition(":")[0]}
        for kind, cidr, entry, state in rows(views)
    ]
    return {"sets": any(view.addresses is not None for view in views), "entries": found}


def decision_document(decision: Decision) -> dict[str, Any]:
    return {
        "address": decision.address,
        "let_in": decision.is_let_in,
        "rule": decision.rule or "default",
        "cidrs": list(decision.cidrs),
        "by_table": decision.by_table or "default",
        "after_sync": decision.after_sync or "default",
        "sets": decision.has_sets,
        "entries": [document_of(entry) for entry in decision.entries],
        "remarks": [*([NOT_FORETOLD] if decision.rule == "allow" else []), *decision.remarks],
    }
