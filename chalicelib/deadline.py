"""The moment by which a request must be answered, before Lambda ends it without a log line.

A request stays on one thread, so a threading.local holds the moment. `contextvars` would be one
more module for a cold start to import. Scripts and scheduled functions have no deadline.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf

# Reserved for making the answer and its log line.
MARGIN_SECONDS = 1.0
# Outside Lambda: the time that Patience allows a database that does not answer.
REQUEST_SECONDS = 15.0


class _Current(threading.local):
    moment = inf


_current = _Current()


def request_seconds(lambda_context: object) -> float:
    """How long the request of this context may take; the context is None outside Lambda."""
    remaining = getattr(lambda_context, "get_remaining_time_in_millis", None)
    return remaining() / 1000 - MARGIN_SECONDS if remaining else REQUEST_SECONDS


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Sets this thread's deadline, a moment of time.monotonic(), and takes it away again."""
    outer, _current.moment = _current.moment, moment
    try:
        yield
    finally:
        _current.moment = outer


def seconds_left(clock: Callable[[], float] = time.monotonic) -> float:
    """Until this thread's deadline: negative once it has passed, infinite where none is set."""
    return _current.moment - clock()
