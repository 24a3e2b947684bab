"""AWS WAF by boto3: each call at the pace that AWS allows, repeated until it succeeds.

The SDK retries none of WAF's temporary errors. For seconds to minutes other calls do not find a new
resource. So this module decides by the error's name whether to repeat a call.
"""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import boto3
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from chalicelib.firewall.errors import FirewallError

__all__ = ["FirewallError", "NotYetError", "Waf", "code_of", "is_passing", "waf_client"]

T = TypeVar("T")


class NotYetError(Exception):
    """An earlier write is not visible yet. Its text names the write, as "the … is not …"."""


# After these the same call may succeed, once everything that it depends on is read again.
PASSING = frozenset(
    {
        "WAFDuplicateItemException",
        "WAFInternalErrorException",
        "WAFNonexistentItemException",
        "WAFOptimisticLockException",
        "WAFServiceLinkedRoleErrorException",  # for seconds after a change of the logs' destination
        "WAFTagOperationException",
        "WAFTagOperationInternalErrorException",
        "WAFUnavailableEntityException",
        "InternalFailure",
        "LimitExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
STILL_IN_USE = frozenset({"WAFAssociatedItemException"})
SERVER_ERROR = 500
LOST = (
    exceptions.ChecksumError,
    exceptions.ConnectionError,
    exceptions.HTTPClientError,
    ResponseParserError,
)

# Seconds between two calls of one kind.
READS, WRITES, ASSOCIATIONS = 0.2, 1.0, 2.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0  # seconds
TIMEOUT = 600.0  # seconds
PAGE = 100
CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0


def waf_client(sdk: Any = boto3) -> Any:
    """boto3's client of WAF. The SDK repeats no call, because Waf does."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    return sdk.client("wafv2", config=config)


class Waf:
    """One command's calls of AWS WAF. Not for several threads at once.

    `timeout` is in seconds from now, without planned waits. `pace` multiplies every wait.
    """

    def __init__(
        self,
        client: object,
        *,
        timeout: float = TIMEOUT,
        pace: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._timeout = timeout
        self._end = clock() + timeout
        self._pace = pace
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._free_at: dict[float, float] = {}

    def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Makes one call, by boto3's name for it, at its kind's pace. Raises the SDK's errors."""
        interval = _interval(operation)
        self._pause(self._free_at.get(interval, 0.0) - self._clock())
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
        finally:
            self._free_at[interval] = self._clock() + interval * self._pace
        return answer

    def pages(self, operation: str, member: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The items of every page of a list_… call. `member` holds them (`a.b`: b within a)."""
        more: dict[str, object] = {"Limit": PAGE}
        while True:
            answer = self(operation, **parameters, **more)
            items: Any = answer
            for name in member.split("."):
                items = items.get(name, {})
            yield from items
            marker = answer.get("NextMarker")
            if not marker:
                return
            more["NextMarker"] = marker

    def until_done(self, attempt: Callable[[], T], *, also: frozenset[str] = frozenset[str]()) -> T:
        """The result of `attempt`, which reads and then writes: each try has a new LockToken.

        Repeats it after a temporary error and after a code in `also`. Raises FirewallError at the
        end of `timeout`, and every other error of the SDK unchanged.
        """
        tries = 0
        while True:
            try:
                return attempt()
            except (ClientError, NotYetError, *LOST) as error:
                if not is_passing(error, also):
                    raise
                self._back_off(tries, code_of(error))
            tries += 1

    def begin(self) -> None:
        """Starts `timeout` again, after an operator has answered a question."""
        self._end = self._clock() + self._timeout

    def wait(self, seconds: float) -> None:
        """A planned wait, which does not count towards `timeout`."""
        self._end += max(0.0, seconds) * self._pace
        self._pause(seconds * self._pace)

    def _back_off(self, tries: int, code: str) -> None:
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries, 10))
        pause = self._random() * longest * self._pace
        if self._clock() + pause > self._end:
            raise FirewallError(
                f"AWS WAF did not finish within {self._timeout:g} seconds. Its last error: {code}."
                " Run the command again to continue. --timeout allows it more seconds"
            )
        self._pause(pause)

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)


def is_passing(error: Exception, also: frozenset[str] = frozenset[str]()) -> bool:
    """Whether the same call may succeed when it is repeated."""
    if not isinstance(error, ClientError):
        return isinstance(error, (NotYetError, *LOST))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in PASSING | also or status >= SERVER_ERROR


def code_of(error: Exception) -> str:
    """The name of an error: AWS's code, the SDK's class, or the text of a NotYetError."""
    if isinstance(error, NotYetError):
        return str(error)
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "an error without a code"))
    return type(error).__name__


def _interval(operation: str) -> float:
    if operation.startswith(("associate_", "disassociate_")):
        return ASSOCIATIONS
    return READS if operation.startswith(("get_", "list_")) else WRITES
