"""Finds the listed ranges that contain a range, and those inside it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from chalicelib.firewall.entries import Entry
from chalicelib.firewall.names import Kind, SetKind
from waf.ranges import Ranges

# By kind and CIDR. None: the address was added to the IP set by hand.
Listed = Mapping[SetKind, Mapping[str, Entry | None]]


@dataclass(frozen=True, slots=True)
class Overlap:
    """A listed range that contains the given one, or lies inside it.

    `entry` is None if the range was added to the IP set by hand.
    """

    kind: SetKind
    cidr: str
    is_wider: bool
    entry: Entry | None


def overlaps(cidrs: Collection[str], own: Kind, listed: Listed) -> dict[str, list[Overlap]]:
    """The overlaps by CIDR, without CIDRs that have none. The narrowest wider range comes first.

    A range in the list `own` does not overlap itself. The same range in the other list does.
    """
    found: dict[str, list[Overlap]] = {cidr: [] for cidr in cidrs}
    asked = Ranges(cidrs)
    for kind, entries in listed.items():
        ranges = Ranges(entries)
        for cidr in cidrs:
            wider = [each for each in ranges.holding(cidr) if each != cidr or kind != own]
            found[cidr] += [Overlap(kind, each, True, entries[each]) for each in wider]
        for cidr, entry in entries.items():
            for outer in asked.holding(cidr):
                if outer != cidr:
                    found[outer].append(Overlap(kind, cidr, False, entry))
    return {cidr: each for cidr, each in found.items() if each}
