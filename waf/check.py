"""Finds the rule that decides about an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from chalicelib.firewall.align import View
from chalicelib.firewall.entries import Entry
from chalicelib.firewall.names import Kind, SetKind
from waf.ranges import SPECIAL, InputError, Network, Ranges, parse

Rule = SetKind | Literal["default"]  # the default action blocks
NOT_PREDICTED = (
    "AWS WAF evaluates rate limits and managed rule groups before the allow set. This command cannot"
    " predict whether they block a request"
)


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` decides, because of `cidrs` in its set, the narrowest first.

    `by_table` is the rule according to the table alone. `after_sync` is the rule after the next sync,
    which keeps addresses that were added by hand. `sets` is False if associate.py has not run: there
    is no firewall then, and all three are according to the table.
    """

    address: str
    let_in: bool
    rule: Rule
    cidrs: Sequence[str]
    by_table: Rule
    after_sync: Rule
    sets: bool
    entries: Sequence[Entry]
    remarks: Sequence[str]


def parse_address(text: str) -> Network:
    """One address, public or not. Raises InputError."""
    network = parse(text)
    if network.prefixlen != network.max_prefixlen:
        raise InputError(f"{network} is a range: pass one address")
    return network


def decide(address: Network, views: Sequence[View]) -> Decision:
    """Decides by the deny and allow sets of the address's IP version, and by the table."""
    seen: dict[Rule, View] = {v.kind: v for v in views if v.version == f"IPV{address.version}"}
    sets = all(view.addresses is not None for view in seen.values())
    by_table, held = _first(address, {kind: view.live for kind, view in seen.items()})
    after_sync, _ = _first(address, {k: v.live | v.unknown for k, v in seen.items()})
    rule, cidrs = by_table, held
    if sets:
        rule, cidrs = _first(address, {k: v.addresses or frozenset() for k, v in seen.items()})
    decisive = seen.get(rule)
    return Decision(
        str(address.network_address),
        rule == "allow" and sets,
        rule,
        cidrs,
        by_table,
        after_sync,
        sets,
        [e for cidr in cidrs if decisive and (e := decisive.entries.get(cidr))],
        [NOT_PREDICTED] * (rule == "allow") + _remarks(address, decisive, cidrs),
    )


def _first(address: Network, sets: Mapping[Rule, frozenset[str]]) -> tuple[Rule, list[str]]:
    """The deny set comes first. A narrow range has no precedence over a wide one."""
    order: tuple[Kind, ...] = ("deny", "allow")
    for kind in order:
        if holding := Ranges(sets[kind]).holding(str(address)):
            return kind, holding
    return "default", []


def _remarks(address: Network, view: View | None, cidrs: Sequence[str]) -> list[str]:
    remarks = [
        f"{address.network_address} is in {special}, {what}: AWS WAF sees public addresses only"
        for special, what in SPECIAL
        if special.overlaps(address)
    ]
    if view and view.addresses is not None:
        by_hand = "was added to the set by hand"
        over = "has expired or was removed, and is still in the set"
        remarks += [f"{cidr} {by_hand}" for cidr in cidrs if cidr in view.unknown]
        remarks += [f"{cidr} {over}" for cidr in cidrs if cidr in view.leaving]
    return remarks
