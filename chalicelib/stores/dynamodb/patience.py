"""The time that a request waits for a database that does not answer."""

import threading
from collections import deque
from collections.abc import Callable

from chalicelib.deadline import seconds_left
from chalicelib.errors import UnavailableError
from chalicelib.stores.dynamodb.transport import CallError

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
# The most time lost to failed calls within WINDOW_SECONDS. The request's deadline may come first.
PATIENCE_SECONDS = 15.0
WINDOW_SECONDS = 29.0
RETRY_AFTER_SECONDS = 5
TOO_SLOW = "The database is too slow{}: try again later"


class Patience(threading.local):
    """One for each thread: requests do not share the time that they have lost."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lost: deque[tuple[float, float]] = deque()

    def begin(self) -> float:
        """The moment of an attempt. Raises UnavailableError once the request's deadline has passed."""
        if seconds_left(self._clock) <= 0:
            raise UnavailableError(TOO_SLOW.format(""), RETRY_AFTER_SECONDS)
        return self._clock()

    def pause(self, begun: float, attempt: int, cause: Exception | None = None) -> None:
        """Waits, with jitter, after a failed attempt that began at `begun`.

        Raises UnavailableError from `cause` when PATIENCE_SECONDS or the request's time is used up.
        """
        import random  # 1 ms, which only a failed call needs

        pause = random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311
        now = self._clock()
        while self._lost and self._lost[0][0] < now - WINDOW_SECONDS:
            self._lost.popleft()
        self._lost.append((now, now - begun + pause))
        lost = sum(seconds for _, seconds in self._lost)
        if lost > PATIENCE_SECONDS or pause >= seconds_left(self._clock):
            self._lost.clear()  # the request ends here; the next one has its own patience
            code = f" ({cause.code})" if isinstance(cause, CallError) else ""
            raise UnavailableError(TOO_SLOW.format(code), RETRY_AFTER_SECONDS) from cause
        self._sleep(pause)
