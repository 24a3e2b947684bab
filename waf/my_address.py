"""Finds the public addresses of this machine with a service on the internet."""

from dataclasses import dataclass
from ipaddress import ip_address

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from waf.ranges import InputError

CHECKIP_URL = "https://checkip.amazonaws.com/"
# A connection that is bound to such an address uses its family only.
LOCAL = {"IPv4": "0.0.0.0", "IPv6": "::"}  # noqa: S104 - nothing listens there
SECONDS = 10.0
LONGEST_ANSWER = 100  # bytes


@dataclass(frozen=True, slots=True)
class MyAddresses:
    """`remarks` name each family without an address, and the reason."""

    addresses: list[str]
    remarks: list[str]


def my_addresses(url: str = CHECKIP_URL) -> MyAddresses:
    """Asks over IPv4 and over IPv6. Raises InputError if neither answers, or one answer is invalid."""
    _require_url(url)
    addresses, remarks = [], []
    for family in LOCAL:
        try:
            addresses.append(_address(_ask(url, family), family, url))
        except (OSError, HTTPError) as error:
            why = str(error) or type(error).__name__
            remarks.append(
                f"no {family} address: {why}. If this machine gets one, run add --me again"
            )
    if not addresses:
        raise InputError(f"{url} gave no address; pass another --checkip-url: {'; '.join(remarks)}")
    return MyAddresses(addresses, remarks)


def _require_url(url: str) -> None:
    try:
        target = parse_url(url)
        if target.scheme in ("http", "https") and target.host:
            return
    except HTTPError:
        pass
    raise InputError(f"--checkip-url {url} is invalid: pass a URL like {CHECKIP_URL}")


def _ask(url: str, family: str) -> bytes:
    """The body of the answer to a GET over one family. It follows no redirect."""
    with PoolManager(source_address=(LOCAL[family], 0), retries=False, timeout=SECONDS) as pool:
        answer = pool.request("GET", url, redirect=False, preload_content=False)
        try:
            if answer.status != 200:
                raise OSError(f"the service answers {answer.status}")
            return answer.read(LONGEST_ANSWER)
        finally:
            answer.close()


def _address(body: bytes, family: str, url: str) -> str:
    try:
        address = ip_address(body.decode("ascii").strip())
        if f"IPv{address.version}" == family:
            return str(address)
    except ValueError:
        pass
    raise InputError(
        f"{url} answers {body[:40]!r} over {family}, which is not an {family} address:"
        " pass another --checkip-url"
    )
