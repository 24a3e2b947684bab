"""The firewall: the addresses that may reach the API, and for how long, in AWS WAF's IP sets."""
