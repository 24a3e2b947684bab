"""The failures that a test orders from the fake WAFv2, and the pace that WAFv2 allows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from botocore import xform_name

from tests.support.fake_waf_shapes import WafError, model

LOST = "ConnectionLost"  # the connection ends without an answer
READS = ("Get", "List")
SLACK = 0.05  # seconds by which a call may be early, because calls travel at different speeds


@dataclass
class Failure:
    operation: str
    code: str
    after: bool
    times: int
    at: int | None

    def __post_init__(self) -> None:
        if self.code.startswith("WAF"):
            model().shape_for(self.code)  # raises for a name that is no error of WAF
        self.operation = operation_name(self.operation)

    def is_due(self, operation: str, number: int) -> bool:
        is_due = bool(
            self.times and self.at in (None, number) and self.operation in ("*", operation)
        )
        self.times -= is_due
        return is_due


class Pace:
    """Throttles calls that are faster than WAFv2 allows."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}

    def keep(self, operation: str, clock: Callable[[], float]) -> None:
        """Raises WafError for a call that is too early. AWS documents no pace of deletions."""
        kind, most, seconds = "writes", 1, 1.0
        if "ssociate" in operation:
            kind, seconds = "associations", 2.0
        elif operation.startswith(READS):
            kind, most = "reads", 5
        elif operation.startswith("Delete"):
            return
        now = clock()
        recent = [at for at in self._times.get(kind, []) if now - at < seconds - SLACK]
        if len(recent) >= most:
            raise WafError("ThrottlingException", "Rate exceeded")
        self._times[kind] = [*recent, now]


@cache
def operation_name(name: str) -> str:
    """AWS's name of an operation, from AWS's or boto3's. "*" is any. Raises ValueError."""
    for known in ("*", *model().operation_names):
        if name in (known, xform_name(known)):
            return str(known)
    raise ValueError(name)


def errors_of(operation: str) -> list[str]:
    """The names of the errors of an operation, by AWS's or boto3's name."""
    return [shape.name for shape in model().operation_model(operation_name(operation)).error_shapes]
