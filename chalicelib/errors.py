"""What the register can refuse, and why: one tree, no HTTP in it.

    RegisterError
    ├── InvalidError         what was said breaks a rule (holds every Flaw)
    ├── MalformedError       what was said cannot be read at all
    ├── UnauthenticatedError nobody, or nobody we can believe
    │   └── UnsignedError    the same, where a role's signature is needed
    ├── ForbiddenError       somebody, but not allowed
    ├── ClosedError          past the firewall (its text is for the log)
    ├── NotFoundError
    ├── VersionMismatchError somebody else wrote first
    ├── ConflictError
    │   ├── NameTakenError
    │   └── InUseError
    ├── ReceiptMismatchError one idempotency key, two bodies
    ├── QuotaExceededError   as much as a caller may do in a day
    ├── UnavailableError     try again later
    │   └── FirewallSecretError an operator has to replace it
    └── RetryError           never leaves the services: the same call can succeed once repeated
        ├── IdTakenError
        ├── UnknownTechnologyError
        └── ReceiptExistsError

routes/problems.py holds the one table from these to HTTP. No message may carry a token,
a secret or an e-mail address: messages reach callers and logs.
"""

from dataclasses import dataclass


class RegisterError(Exception):
    """The root; its text is meant for the caller."""


MOST_FLAWS = 50


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with an input: where (a JSON Pointer, RFC 6901) and what."""

    pointer: str
    detail: str


class InvalidError(RegisterError):
    """Holds at most MOST_FLAWS: an answer must not grow with what is wrong."""

    def __init__(self, *flaws: Flaw) -> None:
        pointer, detail = flaws[0].pointer, flaws[0].detail
        first = f"{pointer}: {detail}" if pointer else detail
        super().__init__(first if len(flaws) == 1 else f"{first}; see errors for the rest")
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
    """Says how the request came, for the log alone."""


class NotFoundError(RegisterError):
    pass


class VersionMismatchError(RegisterError):
    pass


class ConflictError(RegisterError):
    pass


class NameTakenError(ConflictError):
    pass


class InUseError(ConflictError):
    pass


class ReceiptMismatchError(RegisterError):
    pass


class QuotaExceededError(RegisterError):
    """More than a caller may do in a day; `retry_after` is in seconds, and the service's to say."""

    def __init__(self, detail: str = "The quota is used up", retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class UnavailableError(RegisterError):
    """`retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class FirewallSecretError(UnavailableError):
    """The firewall's secret in the table cannot be used; its text is for the log."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=10)  # when the gate asks the table again


class RetryError(RegisterError):
    pass


class IdTakenError(RetryError):
    pass


class UnknownTechnologyError(RetryError):
    pass


class ReceiptExistsError(RetryError):
    pass
