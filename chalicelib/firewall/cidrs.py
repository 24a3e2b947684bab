"""Addresses and ranges in CIDR notation: their canonical spelling, and their order."""

from ipaddress import ip_network

from chalicelib.firewall.names import Version


def spelled(address: str) -> str:
    """The canonical spelling of a range. WAF writes IPv6 with all its digits."""
    return str(ip_network(address, strict=False))


def version_of(cidr: str) -> Version:
    return "IPV6" if ":" in cidr else "IPV4"


def in_order(cidr: str) -> tuple[int, int, int]:
    """The key to sort ranges by number, IPv4 first."""
    network = ip_network(cidr)
    return network.version, int(network.network_address), network.prefixlen
