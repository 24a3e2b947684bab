"""What the scheduled function does: it takes out what has expired, and mends what differs."""

from datetime import datetime
from typing import Any

from chalicelib.firewall.align import align
from chalicelib.firewall.calls import Waf
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.names import Names

TIMEOUT_SECONDS = 100.0
MOST_NAMED = 100


def expire(waf: Waf, names: Names, ledger: Ledger, now: datetime) -> dict[str, Any]:
    """Aligns the IP sets with the table; what was done, for a log line: no owner and no note in it.

    Raises what align() raises. It comes again: a run that fails leaves nothing to mend.
    """
    changes = align(waf, names, ledger, now)
    if changes is None:
        return {"sets": "missing", "removed": 0, "added": 0, "unknown": 0}
    removed = [cidr for change in changes.sets for cidr in change.removed]
    report: dict[str, Any] = {
        "sets": "changed" if changes.is_any else "as wanted",
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
