"""The failures that a test asks of the fake WAFv2, and the pace that WAFv2 asks of its callers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from botocore import xform_name

from tests.support.fake_waf_shapes import WafError, model

LOST = "ConnectionLost"  # the connection ends without an answer
READS = ("Get", "List")
SLACK = 0.05  # of a pace, in seconds: a call that set out in time is not early because of its way


@dataclass
class Failure:
    operation: str
    code: str
    after: bool
    times: int
    at: int | None

    def is_about(self, operation: str, number: int) -> bool:
        return self.times > 0 and self.at in (None, number) and self.operation in ("*", operation)


class Failures:
    def __init__(self) -> None:
        self._wanted: list[Failure] = []

    def add(self, failure: Failure) -> None:
        if failure.code.startswith("WAF"):
            model().shape_for(failure.code)  # there is no other error of WAF's
        if failure.operation != "*":
            failure.operation = operation_name(failure.operation)
        self._wanted.append(failure)

    def next(self, operation: str, number: int) -> Failure | None:
        for failure in self._wanted:
            if failure.is_about(operation, number):
                failure.times -= 1
                return failure
        return None


class Pace:
    """Refuses the calls that come sooner than WAFv2 allows."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}

    def keep(self, operation: str, clock: Callable[[], float]) -> None:
        kind, most, seconds = _allowed(operation)
        if not kind:
            return
        now = clock()
        recent = [at for at in self._times.get(kind, []) if now - at < seconds - SLACK]
        if len(recent) >= most:
            raise WafError("ThrottlingException", "Rate exceeded")
        self._times[kind] = [*recent, now]


def _allowed(operation: str) -> tuple[str, int, float]:
    """(what is counted together, how many, in how many seconds); nothing is said of the others."""
    if operation in ("AssociateWebACL", "DisassociateWebACL"):
        return "associations", 1, 2.0
    if operation.startswith(READS):
        return "reads", 5, 1.0
    if operation.startswith(("Create", "Put", "Update")):
        return "writes", 1, 1.0
    return "", 0, 0.0


@cache
def operation_name(name: str) -> str:
    """AWS's name for an operation, given that or boto3's; ValueError if there is none."""
    for known in model().operation_names:
        if name in (known, xform_name(known)):
            return str(known)
    raise ValueError(name)


def errors_of(operation: str) -> list[str]:
    """The names of the errors that an operation, by either of its names, can end with."""
    return [shape.name for shape in model().operation_model(operation_name(operation)).error_shapes]
