"""The errors of the register, without HTTP.

    RegisterError
    ├── InvalidError         the request breaks a rule (with every Flaw)
    ├── MalformedError       the request cannot be read
    ├── UnauthenticatedError no token, or an invalid one
    │   └── UnsignedError    no signature of a role where one is needed
    ├── ForbiddenError       the caller is not allowed
    ├── ClosedError          the request did not pass the firewall (its text is for the log)
    ├── NotFoundError
    ├── VersionMismatchError another caller wrote first
    ├── ConflictError
    │   ├── NameTakenError
    │   └── InUseError
    ├── ReceiptMismatchError an idempotency key with a second body
    ├── QuotaExceededError   the daily limit of a caller
    ├── UnavailableError     temporary: the request can succeed later
    │   └── FirewallSecretError permanent: an operator must replace the secret
    └── RetryError           the services repeat the call, and callers never see the error
        ├── IdTakenError
        ├── UnknownTechnologyError
        └── ReceiptExistsError

routes/problems.py maps them to HTTP. Callers and logs receive the messages: no message may contain a
token, a secret or an e-mail address. A message names the fault and the cure.
"""

from dataclasses import dataclass


class RegisterError(Exception):
    """The base class. Its text is for the caller."""


MOST_FLAWS = 50


@dataclass(frozen=True, slots=True)
class Flaw:
    """An invalid value: its place (a JSON Pointer, RFC 6901) and the rule that it breaks."""

    pointer: str
    detail: str


class InvalidError(RegisterError):
    """`flaws` has at most MOST_FLAWS, so that no request makes a large answer."""

    def __init__(self, *flaws: Flaw) -> None:
        pointer, detail = flaws[0].pointer, flaws[0].detail
        first = f"{pointer}: {detail}" if pointer else detail
        super().__init__(first if len(flaws) == 1 else f"{first}; `errors` lists the others")
        self.flaws = flaws[:MOST_FLAWS]


class MalformedError(RegisterError):
    pass


class UnauthenticatedError(RegisterError):
    """`code` is RFC 6750's: invalid_token, or None where no token was sent."""

    def __init__(self, detail: str, code: str | None = "invalid_token") -> None:
        super().__init__(detail)
        self.code = code


class UnsignedError(UnauthenticatedError):
    pass


class ForbiddenError(RegisterError):
    pass


class ClosedError(RegisterError):
    """The text is only for the log. It says how the request came."""


class NotFoundError(RegisterError):
    pass


class VersionMismatchError(RegisterError):
    pass


class ConflictError(RegisterError):
    pass


class NameTakenError(ConflictError):
    @classmethod
    def by(cls, owner: str, kind: str = "name") -> "NameTakenError":
        """`owner` is a record, like `project sdx`, and `kind` is the key that it has."""
        return cls(f"The {owner} has this {kind}: use it, or choose another name")


class InUseError(ConflictError):
    def __init__(self, technology_id: str, projects: int) -> None:
        super().__init__(
            f"The number of projects that use {technology_id} is {projects}: remove it from them, or"
            " merge it"
        )


class ReceiptMismatchError(RegisterError):
    pass


class QuotaExceededError(RegisterError):
    """The caller has reached a daily limit. `retry_after` is in seconds."""

    def __init__(self, detail: str = "The daily limit is reached", retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class UnavailableError(RegisterError):
    """`retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class FirewallSecretError(UnavailableError):
    """The firewall's secret in the table is invalid. The text is only for the log."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=10)  # the gate then reads the table again


class RetryError(RegisterError):
    pass


class IdTakenError(RetryError):
    pass


class UnknownTechnologyError(RetryError):
    pass


class ReceiptExistsError(RetryError):
    pass
