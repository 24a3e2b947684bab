"""Which rule decides about an address, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.firewall.align import View
from chalicelib.firewall.cidrs import SPECIAL, CidrError, Network, Ranges, parse
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.names import Kind

Rule = Kind | None  # None is the default action, which blocks


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` decides, by `cidrs` of its set, the narrowest first.

    `by_table` is what would decide by the table alone, `after_sync` what will once the sets are in
    line with it: what is in them by hand stays. `has_sets` is False where associate.py has not run:
    then there is no firewall, and all three are by the table.
    """

    address: str
    rule: Rule
    cidrs: Sequence[str]
    by_table: Rule
    after_sync: Rule
    has_sets: bool
    entries: Sequence[Entry] = ()
    remarks: Sequence[str] = field(default_factory=list)

    @property
    def is_let_in(self) -> bool:
        return self.rule == "allow" and self.has_sets


def parse_address(text: str) -> Network:
    """One address, public or not. Raises CidrError."""
    network = parse(text)
    if network.prefixlen != network.max_prefixlen:
        raise CidrError(f"{network} is a range: ask about one address")
    return network


def decide(address: Network, views: Sequence[View]) -> Decision:
    """About `address`, by the deny and allow sets of its version, and by the table."""
    wanted = f"IPV{address.version}"
    seen = {view.kind: view for view in views if view.version == wanted}
    has_sets = all(view.addresses is not None for view in seen.values())
    by_table, held = _first(address, {kind: view.live for kind, view in seen.items()})
    after_sync, _ = _first(address, {k: v.live | v.unknown for k, v in seen.items()})
    rule, cidrs = by_table, held
    if has_sets:
        rule, cidrs = _first(address, {k: v.addresses or frozenset() for k, v in seen.items()})
    entries = [e for cidr in cidrs if rule and (e := seen[rule].entries.get(cidr))]
    return Decision(
        str(address.network_address),
        rule,
        cidrs,
        by_table,
        after_sync,
        has_sets,
        entries,
        _remarks(address, seen[rule] if rule else None, cidrs),
    )


def _first(address: Network, sets: dict[Kind, frozenset[str]]) -> tuple[Rule, list[str]]:
    """The deny set comes first; WAF knows nothing of narrow and wide."""
    for kind in ("deny", "allow"):
        if holding := Ranges(sets[kind]).holding(str(address)):
            return kind, holding
    return None, []


def _remarks(address: Network, view: View | None, cidrs: Sequence[str]) -> list[str]:
    remarks = [
        f"{address.network_address} is in {special}, {what}: WAF sees public addresses only"
        for special, what in SPECIAL
        if special.overlaps(address)
    ]
    if view and view.addresses is not None:
        remarks += [
            f"{cidr} was put into the set by hand" for cidr in cidrs if cidr in view.unknown
        ]
        remarks += [
            f"{cidr} has expired or was removed, and is to leave the set"
            for cidr in cidrs
            if cidr in view.leaving
        ]
    return remarks
