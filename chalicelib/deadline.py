"""The moment by which a request must be answered, before Lambda ends it without a log line.

A request stays on one thread, so a threading.local holds the moment. `contextvars` would add a
module to a cold start. Scripts and scheduled functions have no deadline.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf

# Reserved for the answer and its log line.
MARGIN_SECONDS = 1.0
# Outside Lambda: as long as the stores wait for a database that does not answer.
REQUEST_SECONDS = 15.0


class _Current(threading.local):
    moment = inf


_current = _Current()


def request_seconds(lambda_context: object) -> float:
    """The seconds that a request may take. `lambda_context` is None outside Lambda."""
    remaining = getattr(lambda_context, "get_remaining_time_in_millis", None)
    return remaining() / 1000 - MARGIN_SECONDS if remaining else REQUEST_SECONDS


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Sets this thread's deadline, a moment of time.monotonic(), and then restores the last one."""
    outer, _current.moment = _current.moment, moment
    try:
        yield
    finally:
        _current.moment = outer


def seconds_left(clock: Callable[[], float] = time.monotonic) -> float:
    """The seconds until this thread's deadline: negative after it, infinite where none is set."""
    return _current.moment - clock()
