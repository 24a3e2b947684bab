"""Refuses every request without the header that AWS WAF adds, and a value that the table holds.

So a new API is closed from its first second, and is closed again once the firewall is detached.
"""

import time
from collections.abc import Callable, Mapping
from hmac import compare_digest
from math import inf
from threading import Lock
from typing import NamedTuple

from chalicelib.errors import ClosedError, FirewallSecretError, UnavailableError
from chalicelib.firewall.names import HEADER

# The table is read at most once in this time after a wrong value or a failed read.
REREAD_SECONDS = 10.0
# While two values are valid, it is read again after this time: for this long an old value can last.
ROTATION_SECONDS = 60.0
# While one value is valid, it is read again after this time: for this long an old value can last.
REFRESH_SECONDS = 300.0
# While the table cannot be read, a value that was read stays valid for this time at most.
KEPT_SECONDS = 600.0
NOT_READ = f"The last read of the table failed: the next read is after {REREAD_SECONDS:.0f} s"


class _Known(NamedTuple):
    """The table's values, read at `read_at` by the clock. `flaw` says why there is no value."""

    values: tuple[str, ...] = ()
    read_at: float = -inf
    flaw: str = ""


class Gate:
    """Keeps the valid values. `read` reads them from the table, again when they may have changed.

    Threads may share it: one at a time reads, and replaces all values at once. See _waits for the
    others.
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
        """Whether the request has a value that a newer one replaces; rotation waits until none has.

        Raises ClosedError for a request that did not come through WAF, errors.UnavailableError.
        """
        given = headers.get(HEADER)
        if not given:
            raise ClosedError("without the firewall's header")
        if self._is_due(given) and self._reading.acquire(blocking=self._waits(given)):
            try:
                if self._is_due(given):  # no other thread has read it meanwhile
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
        """Whether the table must be read before this request is answered."""
        known, now = self._known, self._clock()
        age = now - known.read_at
        if age >= KEPT_SECONDS:
            return True
        limit = ROTATION_SECONDS if len(known.values) > 1 else REFRESH_SECONDS
        if not _is_one_of(given, known.values):
            limit = REREAD_SECONDS
        return age >= limit and now - self._failed_at >= REREAD_SECONDS

    def _read_again(self, given: str) -> None:
        """Reads the values. Raises errors.UnavailableError, unless `given` stays valid without it."""
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
        """Whether this request waits while another thread reads: not with the only valid value.

        So a slow table delays one thread. During a rotation the value may be the one that ends.
        """
        return len(self._known.values) > 1 or not self._is_kept(given)

    def _is_kept(self, given: str) -> bool:
        """Whether `given` is valid without another read."""
        known = self._known
        is_recent = self._clock() - known.read_at < KEPT_SECONDS
        return is_recent and _is_one_of(given, known.values)


def _is_one_of(given: str, values: tuple[str, ...]) -> bool:
    """Compares in a time that does not depend on the values, which are ASCII."""
    return given.isascii() and sum(compare_digest(given, value) for value in values) > 0
