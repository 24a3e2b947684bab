"""Steps to an expected state. A step is due if the state that was found differs from it."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import UnavailableError
from chalicelib.firewall.errors import FirewallError
from chalicelib.stores.dynamodb.transport import CallError

AS_WANTED = "up to date"
ARROW = " → "
MISSING, GONE = "missing", "gone"
NOT_SET = "not set"
VALUE_CHARACTERS, CONTEXT_CHARACTERS = 48, 12
GOES_ON = "Run the same command again to continue"
SESSION = re.compile(r"(:assumed-role/[^/\s]+/)[^\s,\"']+")
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
# An unknown key, or a wrong secret.
REFUSED = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"}
)
# Errors of AWS, and of the connection to it.
AWS_FAILURES = (UnavailableError, CallError, BotoCoreError, ClientError)


class OperatorError(Exception):
    """An operator's command cannot continue. The message names the cause and the cure."""


class StepError(OperatorError):
    """A step failed. The message names it, the cause, and the steps that are done."""


class StoppedError(Exception):
    """Ctrl-C was pressed. The message names the steps that are done and those that are left."""


@dataclass(frozen=True)
class Step:
    """One part of the expected state: `make` changes it from `found` to `wanted`."""

    what: str
    found: str
    wanted: str
    make: Callable[[], Any]

    @property
    def is_due(self) -> bool:
        return self.found != self.wanted

    @property
    def line(self) -> str:
        """The step as a line: + create, ~ change, - delete, = unchanged."""
        if not self.is_due:
            return f"= {self.what}: {self.found}"
        if self.found == MISSING:
            is_plain = self.wanted in (AS_WANTED, "there", "given")
            return f"+ {self.what}" if is_plain else f"+ {self.what}: {self.wanted}"
        if self.wanted == GONE:
            return f"- {self.what}"
        text = self.found if self.wanted == AS_WANTED else f"{self.found}{ARROW}{self.wanted}"
        return f"~ {self.what}: {text}"


def tally(steps: Iterable[Step], *, is_done: bool = False) -> str:
    """The numbers of steps to create, to change, to delete and unchanged; with `is_done` in the past."""
    found = list(steps)
    due = [step for step in found if step.is_due]
    counts = {
        "created" if is_done else "to create": sum(s.found == MISSING for s in due),
        "changed" if is_done else "to change": sum(
            {s.found, s.wanted}.isdisjoint({MISSING, GONE}) for s in due
        ),
        "deleted" if is_done else "to delete": sum(s.wanted == GONE for s in due),
        "unchanged": sum(not s.is_due for s in found),
    }
    return ", ".join(f"{count} {how}" for how, count in counts.items() if count)


def is_anything_due(steps: Iterable[Step]) -> bool:
    return any(step.is_due for step in steps)


def carry_out(
    steps: Iterable[Step],
    done: list[str] | None = None,
    begins: Callable[[Step], None] = lambda _: None,
) -> None:
    """Carries out the due steps in order. Calls `begins` before each, adds each to `done`.

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
    """The plan for --json."""
    return [
        {"what": s.what, "was": s.found, "is_to_be": s.wanted, "is_due": s.is_due} for s in steps
    ]


def difference(found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> str:
    """AS_WANTED, MISSING, or the fields of `wanted` in which `found` differs, with both values."""
    if found is None:
        return MISSING
    return "; ".join(_changes(found, wanted)) or AS_WANTED


def _changes(found: Mapping[str, Any], wanted: Mapping[str, Any], of: str = "") -> Iterator[str]:
    for name in sorted(wanted):
        old, new = found.get(name), wanted[name]
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            both = old.keys() | new.keys()
            yield from _changes(old, {each: new.get(each) for each in both}, f"{of}{name}.")
        elif old != new:
            yield f"{of}{name}: {arrow(old, new)}"


def arrow(old: object, new: object) -> str:
    """Both values, shortened to the part that differs."""
    was, will = _said(old), _said(new)
    pairs = enumerate(zip(was, will, strict=False))
    shorter = min(len(was), len(will))
    same = next((index for index, (one, other) in pairs if one != other), shorter)
    start = 0 if max(len(was), len(will)) <= VALUE_CHARACTERS else max(same - CONTEXT_CHARACTERS, 0)
    return ARROW.join(_cut(each, start) for each in (was, will))


def _said(value: object) -> str:
    if value is None:
        return NOT_SET
    return value if isinstance(value, str) and value else json.dumps(value, default=str)


def _cut(text: str, start: int) -> str:
    end = start + VALUE_CHARACTERS
    return f"{'…' * bool(start)}{text[start:end]}{'…' * (len(text) > end)}"


SIGN_IN = "set AWS_PROFILE to a profile with credentials, or sign in (aws sso login --profile NAME)"
CURES = {
    "NoRegionError": "no AWS region is set: set AWS_DEFAULT_REGION, or AWS_PROFILE to a profile with a region",
    "NoCredentialsError": f"no AWS credentials were found: {SIGN_IN}",
    "PartialCredentialsError": "the AWS credentials are incomplete: set both AWS_ACCESS_KEY_ID"
    " and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE instead",
}
# The errors of single sign-on, and of programs that fetch credentials.
SIGNED_OUT = re.compile("SSO|Token|Login|CredentialRetrieval")
UNREACHABLE = {"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError", "SSLError"}
REACH = (
    "Check the network, HTTPS_PROXY, the region's spelling (AWS_DEFAULT_REGION), and"
    " AWS_ENDPOINT_URL if it is set"
)


def explain(error: BaseException) -> str:
    """The error's message, with the cure where AWS gives none, and without the session's name.

    The session name of an assumed role is often the operator's e-mail address.
    """
    said = SESSION.sub(r"\1(session)", str(error))
    if isinstance(error, UnavailableError | CallError):
        return (
            _cause(error)
            or f"the table: {said}. If the table does not exist, create it (landscape table)"
        )
    if isinstance(error, ClientError):
        return _refusal(error.response["Error"].get("Code", ""), said)
    return _own(type(error).__name__, said) if isinstance(error, BotoCoreError) else said


def _cause(error: BaseException) -> str:
    """The SDK's error behind a store's, explained; empty if it has no cure."""
    cause = error.__cause__
    while cause and (not isinstance(cause, BotoCoreError | ClientError) or _is_plain(cause)):
        cause = cause.__cause__
    return explain(cause) if cause else ""


def _is_plain(error: BaseException) -> bool:
    return explain(error) == SESSION.sub(r"\1(session)", str(error))


def _own(name: str, said: str) -> str:
    """The message of an error that botocore itself raises; `name` is its class."""
    if SIGNED_OUT.search(name):
        return f"the AWS sign-in has expired ({said.rstrip('.')}): sign in again (aws sso login)"
    if name in UNREACHABLE:
        return f"AWS cannot be reached. {said.rstrip('.')}. {REACH}"
    if name == "ProfileNotFound":
        return f"{said}: set AWS_PROFILE to one of ~/.aws/config, or unset it"
    return CURES.get(name, said)


def _refusal(code: str, said: str) -> str:
    if code in DENIED:
        return f"access denied. {said}. Add that permission to the credentials in use"
    if code in EXPIRED:
        return "the AWS credentials have expired: sign in again (aws sso login), or set new ones"
    if code in REFUSED:
        return f"AWS refuses these credentials ({code}): {SIGN_IN}"
    return said
