"""The stage's IP sets in AWS WAF."""

from dataclasses import dataclass

from chalicelib.firewall.calls import Waf
from chalicelib.firewall.names import SCOPE, SET_KINDS, VERSIONS, Names, SetKind, Version

SetKey = tuple[SetKind, Version]


@dataclass(frozen=True)
class FoundSet:
    id: str
    arn: str
    name: str


def find_sets(waf: Waf, names: Names) -> dict[SetKey, FoundSet]:
    """The sets that exist, by kind ("allow", "deny", "servers") and version ("IPV4", "IPV6").

    Raises the SDK's errors: call it within Waf.until_done.
    """
    wanted = {names.ip_set(*key): key for key in set_keys()}
    found: dict[SetKey, FoundSet] = {}
    for each in waf.pages("list_ip_sets", "IPSets", Scope=SCOPE):
        if each["Name"] in wanted:
            found[wanted[each["Name"]]] = FoundSet(each["Id"], each["ARN"], each["Name"])
    return found


def set_keys() -> list[SetKey]:
    """The keys of all six sets."""
    return [(kind, version) for kind in SET_KINDS for version in VERSIONS]


def read_set(waf: Waf, found: FoundSet) -> tuple[frozenset[str], str]:
    """The set's addresses as WAF writes them, and the LockToken for the next write.

    Raises the SDK's errors: call it within Waf.until_done.
    """
    answer = waf("get_ip_set", Name=found.name, Scope=SCOPE, Id=found.id)
    return frozenset(answer["IPSet"]["Addresses"]), answer["LockToken"]
