"""The steps to a wanted state: each says how it was found, and is carried out where it is due."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import UnavailableError
from chalicelib.firewall.errors import FirewallError
from chalicelib.stores.dynamodb.transport import CallError

AS_WANTED = "as wanted"
MISSING = "missing"
GOES_ON = "The same command goes on from here"
SESSION = re.compile(r"(:assumed-role/[^/\s]+/)[^\s,\"']+")
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
# What AWS answers, or does not answer.
AWS_FAILURES = (UnavailableError, CallError, BotoCoreError, ClientError)


class OperatorError(Exception):
    """Says what is in the way of an operator's command, and what to do about it."""


class StepError(OperatorError):
    """Names the step that failed, why, and what was done before it."""


class StoppedError(Exception):
    """Somebody pressed Ctrl-C: says what was done, and what is left."""


@dataclass(frozen=True)
class Step:
    """One thing that should be so: how it was found, and what makes it as wanted."""

    what: str
    found: str
    wanted: str
    make: Callable[[], Any]

    @property
    def is_due(self) -> bool:
        return self.found != self.wanted


def is_anything_due(steps: Iterable[Step]) -> bool:
    return any(step.is_due for step in steps)


def carry_out(
    steps: Iterable[Step],
    done: list[str] | None = None,
    begins: Callable[[Step], None] = lambda _: None,
) -> None:
    """Carries out what is due, in order; `begins` is called before each, `done` grows with each.

    Raises StepError, StoppedError.
    """
    done = [] if done is None else done
    due = [step for step in steps if step.is_due]
    for step in due:
        begins(step)
        try:
            step.make()
        except KeyboardInterrupt:
            left = ", ".join(each.what for each in due if each.what not in done)
            said = ", ".join(done) or "nothing"
            raise StoppedError(f"stopped. Done: {said}; left: {left}. {GOES_ON}") from None
        except (OperatorError, FirewallError, *AWS_FAILURES) as error:
            before = f" (done before it: {', '.join(done)})" if done else ""
            raise StepError(f"{step.what}: {explain(error).rstrip('.')}{before}") from error
        done.append(step.what)


def document(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The plan as programs read it."""
    return [
        {"what": s.what, "was": s.found, "is_to_be": s.wanted, "is_due": s.is_due} for s in steps
    ]


def difference(found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> str:
    """AS_WANTED, MISSING, or the fields of `wanted` in which `found` differs."""
    if found is None:
        return MISSING
    others = sorted(name for name, value in wanted.items() if found.get(name) != value)
    return f"another {', '.join(others)}" if others else AS_WANTED


CURES = {
    "NoRegionError": "no AWS region is set: set AWS_DEFAULT_REGION, or AWS_PROFILE to a profile with a region",
    "NoCredentialsError": "no AWS credentials were found: set AWS_PROFILE, or sign in",
}


def explain(error: Exception) -> str:
    """What went wrong, with a word of ours where AWS's does not say what to do, and nobody's name.

    The session name of an assumed role is often the operator's e-mail address.
    """
    said = SESSION.sub(r"\1(session)", str(error))
    if isinstance(error, UnavailableError | CallError):
        return f"the table: {said}. Is it there (landscape table)?"
    if cure := CURES.get(type(error).__name__):
        return cure
    if isinstance(error, ClientError) and error.response["Error"].get("Code") in DENIED:
        return f"access denied. {said}. The credentials in use lack that permission"
    return said
