"""What the firewall's parts refuse. No SDK in here: the API's Lambda imports it at its start."""


class FirewallError(Exception):
    """Says what stands in the way and how to go on. Never holds a secret."""
