"""How long a request waits for a database that does not answer, and when it gives up."""

import threading
from collections import deque
from collections.abc import Callable

from chalicelib.deadline import seconds_left
from chalicelib.errors import UnavailableError
from chalicelib.stores.dynamodb.transport import CallError

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
# Lost to failures within any time of WINDOW_SECONDS; a request's own deadline may come before.
PATIENCE_SECONDS = 15.0
WINDOW_SECONDS = 29.0
RETRY_AFTER_SECONDS = 5
TOO_SLOW = "The database does not keep up"


class Patience(threading.local):
    """Each thread's own: one request must not lose what another has waited."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lost: deque[tuple[float, float]] = deque()

    def begin(self) -> float:
        """The moment of an attempt. Raises UnavailableError once the request's deadline has passed."""
        if seconds_left(self._clock) <= 0:
            raise UnavailableError(TOO_SLOW, RETRY_AFTER_SECONDS)
        return self._clock()

    def pause(self, begun: float, attempt: int, cause: Exception | None = None) -> None:
        """Waits before another attempt, with jitter, after one that began at `begun` and failed.

        Raises UnavailableError, from `cause`, when patience or the request's time is at its end.
        """
        import random  # 1 ms that a call which succeeds does not pay

        pause = random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311
        now = self._clock()
        while self._lost and self._lost[0][0] < now - WINDOW_SECONDS:
            self._lost.popleft()
        self._lost.append((now, now - begun + pause))
        lost = sum(seconds for _, seconds in self._lost)
        if lost > PATIENCE_SECONDS or pause >= seconds_left(self._clock):
            self._lost.clear()  # the request ends here; the next one starts anew
            detail = f"{TOO_SLOW}: {cause.code}" if isinstance(cause, CallError) else TOO_SLOW
            raise UnavailableError(detail, RETRY_AFTER_SECONDS) from cause
        self._sleep(pause)
