"""The firewall: who may reach the API, for how long, and the IP sets that say so to AWS WAF."""
