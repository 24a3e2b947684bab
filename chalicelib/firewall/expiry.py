"""The scheduled function: removes expired entries from the IP sets, and repairs differences."""

from datetime import datetime

from chalicelib.firewall.align import align
from chalicelib.firewall.calls import Waf
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.names import Names

TIMEOUT_SECONDS = 100.0
MOST_NAMED = 100


def expire(waf: Waf, names: Names, ledger: Ledger, now: datetime) -> dict[str, object]:
    """Aligns the IP sets with the table. Returns a report for the log, without owners and notes.

    Raises the errors of align(). The next run completes a failed one.
    """
    changes = align(waf, names, ledger, now)
    if changes is None:
        return {"sets": "missing", "removed": 0, "added": 0, "unknown": 0}
    removed = [cidr for change in changes.sets for cidr in change.removed]
    report: dict[str, object] = {
        "sets": "changed" if changes.is_any else "unchanged",
        "removed": len(removed),
        "added": sum(len(change.added) for change in changes.sets),
        "unknown": sum(len(change.unknown) for change in changes.sets),
    }
    if removed:
        report["removed_from"] = {
            change.name: list(change.removed[:MOST_NAMED])
            for change in changes.sets
            if change.removed
        }
    return report
