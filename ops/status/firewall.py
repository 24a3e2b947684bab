"""The parts of `landscape status` about the firewall: the web ACL, and the allowed and denied ranges."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chalicelib.firewall.calls import Waf, waf_client
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.names import Names
from chalicelib.services.clock import timestamp
from chalicelib.settings import Settings
from ops.stage import stage_environment
from ops.status.parts import Live, Part, span
from ops.steps import SESSION
from waf.lists import Lists
from waf.opening import open_table, stage_arn
from waf.place import Place, is_ours
from waf.rules import versions_of
from waf.versions import newer

# The scheduled function deletes expired entries every 15 minutes. It may miss one run.
SCHEDULE = timedelta(minutes=30)
SECONDS = 30.0  # for temporary failures; a command that changes the firewall waits longer


def place_of(live: Live, pace: float) -> Place:
    """Raises SettingsError, the SDK's errors."""
    stage = live.stage
    return Place(
        names=Names(stage.app, stage.name),
        waf=Waf(waf_client(), timeout=SECONDS, pace=pace),
        table=open_table(stage.name),
        logs=live.client("logs"),
        resource_arn=stage_arn(live.client("apigateway").meta, live.api_id, stage.gateway_stage),
        problem_types=stage.problem_types,
    )


def firewall(live: Live, pace: float) -> Part:
    """Whether the stage's own web ACL is associated with it."""
    place = place_of(live, pace)
    acl = place.waf.until_done(place.find_acl)
    associated = place.waf.until_done(place.find_associated)
    holds = acl is not None and is_ours(place, associated)
    name = associated["Name"] if associated else None
    is_needed = Settings.read(stage_environment(live.stage.name, {})).require_waf
    remarks = newer(place.waf, versions_of(acl.settings)) if acl else []
    facts = {"web_acl": name, "is_associated": holds, "is_required": is_needed, "remarks": remarks}
    line = f"{name} is associated" if holds else f"the stage has another web ACL: {name}"
    if name is None:
        line = "no web ACL is associated"
    if not is_needed:
        line += "; LANDSCAPE_REQUIRE_WAF is false"
    cure = f"landscape firewall --stage {live.stage.name}"
    due = [("the stage's web ACL is not associated", cure)]
    return Part(facts, [line, *remarks], due if is_needed and not holds else [])


def lists(live: Live, pace: float) -> Part:
    """Allowed and denied ranges, the next expiry, and whether the IP sets match the table."""
    place = place_of(live, pace)
    views = Lists(place.waf, place.names, Ledger(place.table), place.now).views()
    live_entries = [view.entries[cidr] for view in views for cidr in view.live]
    allowed = [entry for entry in live_entries if entry.kind == "allow"]
    ending = sorted((e for e in allowed if e.expires_at), key=lambda e: (e.expires_at, e.cidr))
    by_hand = sum(len(view.unknown) for view in views)
    late = timestamp(live.now - SCHEDULE)
    overdue = [
        e
        for view in views
        for c in view.leaving
        if (e := view.entries[c]).ends_at and e.ends_at < late
    ]
    differ = len(overdue) + sum(len(view.pending) for view in views)
    facts = {
        "allowed": len(allowed),
        "permanent": len(allowed) - len(ending),
        "temporary": len(ending),
        "denied": len(live_entries) - len(allowed),
        "put_in_by_hand": by_hand,
        "not_in_line": differ,
        "ends_next": {"cidr": ending[0].cidr, "at": ending[0].expires_at} if ending else None,
    }
    lines = [
        f"{facts['permanent']} permanent, {facts['temporary']} temporary, {facts['denied']} denied",
        *_next(live, ending),
    ]
    command = f"landscape allow sync --stage {live.stage.name}"
    due = [(f"{differ} addresses differ between IP sets and table", command)] if differ else []
    if by_hand:
        flush = f"landscape allow flush --unknown --stage {live.stage.name}"
        due.append((f"{by_hand} addresses were added by hand", flush))
    return Part(facts, lines, due)


def _next(live: Live, ending: Sequence[Entry]) -> list[str]:
    if not ending:
        return []
    first = ending[0]
    left = span(datetime.fromisoformat(str(first.expires_at)) - live.now)
    return [f"{first.cidr} expires next, in {left} ({owner(first)})"]


def owner(entry: Entry) -> str:
    """Without the session's name, which is often an e-mail address; of an ARN only its last part."""
    said = SESSION.sub(r"\1(session)", entry.owner)
    return (
        said.rpartition(":")[2].removeprefix("assumed-role/") if said.startswith("arn:") else said
    )
