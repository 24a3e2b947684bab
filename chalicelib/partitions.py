"""The DNS suffix of each AWS partition, without the SDK, which reads data files for it."""

# By the prefix of a partition's region names. A test compares them with botocore's data.
DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}
DOMAIN = "amazonaws.com"


def domain_of(region: str) -> str:
    """The DNS suffix of a region: `amazonaws.com` for eu-west-2."""
    return next((name for begin, name in DOMAINS.items() if region.startswith(begin)), DOMAIN)
