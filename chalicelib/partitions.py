"""AWS's domain in each of its partitions, without the SDK, which reads files of data for it."""

# By what the names of a partition's regions begin with; a test compares them with botocore's data.
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
    """`amazonaws.com` of eu-west-2."""
    return next((name for begin, name in DOMAINS.items() if region.startswith(begin)), DOMAIN)
