"""The error of the firewall's modules."""


class FirewallError(Exception):
    """Its text has the reason and the cure, and never a secret."""
