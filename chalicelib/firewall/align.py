"""Updates the IP sets from the table, correctly also while other runs do the same.

A set is read before the table, and written with the lock token of that read. So the table behind a
write that WAF accepts is at least as new as the set. After each write both are read again, until
nothing is left to change.

An entry is deleted from the table only an hour after its end. By then no run is left that read it
as live. So every address in a set has an entry, wherever a run was interrupted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.firewall.calls import Waf
from chalicelib.firewall.cidrs import in_order, spelled
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.names import SCOPE, VERSIONS, Names, SetKind, Version
from chalicelib.firewall.sets import FoundSet, find_sets, read_set
from chalicelib.services.clock import timestamp

MOST_IN_A_SET = 10_000
# Longer than the longest run, with room for clocks that differ.
FORGOTTEN_AFTER = timedelta(hours=1)
LONGEST_RUN_SECONDS = 1800.0
DENY_FIRST: tuple[SetKind, ...] = ("deny", "allow", "servers")


class OverfullError(FirewallError):
    pass


@dataclass(frozen=True, slots=True)
class View:
    """A set and its entries, as they were read. `addresses` is None where there is no set.

    The entries of the set `servers` are those of the allow list. It keeps no unknown address,
    because it allows nobody and only has a rate limit.
    """

    kind: SetKind
    version: Version
    addresses: frozenset[str] | None
    entries: Mapping[str, Entry]
    now: datetime

    @property
    def live(self) -> frozenset[str]:
        """The ranges that the set must hold at `now`."""
        live = [entry for entry in self.entries.values() if entry.is_live(self.now)]
        return frozenset(e.cidr for e in live if self.kind != "servers" or e.is_permanent)

    @property
    def unknown(self) -> frozenset[str]:
        """The addresses that somebody added to the set by hand: without an entry, live or dead."""
        if self.kind == "servers":
            return frozenset()
        return (self.addresses or frozenset()) - self.entries.keys()

    @property
    def pending(self) -> frozenset[str]:
        return self.live - self.addresses if self.addresses is not None else frozenset()

    @property
    def leaving(self) -> frozenset[str]:
        """The addresses that are still in the set, and whose entries are dead."""
        return (self.addresses or frozenset()) - self.live - self.unknown

    @property
    def forgettable(self) -> list[Entry]:
        if self.kind == "servers":  # the view of the allow set has the same entries
            return []
        before = timestamp(self.now - FORGOTTEN_AFTER)
        dead = (e for e in self.entries.values() if e.ends_at and e.ends_at < before)
        return [entry for entry in dead if entry.cidr not in (self.addresses or ())]


@dataclass(frozen=True, slots=True)
class SetChange:
    """The changes to one set, in order, and the unknown addresses that are left in it."""

    name: str
    kind: SetKind
    added: Sequence[str]
    removed: Sequence[str]
    unknown: Sequence[str]

    @property
    def is_any(self) -> bool:
        return bool(self.added or self.removed)


@dataclass(frozen=True, slots=True)
class Changes:
    sets: Sequence[SetChange]

    @property
    def is_any(self) -> bool:
        return any(change.is_any for change in self.sets)


def align(
    waf: Waf,
    names: Names,
    ledger: Ledger,
    now: datetime,
    unwanted: Collection[tuple[SetKind, str]] = (),
) -> Changes | None:
    """The changes that it made; None where no set exists yet.

    `unwanted` are the unknown addresses to remove; all others stay. Raises FirewallError where a
    set would hold too many ranges, after it aligned the others. Raises errors.UnavailableError and
    the SDK's errors.
    """
    found = waf.until_done(lambda: find_sets(waf, names))
    changes: list[SetChange] = []
    overfull: list[str] = []
    for kind in DENY_FIRST:
        drop = frozenset(cidr for of_kind, cidr in unwanted if of_kind == kind)
        for version in VERSIONS:
            one = _One(waf, ledger, kind, version, found.get((kind, version)), now, drop)
            try:
                changes += one.align()
            except OverfullError as error:
                overfull.append(str(error))
    if overfull:
        raise OverfullError("; ".join(overfull))
    return Changes(changes) if found else None


def view(
    waf: Waf, ledger: Ledger, kind: SetKind, version: Version, found: FoundSet | None, now: datetime
) -> tuple[View, str]:
    """The view and the set's lock token. The set is read first. Call it within Waf.until_done."""
    addresses, token = read_set(waf, found) if found else (None, "")
    ours = None if addresses is None else frozenset(map(spelled, addresses))
    listed = ledger.entries("allow" if kind == "servers" else kind)
    entries = {e.cidr: e for e in listed if e.version == version}
    return View(kind, version, ours, entries, now), token


def require_room(wanted: Collection[str], name: str) -> None:
    """Raises OverfullError for more ranges than WAF accepts in a set."""
    if len(wanted) > MOST_IN_A_SET:
        raise OverfullError(
            f"{name} would hold {len(wanted):,} ranges, and WAF accepts {MOST_IN_A_SET:,}: remove"
            " some, or list fewer, wider ranges. The set is unchanged"
        )


@dataclass(frozen=True)
class _One:
    """The alignment of one set."""

    waf: Waf
    ledger: Ledger
    kind: SetKind
    version: Version
    found: FoundSet | None
    now: datetime
    drop: frozenset[str]

    def align(self) -> list[SetChange]:
        """The changes to the set; none where there is no set."""
        if self.found is None and self.kind == "servers":  # an older release made the firewall
            return []
        if self.found is None:
            seen, _ = view(self.waf, self.ledger, self.kind, self.version, None, self.now)
            self.ledger.forget(seen.forgettable)
            return []
        first, last = self._until_equal(self.found)
        self.ledger.forget(last.forgettable)
        before, after = first.addresses or frozenset(), last.addresses or frozenset()
        added, removed, unknown = (
            sorted(some, key=in_order) for some in (after - before, before - after, last.unknown)
        )
        return [SetChange(self.found.name, self.kind, added, removed, unknown)]

    def _until_equal(self, found: FoundSet) -> tuple[View, View]:
        """The view before the first write, and the view when nothing is left to change."""
        seen: list[View] = []

        def attempt() -> None:
            while True:
                now, token = view(self.waf, self.ledger, self.kind, self.version, found, self.now)
                seen[1:] = [now]
                wanted = now.live | (now.unknown - self.drop)
                if wanted == now.addresses:
                    return
                require_room(wanted, found.name)
                self.waf(
                    "update_ip_set",
                    Name=found.name,
                    Scope=SCOPE,
                    Id=found.id,
                    Addresses=sorted(wanted),
                    LockToken=token,
                )

        self.waf.until_done(attempt)
        return seen[0], seen[-1]
