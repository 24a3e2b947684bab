"""Closed until WAF is attached: a request without the value that only WAF and the table know is refused.

A new API is so shut from its first second, and a firewall that somebody detaches shuts it again.
"""

import time
from collections.abc import Callable, Mapping
from hmac import compare_digest

from chalicelib.errors import ClosedError
from chalicelib.firewall.names import HEADER

# However many requests come with a wrong value, the table is asked once in this time.
REREAD_SECONDS = 10.0
# While two values are good: so long can one that was rotated out still be good here.
ROTATION_SECONDS = 60.0


class Gate:
    """Knows the values that are good; `read` asks the table for them, once, and when they may have changed."""

    def __init__(
        self, read: Callable[[], tuple[str, ...]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._values: tuple[str, ...] | None = None
        self._asked_at = 0.0

    def require(self, headers: Mapping[str, str]) -> None:
        """Raises ClosedError where WAF did not let the request in, errors.UnavailableError."""
        given = headers.get(HEADER)
        if not given:
            raise ClosedError("without the firewall's header")
        values = self._values
        if values is None or (len(values) > 1 and self._is_older_than(ROTATION_SECONDS)):
            values = self._ask()
        if not _is_one_of(given, values) and self._is_older_than(REREAD_SECONDS):
            values = self._ask()
        if not _is_one_of(given, values):
            why = (
                "with another value than the firewall's" if values else "before there is a firewall"
            )
            raise ClosedError(why)

    def _is_older_than(self, seconds: float) -> bool:
        return self._clock() - self._asked_at >= seconds

    def _ask(self) -> tuple[str, ...]:
        self._asked_at = self._clock()
        self._values = self._read()
        return self._values


def _is_one_of(given: str, values: tuple[str, ...]) -> bool:
    """In a time that does not tell how much of a value was right."""
    return sum(compare_digest(given.encode(), value.encode()) for value in values) > 0
