"""The public addresses of this machine, as a service on the internet sees them."""

import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from chalicelib.firewall.entries import EntryError

Resolve = Callable[..., list[Any]]  # like socket.getaddrinfo

CHECKIP_URL = "https://checkip.amazonaws.com/"
FAMILIES: Mapping[str, socket.AddressFamily] = {"IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}
PORTS = {"http": 80, "https": 443}
SECONDS = 10.0
LONGEST_ANSWER = 100  # bytes


@dataclass(frozen=True, slots=True)
class Mine:
    """`remarks` say which family has no address, and why."""

    addresses: list[str]
    remarks: list[str]


def my_addresses(url: str = CHECKIP_URL, resolve: Resolve = socket.getaddrinfo) -> Mine:
    """Asks over IPv4 and over IPv6. Raises EntryError where neither answers, or one oddly."""
    target = urlsplit(url)
    if target.scheme not in PORTS or not target.hostname:
        raise EntryError(f"--checkip-url {url} is not like {CHECKIP_URL}")
    addresses, remarks = [], []
    for name, family in FAMILIES.items():
        try:
            addresses.append(_address(_ask(target, family, resolve), name, url))
        except (OSError, HTTPException) as error:
            remarks.append(f"no {name} address: {str(error) or type(error).__name__}")
    if not addresses:
        raise EntryError(f"{url} cannot be asked: {'; '.join(remarks)}")
    return Mine(addresses, remarks)


def _ask(target: SplitResult, family: socket.AddressFamily, resolve: Resolve) -> bytes:
    """The body of the answer to a GET over one family alone. Raises OSError, HTTPException."""
    with _connection(target, family, resolve) as connection:
        path = f"{target.path or '/'}{'?' if target.query else ''}{target.query}"
        request = f"GET {path} HTTP/1.1\r\nHost: {target.netloc}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        response = HTTPResponse(connection)
        response.begin()
        if response.status != 200:
            raise OSError(f"it answers {response.status}")
        return response.read(LONGEST_ANSWER)


def _connection(
    target: SplitResult, family: socket.AddressFamily, resolve: Resolve
) -> socket.socket:
    host, port = target.hostname or "", target.port or PORTS[target.scheme]
    failure = OSError("no address of that kind")
    for *_, at in resolve(host, port, family, socket.SOCK_STREAM):
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(SECONDS)
        try:
            connection.connect(at)
            if target.scheme == "https":
                return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def _address(body: bytes, family: str, url: str) -> str:
    try:
        address = ip_address(body.decode("ascii").strip())
        if f"IPv{address.version}" == family:
            return str(address)
    except ValueError:
        pass
    raise EntryError(f"{url} answers {body[:40]!r} over {family}, which is no {family} address")
