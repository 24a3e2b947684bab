"""What requests cost on AWS: a calculation from measured times and public prices, never an invoice."""

from dataclasses import dataclass
from math import ceil

MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """List prices of Lambda in US dollars, x86, the first tier, without the free tier.

    As AWS published them in the year `as_of`; look them up anew before you rely on them.
    """

    region: str = "eu-west-2"
    per_gb_second: float = 0.0000166667
    per_million_requests: float = 0.20
    as_of: str = "2025"


@dataclass(frozen=True)
class Assumed:
    """What nobody measured here: all of it can be chosen anew."""

    # So much memory buys one whole vCPU, and one CPU is what was measured on.
    memory_mb: int = 1769
    cold_shares: tuple[float, ...] = (0.001, 0.01, 0.1)
    # What DynamoDB and the network to it add to each call; the endpoint of the bench adds nothing.
    call_ms: float = 4.0


def dollars(
    cold_ms: float, warm_ms: float, cold_share: float, prices: Prices, memory_mb: int
) -> float:
    """Of a million requests, of which `cold_share` (0 to 1) meet a new environment.

    Milliseconds are billed whole, and since August 2025 those of the start as well.
    """
    billed_ms = cold_share * ceil(cold_ms) + (1 - cold_share) * ceil(warm_ms)
    gb_seconds = MILLION * billed_ms / 1000 * memory_mb / 1024
    return gb_seconds * prices.per_gb_second + prices.per_million_requests
