"""Closed until WAF is attached: a request without the value that only WAF and the table know is refused.

A new API is so shut from its first second, and a firewall that somebody detaches shuts it again.
"""

import time
from collections.abc import Callable, Mapping
from hmac import compare_digest
from math import inf
from threading import Lock
from typing import NamedTuple

from chalicelib.errors import ClosedError, FirewallSecretError, UnavailableError
from chalicelib.firewall.names import HEADER

# However many requests come with a wrong value, the table is asked once in this time; after a read
# that failed, those with a right one wait as long for the next.
REREAD_SECONDS = 10.0
# While two values are good: so long can one that was rotated out still be good here.
ROTATION_SECONDS = 60.0
# While one value is good: so long can one that left the table still be good here.
REFRESH_SECONDS = 300.0
# The most that a value is good without having been read, where the table cannot be read meanwhile.
KEPT_SECONDS = 600.0
NOT_READ = f"The table could not be read a moment ago: it is asked again in {REREAD_SECONDS:.0f} s"


class _Known(NamedTuple):
    """What the table held when it was read, `read_at` by the clock; `flaw` says why there is no value."""

    values: tuple[str, ...] = ()
    read_at: float = -inf
    flaw: str = ""


class Gate:
    """Knows the values that are good; `read` asks the table for them, once, and when they may have changed.

    Threads may share it: one at a time reads, and what was read changes as a whole. See _waits
    for the others.
    """

    def __init__(
        self, read: Callable[[], tuple[str, ...]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._known = _Known()
        self._failed_at = -inf
        self._reading = Lock()

    def require(self, headers: Mapping[str, str]) -> bool:
        """Whether the request came with a value that a newer one replaces: a rotation waits for its end.

        Raises ClosedError where WAF did not let the request in, errors.UnavailableError.
        """
        given = headers.get(HEADER)
        if not given:
            raise ClosedError("without the firewall's header")
        if self._is_due(given) and self._reading.acquire(blocking=self._waits(given)):
            try:
                if self._is_due(given):  # nobody else has read meanwhile
                    self._read_again(given)
            finally:
                self._reading.release()
        known = self._known
        if _is_one_of(given, known.values):
            return not _is_one_of(given, known.values[-1:])
        if known.flaw:
            raise FirewallSecretError(known.flaw)
        if self._failed_at > known.read_at:
            raise UnavailableError(NOT_READ, int(REREAD_SECONDS))
        if known.values:
            raise ClosedError("with another value than the firewall's")
        raise ClosedError("before there is a firewall")

    def _is_due(self, given: str) -> bool:
        """Whether the table is to be asked before this request is answered."""
        known, now = self._known, self._clock()
        age = now - known.read_at
        if age >= KEPT_SECONDS:
            return True
        limit = ROTATION_SECONDS if len(known.values) > 1 else REFRESH_SECONDS
        if not _is_one_of(given, known.values):
            limit = REREAD_SECONDS
        return age >= limit and now - self._failed_at >= REREAD_SECONDS

    def _read_again(self, given: str) -> None:
        """Raises errors.UnavailableError, unless what is known still holds for this request."""
        begun = self._clock()
        try:
            self._known = _Known(self._read(), begun)
        except FirewallSecretError as error:
            self._known = _Known((), begun, str(error))
        except UnavailableError:
            self._failed_at = self._clock()
            if not self._is_kept(given):
                raise

    def _waits(self, given: str) -> bool:
        """Whether this request waits while another thread reads: not with the one good value.

        So a slow table holds up one thread. During a rotation the value may be the one that ends.
        """
        return len(self._known.values) > 1 or not self._is_kept(given)

    def _is_kept(self, given: str) -> bool:
        """Whether this value is good without another read."""
        known = self._known
        is_recent = self._clock() - known.read_at < KEPT_SECONDS
        return is_recent and _is_one_of(given, known.values)


def _is_one_of(given: str, values: tuple[str, ...]) -> bool:
    """In a time that does not tell how much of a value was right; values are ASCII."""
    return given.isascii() and sum(compare_digest(given, value) for value in values) > 0
