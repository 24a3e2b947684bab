"""Origins as browsers send them, and the hosts that are this machine."""

import re

LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
THIS_MACHINE = r"localhost|127\.0\.0\.1|\[::1\]"
# Of IPv6 only the loopback address: front ends at other IPv6 addresses are unsupported.
HOST = rf"({LABEL}\.)*[a-z]([a-z0-9-]*[a-z0-9])?|{BYTE}(\.{BYTE}){{3}}|\[::1\]"
ORIGIN = re.compile(rf"(?P<scheme>https?)://({HOST})(:(?P<port>[1-9][0-9]{{0,4}}))?")
# The address of published pages: no query, no fragment, no password.
SITE = re.compile(rf"https?://({HOST})(:[1-9][0-9]{{0,4}})?(/[A-Za-z0-9._~-]+)*")
OWN_PORTS = {"http": "80", "https": "443"}


def is_origin(text: str) -> bool:
    """Whether a browser sends `text` as an Origin: lower case, no path, no default port."""
    found = ORIGIN.fullmatch(text)
    return bool(
        found and found["port"] != OWN_PORTS[found["scheme"]] and int(found["port"] or 0) < 2**16
    )


def is_site(text: str) -> bool:
    """Whether `text` is the address of a website, or of a folder of it, without a final slash."""
    return bool(SITE.fullmatch(text))


def is_this_machine(host: str) -> bool:
    """Whether `host`, with or without a port, is localhost or a loopback address."""
    return bool(re.fullmatch(rf"({THIS_MACHINE})(:[0-9]{{1,5}})?", host.lower()))
