"""The changes that operators make to the allow-list and the deny list.

Each change writes the table first, and then updates the IP sets. An invalid request is refused
before the first write.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.firewall.align import Changes, SetChange, View, align, require_room, view
from chalicelib.firewall.calls import Waf
from chalicelib.firewall.cidrs import in_order
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.names import KINDS, SET_KINDS, VERSIONS, Kind, Names, SetKind, Version
from chalicelib.firewall.sets import find_sets
from waf.overlaps import Overlap, overlaps
from waf.ranges import InputError, Ranges

MOST_NAMED = 20
Unknown = tuple[SetKind, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The effect of a command, or of its dry run.

    `before` has the replaced live entries by CIDR. `overlaps` has, by kind and CIDR, the other
    entries that decide about a changed range. `changes` is None without IP sets, and for a dry run.
    `remarks` are for the operator.
    """

    entries: Sequence[Entry] = ()
    before: Mapping[str, Entry] = field(default_factory=dict)
    unknown: Sequence[Unknown] = ()
    changes: Changes | None = None
    remarks: Sequence[str] = ()
    overlaps: Mapping[tuple[Kind, str], Sequence[Overlap]] = field(default_factory=dict)


@dataclass(frozen=True)
class Lists:
    """A stage's lists. Methods raise FirewallError, errors.UnavailableError and the SDK's errors.

    With `dry_run` they write nothing.
    """

    waf: Waf
    names: Names
    ledger: Ledger
    clock: Callable[[], datetime]
    dry_run: bool = False

    def align(self, unwanted: Collection[Unknown] = ()) -> Changes | None:
        if self.dry_run:
            return None
        return align(self.waf, self.names, self.ledger, self.clock(), unwanted)

    def sync(self) -> Outcome:
        """Updates the sets from the table. A dry run returns the changes that are due."""
        return Outcome(changes=self._planned() if self.dry_run else self.align())

    def views(self, kinds: Iterable[SetKind] = KINDS) -> list[View]:
        """Each set with its entries."""
        found = self.waf.until_done(lambda: find_sets(self.waf, self.names))
        now = self.clock()

        def look(kind: SetKind, version: Version) -> View:
            there = found.get((kind, version))
            return self.waf.until_done(
                lambda: view(self.waf, self.ledger, kind, version, there, now)
            )[0]

        return [look(kind, version) for kind in kinds for version in VERSIONS]

    def add(self, entries: Sequence[Entry], keeps: Collection[str] = ()) -> Outcome:
        """Adds or renews entries of one kind.

        A renewed entry keeps the old values of the fields in `keeps`. It keeps `expires_at` only if
        the old entry is permanent.
        """
        kind = entries[0].kind
        wanted = {entry.cidr: entry for entry in entries}
        before: dict[str, Entry] = {}
        for seen in self.views([kind]):
            new = {cidr for cidr, entry in wanted.items() if entry.version == seen.version}
            require_room(seen.live | seen.unknown | new, self.names.ip_set(kind, seen.version))
            before |= {cidr: seen.entries[cidr] for cidr in seen.live & new}
        entries = [_renewed(each, before.get(each.cidr), keeps) for each in entries]
        if not self.dry_run:
            self.ledger.put(entries)
        changes = self.align()
        found = self._overlaps(kind, wanted, new=entries)
        return Outcome(entries, before, changes=changes, overlaps=found)

    def remove(self, cidrs: Sequence[str], kind: Kind | None) -> Outcome:
        """Removes entries from the list `kind`, or from the list that they are in."""
        known = {each: self._entries(each) for each in ([kind] if kind else KINDS)}
        self._require_listed(cidrs, known)
        listed = [of_kind[cidr] for cidr in cidrs for of_kind in known.values() if cidr in of_kind]
        live = [entry for entry in listed if entry.is_live(self.clock())]
        left = live if not self.dry_run else []
        while left:  # removes an entry that was renewed meanwhile, too
            changed = self.ledger.retire(left, self.clock())
            left = [entry for entry in changed if entry.is_live(self.clock())]
        counted = {entry.cidr for entry in live}
        remarks = [f"{cidr} was removed, or has expired" for cidr in cidrs if cidr not in counted]
        changes = self.align()
        found: dict[tuple[Kind, str], list[Overlap]] = {}
        for of_kind in {entry.kind for entry in listed}:
            gone = {entry.cidr for entry in listed if entry.kind == of_kind}
            found |= self._overlaps(of_kind, gone, gone=gone)
        return Outcome(live, changes=changes, remarks=shortened(remarks), overlaps=found)

    def live(self, kinds: Iterable[Kind]) -> list[Entry]:
        now = self.clock()
        return [e for kind in kinds for e in self.ledger.entries(kind) if e.is_live(now)]

    def flush(self, entries: Sequence[Entry]) -> Outcome:
        """Removes these entries, except those that were renewed since they were read."""
        renewed: list[Entry] = []
        if not self.dry_run:
            now = self.clock()
            renewed = [e for e in self.ledger.retire(entries, now) if e.is_live(now)]
        kept = {(entry.kind, entry.cidr) for entry in renewed}
        gone = [entry for entry in entries if (entry.kind, entry.cidr) not in kept]
        remarks = [f"{entry.cidr} was renewed meanwhile, and stays" for entry in renewed]
        return Outcome(gone, changes=self.align(), remarks=shortened(remarks))

    def unknown(self, kinds: Iterable[Kind]) -> list[Unknown]:
        """The addresses that were added to the sets by hand."""
        return [(seen.kind, each) for seen in self.views(kinds) for each in sorted(seen.unknown)]

    def flush_unknown(self, unknown: Sequence[Unknown]) -> Outcome:
        """Removes these addresses from the sets, except those that have an entry by now."""
        return Outcome(unknown=unknown, changes=self.align(unknown))

    def _planned(self) -> Changes | None:
        sets = [
            SetChange(
                self.names.ip_set(seen.kind, seen.version),
                seen.kind,
                *(
                    sorted(some, key=in_order)
                    for some in (seen.pending, seen.leaving, seen.unknown)
                ),
            )
            for seen in self.views(SET_KINDS)
            if seen.addresses is not None
        ]
        return Changes(sets) if sets else None

    def _entries(self, kind: Kind) -> dict[str, Entry]:
        return {entry.cidr: entry for entry in self.ledger.entries(kind)}

    def _overlaps(
        self,
        kind: Kind,
        cidrs: Collection[str],
        *,
        new: Iterable[Entry] = (),
        gone: Collection[str] = (),
    ) -> dict[tuple[Kind, str], list[Overlap]]:
        """Overlaps with entries of the same list. The allow list is compared with the deny list too.

        `new` and `gone` are the changes, which a dry run has not written.
        """
        kinds: tuple[Kind, ...] = ("deny", "allow") if kind == "allow" else ("deny",)
        listed: dict[SetKind, dict[str, Entry | None]] = {each: {} for each in kinds}
        for seen in self.views(kinds):
            listed[seen.kind] |= dict.fromkeys(seen.unknown)
            listed[seen.kind] |= {cidr: seen.entries[cidr] for cidr in seen.live}
        listed[kind] |= {entry.cidr: entry for entry in new}
        for cidr in gone:
            listed[kind].pop(cidr, None)
        found = overlaps(cidrs, kind, listed)
        return {(kind, cidr): others for cidr, others in found.items()}

    def _require_listed(
        self, cidrs: Sequence[str], known: Mapping[Kind, Mapping[str, Entry]]
    ) -> None:
        """Raises InputError, which lists the ranges that are in both lists, and those that are in none."""
        now = self.clock()
        twice = [
            f"{cidr} is both allowed and denied: pass --kind allow or --kind deny"
            for cidr in cidrs
            if len([True for of_kind in known.values() if _counts(of_kind.get(cidr), now)]) > 1
        ]
        missing = [cidr for cidr in cidrs if not any(cidr in of_kind for of_kind in known.values())]
        flaws = twice + (self._unlisted(missing, known) if missing else [])
        if flaws:
            raise InputError("\n".join(shortened(flaws)))

    def _unlisted(
        self, missing: Sequence[str], known: Mapping[Kind, Mapping[str, Entry]]
    ) -> list[str]:
        """A line for each missing range, with the nearest listed one."""
        by_hand = {cidr for _, cidr in self.unknown(known)}
        live = {kind: Ranges(entry.cidr for entry in self.live([kind])) for kind in known}

        def line(cidr: str) -> str:
            if cidr in by_hand:
                return f"{cidr} was added to the IP set by hand: remove it with flush --unknown"
            for kind, ranges in live.items():
                if holding := ranges.holding(cidr):
                    near = f"the {kind} list has {holding[0]}, which contains it"
                    return f"{cidr} is not listed itself: {near}. Pass a listed range"
            return f"{cidr} is not listed: run list to see the entries"

        return [line(cidr) for cidr in missing]


def _renewed(entry: Entry, old: Entry | None, keeps: Collection[str]) -> Entry:
    if old is None:
        return entry
    kept = {name: getattr(old, name) for name in keeps}
    if not old.is_permanent:
        kept.pop("expires_at", None)
    return replace(entry, **kept)


def shortened(lines: Sequence[str]) -> list[str]:
    more = len(lines) - MOST_NAMED
    rest = [f"and {more:,} more, {len(lines):,} in all"] * (more > 0)
    return [*lines[:MOST_NAMED], *rest]


def _counts(entry: Entry | None, now: datetime) -> bool:
    return entry is not None and entry.is_live(now)
