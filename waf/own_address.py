"""Allows this machine's own address for the duration of a deployment's smoke check."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from chalicelib.firewall.entries import Entry
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import SET_KINDS, SetKind
from chalicelib.services.clock import timestamp
from ops.smoke import Say, UnprovenError, request
from ops.steps import AWS_FAILURES, explain
from waf.lists import Lists
from waf.my_address import my_addresses
from waf.ranges import InputError, Ranges, accepted

NOTE = "smoke check of landscape deploy"
MINUTES = 10


def prove(url: str, lists: Lists, checkip_url: str, owner: str, say: Say) -> str:
    """Sends a request to the API through its firewall, while this machine's own address is listed.

    Raises UnprovenError if the firewall passes no request, and the errors of `request`.
    """
    why = ""
    with ExitStack() as listed:
        try:
            addresses = my_addresses(checkip_url).addresses
            listed.enter_context(let_in(lists, addresses, owner, say))
        except (FirewallError, *AWS_FAILURES) as error:
            why = explain(error)
        try:
            return request(url, say, is_listed=not why)
        except UnprovenError as error:
            because = f". This machine's address was not allowed: {why}" if why else ""
            raise UnprovenError(f"{error}{because}") from error


@contextmanager
def let_in(lists: Lists, addresses: Sequence[str], owner: str, say: Say) -> Iterator[None]:
    """Lists `addresses` for ten minutes, and removes its own entries at the end.

    It changes no other entry, and no address that was added to the IP set by hand. After a kill the
    entries expire by themselves. Raises the errors of Lists, and InputError if an address is denied.
    """
    new = _unlisted(lists, [accepted(each, force=True) for each in addresses])
    now = lists.clock()
    expires_at = timestamp(now + timedelta(minutes=MINUTES))
    entries = [Entry("allow", cidr, owner, NOTE, timestamp(now), expires_at) for cidr in new]
    named = ", ".join(new)
    try:
        if entries:
            say(f"{named} allowed for {MINUTES} minutes, and removed after this check")
            for entry in entries:
                lists.ledger.put_unless_listed(entry, now)
            lists.align()
        yield
    finally:
        if entries:
            _take_out(lists, entries, named, say)


def _take_out(lists: Lists, entries: Sequence[Entry], named: str, say: Say) -> None:
    """Keeps the entries that somebody has renewed since."""
    lists.waf.begin()
    try:
        lists.flush(entries)
    except (FirewallError, *AWS_FAILURES) as error:
        say(f"{named} could not be removed: {explain(error)}. It expires by itself")


def _unlisted(lists: Lists, cidrs: Sequence[str]) -> list[str]:
    """The addresses without an entry, or with one of a killed run. Raises InputError."""
    held: dict[SetKind, set[str]] = {kind: set() for kind in SET_KINDS}
    for view in lists.views():
        ours = {cidr for cidr, entry in view.entries.items() if entry.note == NOTE}
        held[view.kind] |= (view.live | view.unknown) - ours
    denied, allowed = Ranges(held["deny"]), Ranges(held["allow"])
    for cidr in cidrs:
        if by := denied.holding(cidr):
            raise InputError(
                f"{cidr} is denied: remove {by[0]} from the deny list, or use another network"
            )
    return [cidr for cidr in cidrs if not allowed.holding(cidr)]
