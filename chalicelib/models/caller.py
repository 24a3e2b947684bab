"""Who is calling: a user of one of the two services, as that service's user pool says."""

from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

TECH_AUDIT_TOOL = "tech-audit-tool"
DIGITAL_LANDSCAPE = "digital-landscape"
SERVICES = (TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE)
LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def email_key(email: str) -> str:
    """What makes two e-mail addresses the same person's: no regard to the case of A to Z.

    Not of other letters: folded, `ſteve@` and `steve@` would be one, and they are two mailboxes.
    """
    return email.translate(LOWER)


@dataclass(frozen=True, slots=True)
class Caller:
    """`groups` are those of the service's own pool: a name means nothing in the other's."""

    service: str
    email: str
    groups: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        return email_key(self.email)
