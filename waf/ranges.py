"""Checks the addresses and ranges that operators write, and finds the ranges that contain another."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from chalicelib.firewall.errors import FirewallError

Network = IPv4Network | IPv6Network

RANGE = re.compile(r"[0-9A-Fa-f.:]+(/\d{1,3})?")
WIDEST = {4: 16, 6: 32}  # prefix lengths; wider ranges need --wide
MAPPED = IPv6Network("::ffff:0:0/96")
PUBLIC_IPV6 = IPv6Network("2000::/3")
DOCUMENTATION = "for documentation"
# IANA's registries of special-purpose addresses. No request comes from such an address.
_PURPOSES = {
    "this network": "0.0.0.0/8",
    "private": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16",
    "shared behind carriers' NAT": "100.64.0.0/10",
    "loopback": "127.0.0.0/8 ::1/128",
    "link-local": "169.254.0.0/16 fe80::/10",
    "reserved for protocols": "192.0.0.0/24 2001::/23",
    DOCUMENTATION: "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
    "reserved": "192.88.99.0/24 240.0.0.0/4",
    "for benchmarks": "198.18.0.0/15",
    "multicast": "224.0.0.0/4 ff00::/8",
    "unspecified": "::/128",
    "IPv4 behind a translator": "64:ff9b::/96",
    "discarded": "100::/64",
    "unique local, which is private": "fc00::/7",
    "site-local": "fec0::/10",
}
SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    sorted(
        ((ip_network(cidr), what) for what, cidrs in _PURPOSES.items() for cidr in cidrs.split()),
        key=lambda each: (each[0].version, int(each[0].network_address)),
    )
)


class InputError(FirewallError):
    """All faults of an operator's input, one a line."""


def parse(text: str) -> Network:
    """Parses an address as the range of itself alone, or a range. Raises InputError."""
    text = text.strip()
    if "%" in text:
        raise InputError(f"{text!r} has a zone, so it is not public: pass a public address")
    try:
        if not RANGE.fullmatch(text):
            raise ValueError
        loose = ip_network(text, strict=False)
    except ValueError:
        raise InputError(f"{text!r} is not an IP address or a range like 198.51.100.0/24") from None
    if isinstance(loose, IPv6Network) and loose.subnet_of(MAPPED):
        raise InputError(f"{text} is an IPv4 address written as IPv6: write it as IPv4")
    address, _, _ = text.partition("/")
    if loose.prefixlen == 0:
        alone = f"{address} alone, or " if int(ip_network(address).network_address) else ""
        raise InputError(
            f"{text} is every address, which AWS WAF refuses: pass {alone}narrower ranges"
        )
    if loose.network_address != ip_network(address).network_address:
        raise InputError(f"{text} has bits set beyond its prefix: pass {loose}, or {address} alone")
    return loose


def accepted(text: str, *, wide: bool = False, force: bool = False) -> str:
    """The one spelling of a range that may be allowed or denied. Raises InputError.

    `wide` accepts ranges wider than /16 (IPv6: /32). `force` accepts ranges for documentation.
    """
    network = parse(text)
    for special, what in SPECIAL:
        if network.overlaps(special) and not (force and what == DOCUMENTATION):
            raise InputError(_not_public(network, special, what))
    if isinstance(network, IPv6Network) and not network.subnet_of(PUBLIC_IPV6):
        raise InputError(f"{network} is reserved: public IPv6 addresses are in {PUBLIC_IPV6}")
    widest = WIDEST[network.version]
    if network.prefixlen < widest and not wide:
        raise InputError(f"{network} is wider than a /{widest}: confirm it with --wide")
    return str(network)


def _not_public(network: Network, special: Network, what: str) -> str:
    how = "contains" if network.prefixlen < special.prefixlen else "is in"
    way_out = " (--force accepts it)" if what == DOCUMENTATION else ""
    return f"{network} {how} {special}, {what}: pass public addresses only{way_out}"


class Ranges:
    """Many ranges. `holding` takes one look-up for each prefix length, not one for each range."""

    def __init__(self, cidrs: Iterable[str]) -> None:
        self._of_length: dict[tuple[int, int], set[int]] = {}
        for network in map(ip_network, cidrs):
            key = (network.version, network.prefixlen)
            self._of_length.setdefault(key, set()).add(int(network.network_address))

    def holding(self, cidr: str) -> list[str]:
        """The ranges that contain all of `cidr`, the narrowest first."""
        network = ip_network(cidr)
        lengths = (length for version, length in self._of_length if version == network.version)
        found = []
        for length in sorted((each for each in lengths if each <= network.prefixlen), reverse=True):
            outer = network.supernet(new_prefix=length)
            if int(outer.network_address) in self._of_length[network.version, length]:
                found.append(str(outer))
        return found
