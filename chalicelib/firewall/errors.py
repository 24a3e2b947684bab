"""What the firewall's parts refuse."""


class FirewallError(Exception):
    """Says what stands in the way and how to go on. Never holds a secret."""
