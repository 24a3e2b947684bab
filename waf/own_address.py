"""This machine's own address on the allow-list, for as long as the smoke check of a deploy asks."""

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
    """Asks the API through its firewall, with this machine's own address listed for the while.

    Raises UnprovenError where the firewall lets no request through, and what `request` raises.
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
            because = f". This machine's address was not let in: {why}" if why else ""
            raise UnprovenError(f"{error}{because}") from error


@contextmanager
def let_in(lists: Lists, addresses: Sequence[str], owner: str, say: Say) -> Iterator[None]:
    """Lists `addresses` for ten minutes, and takes out again in the end what it has listed.

    An entry of anybody else stays as it is, and so does what is in the IP set by hand. What a killed
    run leaves behind expires by itself. Raises what Lists raise, and InputError where one is denied.
    """
    new = _unlisted(lists, [accepted(each, force=True) for each in addresses])
    now = lists.clock()
    expires_at = timestamp(now + timedelta(minutes=MINUTES))
    entries = [Entry("allow", cidr, owner, NOTE, timestamp(now), expires_at) for cidr in new]
    named = ", ".join(new)
    try:
        if entries:
            say(f"{named} let in for {MINUTES} minutes; taken out again after this check")
            for entry in entries:
                lists.ledger.put_unless_listed(entry, now)
            lists.align()
        yield
    finally:
        if entries:
            _take_out(lists, entries, named, say)


def _take_out(lists: Lists, entries: Sequence[Entry], named: str, say: Say) -> None:
    """Save those that somebody has renewed since."""
    lists.waf.begin()
    try:
        lists.flush(entries)
    except (FirewallError, *AWS_FAILURES) as error:
        say(f"{named} could not be taken out: {explain(error)}. It expires by itself")


def _unlisted(lists: Lists, cidrs: Sequence[str]) -> list[str]:
    """Those that no entry holds but one that a killed run has left behind. Raises InputError."""
    held: dict[SetKind, set[str]] = {kind: set() for kind in SET_KINDS}
    for view in lists.views():
        ours = {cidr for cidr, entry in view.entries.items() if entry.note == NOTE}
        held[view.kind] |= (view.live | view.unknown) - ours
    denied, allowed = Ranges(held["deny"]), Ranges(held["allow"])
    for cidr in cidrs:
        if by := denied.holding(cidr):
            raise InputError(f"{cidr} is shut out: {by[0]} is in the deny list")
    return [cidr for cidr in cidrs if not allowed.holding(cidr)]
