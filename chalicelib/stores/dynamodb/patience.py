"""How long a request waits for a database that does not answer, and when it gives up."""

import threading
from collections import deque
from collections.abc import Callable

from chalicelib.errors import UnavailableError

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
# Lost to failures within any time of WINDOW_SECONDS; the gateway gives a request up after 29 s.
PATIENCE_SECONDS = 15.0
WINDOW_SECONDS = 29.0
RETRY_AFTER_SECONDS = 5


class Patience(threading.local):
    """Each thread's own: one request must not lose what another has waited."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lost: deque[tuple[float, float]] = deque()

    def pause(self, begun: float, attempt: int) -> None:
        """Waits before another attempt, with jitter, after one that began at `begun` and failed.

        Raises UnavailableError when patience is at its end.
        """
        import random  # 1 ms that a call which succeeds does not pay

        pause = random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311
        now = self._clock()
        while self._lost and self._lost[0][0] < now - WINDOW_SECONDS:
            self._lost.popleft()
        self._lost.append((now, now - begun + pause))
        if sum(seconds for _, seconds in self._lost) > PATIENCE_SECONDS:
            self._lost.clear()  # the request ends here; the next one starts anew
            raise UnavailableError("The database does not keep up", RETRY_AFTER_SECONDS)
        self._sleep(pause)
